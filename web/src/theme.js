/** Light or dark: dark at first, then as this visitor left it. */

const KEPT = "atomtug.theme";

export class Theme {
  #onChange;

  /** `onChange(light)` is called at once and whenever it changes. */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#apply(localStorage.getItem(KEPT) === "light");
  }

  get light() {
    return document.documentElement.dataset.theme === "light";
  }

  toggle() {
    localStorage.setItem(KEPT, this.light ? "dark" : "light");
    this.#apply(!this.light);
  }

  #apply(light) {
    document.documentElement.dataset.theme = light ? "light" : "dark";
    document.querySelector('meta[name="color-scheme"]').content = light ? "light" : "dark";
    this.#onChange(light);
  }
}
