/** Which molecule it is to be: a picture, a formula and a line for each, until somebody has chosen. */

import { subscripted } from "./reaction.js";
import { drawThumbnail } from "./thumbnail.js";

const PICTURE = [220, 118]; // px

export class StartScreen {
  #connection;
  #say;
  #screen;
  #cards;
  #asked = false;

  /** `say(text, kind)` shows a sentence. */
  constructor(connection, say) {
    this.#connection = connection;
    this.#say = say;
    this.#screen = document.createElement("section");
    this.#screen.id = "start";
    this.#screen.hidden = true;
    this.#screen.setAttribute("aria-labelledby", "start-title");
    this.#screen.innerHTML = `<h2 id="start-title">Which molecule?</h2>
      <p>Each comes with a CN radical, which wants a hydrogen. Pull one off, and see what happens.</p>
      <ul></ul>`;
    this.#cards = this.#screen.querySelector("ul");
    document.body.append(this.#screen);
    connection.addEventListener("state", () => this.#update());
    connection.addEventListener("open", () => (this.#asked = false));
  }

  async #update() {
    const asks = this.#connection.state.get("system.choice") === true;
    if (!asks) {
      this.#screen.hidden = true;
      return document.body.classList.remove("starting");
    }
    if (this.#asked) return;
    this.#asked = true;
    try {
      const [{ systems }, { list }] = await Promise.all([
        this.#connection.run("system/list"),
        this.#connection.run("commands/list"),
      ]);
      // Who may only watch can't choose.
      if (!("playback/load" in list) || this.#connection.state.get("system.choice") !== true) return;
      this.#cards.replaceChildren(...systems.map((system, index) => this.#card(system, index)));
      this.#screen.hidden = false;
      document.body.classList.add("starting");
    } catch (error) {
      this.#say(error.message, "trouble");
    }
  }

  #card(system, index) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const picture = document.createElement("canvas");
    picture.setAttribute("aria-hidden", "true");
    drawThumbnail(picture, system, ...PICTURE);
    const [name, formula, about] = ["b", "i", "span"].map((tag) => document.createElement(tag));
    name.textContent = system.name;
    formula.textContent = subscripted(system.formula);
    about.textContent = system.about;
    button.append(picture, name, formula, about);
    button.onclick = async () => {
      button.classList.add("chosen");
      about.textContent = "Getting ready…";
      try {
        await this.#connection.run("playback/load", { index });
      } catch (error) {
        about.textContent = system.about;
        button.classList.remove("chosen");
        this.#say(error.message, "trouble");
      }
    };
    item.append(button);
    return item;
  }
}
