/** What people measure: picked by key or Ctrl and click, listed at the right, plotted, and marked in the picture. */

import { KINDS, Measures, measure } from "./measures.js";
import { Plot } from "./plot.js";

const COLOURS = ["#e0a3ff", "#7fd3ff", "#ffd37f", "#a3ffb8", "#ff9f9f", "#c8c8ff"];
const EVERY = 100; // ms between two drawings

export class MeasurePanel {
  measures = new Measures();

  #molecule;
  #figures;
  #restraints;
  #list;
  #rows = new Map();
  #drawn = 0;
  #gap = false;

  /**
   * @param parent where plots and the list go
   * @param molecule has count and place(atom)
   * @param figures  has name(atom) and say(text)
   * @param restraints keeps distances, see restraints.js
   */
  constructor(parent, { molecule, figures, restraints }) {
    this.#molecule = molecule;
    this.#figures = figures;
    this.#restraints = restraints;
    this.distances = new Plot(parent, "Measured", "Å", 0.5);
    this.angles = new Plot(parent, "Measured", "°", 20);
    this.#list = Object.assign(document.createElement("ul"), { id: "measures" });
    this.#list.setAttribute("aria-label", "Measured distances and angles");
    parent.after(this.#list);
    this.#show();
  }

  /** Colour of a measure, as CSS has it. */
  colour(atoms) {
    return COLOURS[this.measures.all.indexOf(atoms) % COLOURS.length];
  }

  /** Pick an atom; null ends what is being picked. */
  pick(atom) {
    const { measures } = this;
    if (atom === null) {
      if (measures.picked.length) return void (measures.finish(), this.#show());
      return this.#figures.say("Point at an atom, then press M; at two for a distance, three or four for an angle.");
    }
    measures.pick(atom);
    const { picked } = measures;
    if (picked.length === 1) this.#figures.say(`${this.#figures.name(atom)} is picked: pick another for a distance.`);
    this.#show();
  }

  /** Forget the newest measure, or what is being picked. */
  removeLast() {
    const last = this.measures.all.at(-1);
    if (last) this.#remove(last);
    this.measures.picked = [];
    this.#show();
  }

  /** A frame came. `begins`: another start, or another molecule. */
  update(begins) {
    if (begins) {
      this.measures.forget(this.#molecule.count);
      this.#gap = true;
      this.#show();
    }
    const all = this.measures.all.filter((atoms) => atoms.every((atom) => atom < this.#molecule.count));
    for (const [plot, few] of [
      [this.distances, true],
      [this.angles, false],
    ]) {
      const curves = all
        .filter((atoms) => (atoms.length === 2) === few)
        .map((atoms) => {
          const text = this.#text(atoms);
          this.#rows.get(atoms)?.replaceChildren(text);
          return [String(atoms), this.colour(atoms), this.#value(atoms), text];
        });
      if (curves.length) plot.add(curves, this.#gap);
    }
    this.#gap = false;
    const now = performance.now();
    if (now - this.#drawn < EVERY) return;
    this.#drawn = now;
    for (const plot of [this.distances, this.angles]) if (!plot.figure.hidden) plot.draw();
  }

  #value(atoms) {
    return measure(atoms.map((atom) => this.#molecule.place(atom).clone()));
  }

  #text(atoms) {
    const value = this.#value(atoms);
    const number = atoms.length === 2 ? value.toFixed(2) : value.toFixed(0).replace("-", "−");
    return `${this.#label(atoms)} ${number} ${KINDS[atoms.length].unit}`;
  }

  #label(atoms) {
    return atoms.map((atom) => this.#figures.name(atom)).join("–");
  }

  #remove(atoms) {
    if (atoms.length === 2 && this.#restraints.has(atoms)) this.#restraints.toggle(atoms, 0);
    this.measures.remove(atoms);
    for (const plot of [this.distances, this.angles]) plot.curves.series.delete(String(atoms));
    this.#show();
  }

  #hold(atoms) {
    const held = this.#restraints.toggle(atoms, this.#value(atoms) / 10);
    this.#figures.say(`${this.#label(atoms)} is ${held ? "held at this distance" : "free again"}`);
    this.#show();
  }

  #show() {
    this.#rows.clear();
    const { all } = this.measures;
    this.distances.figure.hidden = !all.some((atoms) => atoms.length === 2);
    this.angles.figure.hidden = !all.some((atoms) => atoms.length > 2);
    this.#list.hidden = !all.length;
    this.#list.replaceChildren(...all.map((atoms) => this.#row(atoms)));
  }

  #row(atoms) {
    const row = document.createElement("li");
    const text = Object.assign(document.createElement("span"), { textContent: this.#text(atoms) });
    text.style.color = this.colour(atoms);
    this.#rows.set(atoms, text);
    row.append(text);
    if (atoms.length === 2) {
      const held = this.#restraints.has(atoms);
      const hold = button(
        held ? "Held" : "Hold",
        held ? "Let this distance change" : "Keep this distance as it is now",
      );
      hold.setAttribute("aria-pressed", held);
      hold.onclick = () => this.#hold(atoms);
      row.append(hold);
    }
    const gone = button("×", `Forget ${this.#label(atoms)}`);
    gone.onclick = () => this.#remove(atoms);
    row.append(gone);
    return row;
  }
}

function button(text, title) {
  const made = Object.assign(document.createElement("button"), { textContent: text, title, type: "button" });
  made.setAttribute("aria-label", title);
  return made;
}
