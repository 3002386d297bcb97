/** What is going on, in numbers: energy, temperature, the distances of what is pulled; bonds that break and form. */

import { atomLabels } from "./atoms.js";
import { BondChanges, fragmentOf } from "./bonds.js";
import { KJ_IN_KCAL, energyText } from "./format.js";
import { Plot } from "./plot.js";

const ENERGY = "#ffb454";
const TEMPERATURE = "#5ec8c0";
const DISTANCES = ["#ff8fa3", "#9aa8ff", "#b8d86a"];
const BOND_SHOWN = 6000; // ms
const SAID = 50; // sentences kept
const EVERY = 100; // ms between two drawings

export class Figures {
  /** The latest sentences, oldest first. */
  said = [];
  /** Called with {broke, formed} when bonds have changed for good. */
  onBonds = () => {};
  /** Called when a start from the beginning, or another molecule, has come, and when the simulation went back. */
  onBegin = () => {};
  onUndo = () => {};

  #molecule;
  #events;
  #drawn = 0;
  #pairs = [];
  #gap = false;
  #changes = new BondChanges();
  #zero = null;
  #system = null;
  #names = null;
  #labels = [];

  constructor(parent, events, molecule) {
    this.#molecule = molecule;
    this.#events = events;
    this.energy = new Plot(parent, "Energy", "kcal/mol", 10);
    this.temperature = new Plot(parent, "Temperature", "K", 200);
    this.distance = new Plot(parent, "Distance", "Å", 1);
    this.distance.figure.hidden = true;
  }

  /** An atom was taken: show how far it is from what it is bonded to, and from the nearest stranger. */
  watch(atom) {
    const partners = this.#molecule.partners(atom);
    const pairs = partners.slice(0, 1).map((partner) => [partner, atom]);
    const stranger = this.#nearestStranger(atom);
    if (stranger !== null) pairs.push([stranger, atom]);
    this.#pairs = pairs;
    this.distance.curves.clear();
    this.distance.figure.hidden = !pairs.length;
  }

  /** A frame came. */
  update(frame, begins) {
    if (begins) this.#begin();
    if (begins || frame["particle.names"] !== this.#names) {
      this.#names = frame["particle.names"];
      this.#labels = atomLabels(frame);
    }
    // A start from the beginning, or another molecule: energy is counted from there. An undo goes on counting.
    if (frame["system.simulation.name"] !== this.#system || (begins && frame["system.simulation.step"] === 0)) {
      this.#system = frame["system.simulation.name"];
      this.#zero = null;
      this.energy.curves.clear();
      this.onBegin();
    } else if (begins) this.onUndo();
    if (frame["energy.potential"] !== undefined) {
      // Engines count from zeros of their own: what matters is the change since the start.
      this.#zero ??= frame["energy.potential"];
      const energy = frame["energy.potential"] - this.#zero;
      this.energy.add([["energy", ENERGY, energy / KJ_IN_KCAL, energyText(energy).replace(", ", "\n")]], this.#gap);
      const temperature = frame["system.temperature"];
      this.temperature.add([["temperature", TEMPERATURE, temperature, `${Math.round(temperature)} K`]], this.#gap);
    }
    const curves = this.#pairs
      .filter(([a, b]) => Math.max(a, b) < this.#molecule.count)
      .map(([a, b], k) => {
        const far = 10 * this.#molecule.place(a).distanceTo(this.#molecule.place(b));
        const name = `${this.name(a)}–${this.name(b)}`;
        return [name, DISTANCES[k % DISTANCES.length], far, `${name} ${far.toFixed(2)} Å`];
      });
    if (curves.length) this.distance.add(curves, this.#gap);
    this.#gap = false;
    const now = performance.now();
    this.#reportBonds(now);
    if (now - this.#drawn < EVERY) return;
    this.#drawn = now;
    for (const plot of [this.energy, this.temperature, this.distance]) plot.draw();
  }

  /** What an atom is called, e.g. "H4" or "CN:C". */
  name(atom) {
    return this.#labels[atom];
  }

  /** Show a sentence for a while. */
  say(text, kind = "") {
    const line = Object.assign(document.createElement("li"), { textContent: text, className: kind });
    this.#events.append(line);
    this.said.push(text);
    if (this.said.length > SAID) this.said.shift();
    while (this.#events.children.length > 4) this.#events.firstChild.remove();
    setTimeout(() => line.classList.add("gone"), BOND_SHOWN - 500);
    setTimeout(() => line.remove(), BOND_SHOWN);
  }

  #begin() {
    this.#gap = true;
    this.#changes.clear();
    if (this.#pairs.some(([a, b]) => Math.max(a, b) >= this.#molecule.count)) {
      this.#pairs = [];
      this.distance.figure.hidden = true;
    }
  }

  #reportBonds(now) {
    const { broke, formed } = this.#changes.update(this.#molecule.bonds, now);
    for (const pair of broke) this.say(`${this.#pairName(pair)} broke`, "broke");
    for (const pair of formed) this.say(`${this.#pairName(pair)} formed`, "formed");
    if (broke.length || formed.length) this.onBonds({ broke, formed });
  }

  #pairName(pair) {
    return pair
      .split("-")
      .map((atom) => this.name(Number(atom)))
      .join("–");
  }

  /** The nearest atom of another fragment: what it could react with; null for none. */
  #nearestStranger(atom) {
    const own = fragmentOf(this.#molecule.bonds, atom);
    const here = this.#molecule.place(atom);
    let best = null;
    for (let other = 0; other < this.#molecule.count; other++) {
      if (own.has(other)) continue;
      const far = this.#molecule.place(other).distanceTo(here);
      if (!best || far < best.far) best = { other, far };
    }
    return best?.other ?? null;
  }
}
