/** Light or dark: dark at first, then as this visitor left it. */

const KEPT = "atomtug.theme";

export class Theme {
  #redraw;

  /** `redraw` has the next picture drawn. */
  constructor(redraw) {
    this.#redraw = redraw;
    this.#apply(localStorage.getItem(KEPT) === "light");
  }

  get light() {
    return document.documentElement.dataset.theme === "light";
  }

  toggle() {
    localStorage.setItem(KEPT, this.light ? "dark" : "light");
    this.#apply(!this.light);
    this.#redraw();
  }

  #apply(light) {
    document.documentElement.dataset.theme = light ? "light" : "dark";
    document.querySelector('meta[name="color-scheme"]').content = light ? "light" : "dark";
  }
}
