/** The molecule by keyboard: Tab goes from atom to atom, arrows pull the one that is taken or turn the view. */

import * as THREE from "three";
import { elementName } from "./elements.js";
import { element } from "./dom.js";
import { forceText } from "./format.js";

const HAND = "keys";
const STEP = 0.02; // nm that an arrow moves the hand
const TURN = Math.PI / 18; // of the view, by an arrow
const STEEP = 0.05; // rad from straight up or down: no nearer
const ZOOM = { "+": -100, "=": -100, "-": 100 }; // as a wheel turns

/** Directions in the view: right, up and towards the viewer. */
const ARROWS = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, 1, 0],
  ArrowDown: [0, -1, 0],
  PageUp: [0, 0, -1],
  PageDown: [0, 0, 1],
};

export class Keyboard {
  /** The atom that the keyboard has taken, or null. */
  selected = null;

  #stage;
  #pointer;
  #molecule;
  #pulls;
  #figures;
  #leaving = false;
  #spoken = element("p", { id: "spoken", className: "unseen", role: "status" });

  constructor({ stage, pointer, molecule, pulls, figures }) {
    this.#stage = stage;
    this.#pointer = pointer;
    this.#molecule = molecule;
    this.#pulls = pulls;
    this.#figures = figures;
    const { canvas } = stage;
    canvas.setAttribute("role", "application");
    canvas.setAttribute(
      "aria-label",
      "The molecule. Tab takes an atom, arrows pull it, Enter lets go, Escape leaves. Question mark: all keys.",
    );
    canvas.after(this.#spoken);
    canvas.addEventListener("keydown", (event) => this.#press(event));
    canvas.addEventListener("pointerdown", () => this.#select(null));
    canvas.addEventListener("blur", () => {
      this.#select(null);
      this.#leaving = false;
    });
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab") return this.#tab(event);
    if (event.key === "Escape") {
      this.#leaving = true;
      this.#select(null);
      this.#say("No atom is taken. Tab goes on to the buttons.");
    } else if (event.key === "Enter" && this.selected !== null) {
      this.#pulls.release(HAND);
      this.#say(`${this.#figures.name(this.selected)} is let go.`);
    } else if (event.key in ARROWS) {
      if (this.selected === null) this.#turn(ARROWS[event.key]);
      else this.#pull(ARROWS[event.key]);
    } else if (event.key in ZOOM) {
      this.#stage.canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: ZOOM[event.key], cancelable: true }));
    } else {
      return;
    }
    event.preventDefault();
  }

  /** The next atom, or the one before; behind the last one the focus goes on, so that nobody is caught here. */
  #tab(event) {
    if (this.#leaving) return;
    const way = event.shiftKey ? -1 : 1;
    const next = this.selected === null ? (way > 0 ? 0 : this.#molecule.count - 1) : this.selected + way;
    if (next < 0 || next >= this.#molecule.count) return this.#select(null);
    event.preventDefault();
    this.#select(next);
    this.#say(this.#described(next));
  }

  #select(atom) {
    this.#pulls.release(HAND);
    if (atom === null && this.selected === null) return;
    this.selected = atom;
    this.#pointer.select(atom);
  }

  #pull(direction) {
    const atom = this.selected;
    if (atom >= this.#molecule.count) return this.#select(null);
    if (!this.#pulls.held.has(HAND)) {
      this.#pulls.grab(HAND, atom, this.#molecule.place(atom), this.#pointer.whole);
    }
    const { point } = this.#pulls.held.get(HAND);
    const along = new THREE.Vector3(...direction).applyQuaternion(this.#stage.camera.quaternion);
    this.#pulls.move(HAND, point.clone().addScaledVector(along, STEP));
    const place = this.#molecule.place(atom);
    const away = 10 * this.#pulls.held.get(HAND).point.distanceTo(place);
    const force = forceText(this.#pulls.force(HAND, place));
    this.#say(`${this.#figures.name(atom)} is pulled: the hand is ${away.toFixed(1)} Å from it, ${force}.`);
    this.#stage.draw();
  }

  #turn([right, up, near]) {
    const { camera, controls } = this.#stage;
    const around = new THREE.Spherical().setFromVector3(camera.position.clone().sub(controls.target));
    around.theta += right * TURN;
    around.phi = Math.min(Math.max(around.phi - (up - near) * TURN, STEEP), Math.PI - STEEP);
    camera.position.setFromSpherical(around).add(controls.target);
    controls.update();
    this.#stage.draw();
  }

  #described(atom) {
    const partners = this.#molecule.partners(atom).map((other) => this.#figures.name(other));
    const bonds = partners.length ? `bonded to ${partners.join(", ")}` : "bonded to nothing";
    return `${this.#figures.name(atom)}, ${elementName(this.#molecule.elements[atom])}, ${bonds}.`;
  }

  #say(text) {
    this.#spoken.textContent = text;
  }
}
