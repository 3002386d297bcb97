/** How far the network's learning is, in a line, and a mark in the energy's curve where another engine took over. */

export class Learning {
  #figures;
  #line;
  #engine = null;

  /** `parent`: what the line is put into, below the curves. */
  constructor(connection, figures, parent) {
    this.#figures = figures;
    this.#line = Object.assign(document.createElement("p"), { id: "learning", className: "note", hidden: true });
    this.#line.setAttribute("role", "status");
    parent.after(this.#line);
    connection.addEventListener("state", () => this.#show(connection.state));
  }

  /** A frame came. */
  update(frame, begins) {
    const engine = frame["engine.name"] ?? null;
    if (this.#engine !== null && engine !== this.#engine && !begins) this.#figures.energy.curves.mark(engine);
    this.#engine = engine;
  }

  #show(state) {
    const text = state.get("learning.present") ? state.get("learning.text") : "";
    if (this.#line.textContent !== text) this.#line.textContent = text;
    this.#line.hidden = !text;
  }
}
