/** What the electrons do, in words: <S²>, what the rings mean, and a sentence when the electronic state changes. */

import { StateChanges, spinSquareText } from "./electrons.js";

const $ = (id) => document.getElementById(id);

export class ElectronsPanel {
  #figures;
  #molecule;
  #changes = new StateChanges();

  constructor(figures, molecule) {
    this.#figures = figures;
    this.#molecule = molecule;
  }

  /** A frame came. */
  update(frame, increment) {
    const text = spinSquareText(frame["engine.spin_square"]);
    if ($("spin-square").textContent !== text) $("spin-square").textContent = text;
    $("rings-meaning").hidden = this.#molecule.marked === 0;
    $("electrons").hidden = text === "" && this.#molecule.marked === 0;
    const sentence = this.#changes.update(frame, increment["frame.index"] === 0);
    if (sentence) this.#figures.say(sentence, "electrons");
  }
}
