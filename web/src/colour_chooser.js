/** What atoms are coloured by: the choices that the frames allow, and the legend of the one that is chosen. */

import { COLOURINGS, available, gradient, legend, topOf } from "./colouring.js";

const $ = (id) => document.getElementById(id);

export class ColourChooser {
  #molecule;
  #redraw;
  #frame = {};
  #choices = "";
  #chosen = "element";

  /** `redraw` has the next picture drawn, where the simulation stands still and no frame would. */
  constructor(molecule, redraw) {
    this.#molecule = molecule;
    this.#redraw = redraw;
    $("colour").onchange = () => {
      this.#chosen = $("colour").value;
      this.#colour(true);
    };
  }

  get chosen() {
    return this.#chosen;
  }

  /** How many there are to choose among. */
  get choices() {
    return $("colour").options.length;
  }

  /** Colour by the next one. */
  next() {
    $("colour").selectedIndex = ($("colour").selectedIndex + 1) % this.choices;
    $("colour").onchange();
  }

  /** A frame came. */
  update(frame) {
    this.#frame = frame;
    this.#offer();
    this.#colour(false);
  }

  /** A choice stays in the list while its numbers are missing, as after a change of engines: it may come back. */
  #offer() {
    const there = available(this.#frame);
    const names = [
      "element",
      ...Object.keys(COLOURINGS).filter((name) => there.includes(name) || name === this.#chosen),
    ];
    $("colour-row").hidden = names.length < 2;
    if (names.join() === this.#choices) return;
    this.#choices = names.join();
    $("colour").replaceChildren(...names.map((name) => new Option(name, name)));
    $("colour").value = this.#chosen;
  }

  #colour(chosenNow) {
    const name = this.#chosen;
    const shown = available(this.#frame).includes(name);
    const before = this.#molecule.colouring;
    const values = shown ? this.#frame[COLOURINGS[name].key] : null;
    // A scale only grows, or it would show nothing: each frame's greatest value would look the same.
    const kept = !chosenNow && before?.name === name ? before.top : 0;
    const top = shown ? Math.max(topOf(name, values), kept) : 0;
    this.#molecule.colouring = shown ? { name, values, top } : null;
    $("legend").hidden = !shown;
    if (shown && (chosenNow || before?.name !== name || before.top !== top)) {
      const [low, middle, high] = legend(name, top);
      $("legend-low").textContent = low;
      $("legend-middle").textContent = middle;
      $("legend-top").textContent = high;
      $("legend-scale").style.background = gradient(name);
    }
    if (chosenNow || before?.values !== values) {
      this.#molecule.recolour();
      this.#redraw();
    }
  }
}
