/** The help on keys: a dialog. */

import { element } from "./dom.js";

const KEYS = [
  ["Tab, Shift + Tab", "on the molecule: take the next atom, or the one before"],
  ["Arrows", "pull the atom that is taken; without one, turn the view"],
  ["Wheel, or arrows", "while the mouse holds several atoms: turn them"],
  ["Page up, Page down", "pull it away from you, or towards you"],
  ["Enter", "let go"],
  ["Escape", "leave the molecule: Tab goes on to the buttons"],
  ["+, −", "nearer, farther"],
  ["Space", "play or pause"],
  ["Z", "undo the last pull"],
  ["R", "relax, or move again"],
  ["C", "show all atoms"],
  ["P", "pin the atom that is pointed at, or free it"],
  ["M, X", "measure with the atom that is pointed at; take the last measure away"],
  ["S", "save a picture"],
  ["L", "light or dark"],
  [", and .", "in a recording: one frame back, one on"],
  ["?", "this help"],
];

export class KeyHelp {
  #dialog;

  constructor() {
    const rows = KEYS.map(([keys, what]) =>
      element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, keys)), element("td", {}, what)),
    );
    const close = element("button", { type: "button", onclick: () => this.#dialog.close() }, "Close");
    const title = element("h2", { id: "keys-title" }, "Keys");
    this.#dialog = element(
      "dialog",
      { id: "keys", "aria-labelledby": "keys-title" },
      title,
      element("table", {}, element("tbody", {}, ...rows)),
      close,
    );
    document.body.append(this.#dialog);
  }

  /** Show it, or close it again. */
  toggle() {
    if (this.#dialog.open) this.#dialog.close();
    else this.#dialog.showModal();
  }
}
