/** What is going on, in numbers: energy, temperature, the distances of what is pulled; bonds that break and form. */

import { atomLabels } from "./atoms.js";
import { BondChanges } from "./bonds.js";
import { KJ_IN_KCAL, energyText } from "./format.js";
import { Happening } from "./happening.js";
import { Plot } from "./plot.js";

const ENERGY = "#ffb454";
const TEMPERATURE = "#5ec8c0";
const DISTANCES = ["#ff8fa3", "#b8d86a"]; // from where, to where: as the sentences on bonds that break and form
const SPIN_SQUARE = "#7fe08a";
const UNCERTAINTY = "#ff4fa0";
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
  #happening = new Happening();
  #gap = false;
  #changes = new BondChanges();
  #zero = null;
  #system = null;
  #names = null;
  #labels = [];

  constructor(parent, events, molecule) {
    this.#molecule = molecule;
    this.#events = events;
    this.energy = new Plot(parent, "Energy", "kcal/mol", 10, (value) => energyText(KJ_IN_KCAL * value));
    this.temperature = new Plot(parent, "Temperature", "K", 200);
    this.distance = new Plot(parent, "Distance", "Å", 1);
    this.spinSquare = new Plot(parent, "⟨S²⟩", "", 0.5);
    this.uncertainty = new Plot(parent, "Uncertainty", "kJ/mol", 2);
    for (const plot of [this.distance, this.spinSquare, this.uncertainty]) plot.figure.hidden = true;
    this.spinSquare.figure.title = document.getElementById("spin-square")?.title ?? "";
    this.uncertainty.figure.title = "How far the networks of the committee are apart on the energy.";
  }

  /** Whether bonds are known, so that the next change of them is told. */
  get knowsBonds() {
    return this.#changes.known;
  }

  /** An atom was taken: show how far it is from what it is bonded to, and from the nearest stranger. */
  watch(atom) {
    if (atom === this.#happening.atom && this.distance.curves.series.size) return; // taken again: the curves go on
    this.#happening.take(atom, this.#molecule);
    this.distance.curves.clear();
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
      this.distance.curves.clear();
      this.#happening.clear();
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
    this.#addDistances();
    this.#addQuality(frame);
    this.#gap = false;
    const now = performance.now();
    this.#reportBonds(now);
    if (now - this.#drawn < EVERY) return;
    this.#drawn = now;
    for (const plot of [this.energy, this.temperature, this.distance, this.spinSquare, this.uncertainty]) plot.draw();
  }

  #addDistances() {
    this.#happening.update(this.#molecule);
    const curves = this.#happening.pairs.map(([other, atom]) => {
      const far = 10 * this.#molecule.place(other).distanceTo(this.#molecule.place(atom));
      const name = `${this.name(other)}–${this.name(atom)}`;
      return [name, DISTANCES[other === this.#happening.from ? 0 : 1], far, `${name} ${far.toFixed(2)} Å`];
    });
    this.distance.figure.hidden = !curves.length;
    if (curves.length) this.distance.add(curves, this.#gap);
  }

  /** How far the engine is to be trusted: the spread of a committee, and the spins' purity. */
  #addQuality(frame) {
    const { "engine.spin_square": spin, "engine.uncertainty": doubt } = frame;
    this.spinSquare.figure.hidden = !Number.isFinite(spin);
    if (Number.isFinite(spin))
      this.spinSquare.add([["spin", SPIN_SQUARE, Math.max(spin, 0), Math.max(spin, 0).toFixed(2)]], this.#gap);
    this.uncertainty.figure.hidden = !Number.isFinite(doubt);
    if (Number.isFinite(doubt))
      this.uncertainty.add([["doubt", UNCERTAINTY, doubt, `± ${doubt.toFixed(1)} kJ/mol`]], this.#gap);
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
    this.#happening.update(this.#molecule);
  }

  #reportBonds(now) {
    const { broke, formed } = this.#changes.update(this.#molecule.bonds, now);
    for (const pair of broke) this.say(`${this.#pairName(pair)} broke`, "broke");
    for (const pair of formed) this.say(`${this.#pairName(pair)} formed`, "formed");
    if (!broke.length && !formed.length) return;
    this.#happening.changed({ broke, formed }, this.#molecule);
    this.onBonds({ broke, formed });
  }

  #pairName(pair) {
    return pair
      .split("-")
      .map((atom) => this.name(Number(atom)))
      .join("–");
  }
}
