import * as THREE from "three";
import { moleculeToRoom } from "./room.js";

/** The person at this page, as others see them: a name, a colour, and where the hand is. */

const RATE = 1000 / 15; // ms between two updates
const COLOURS = [
  [1, 0.71, 0.33],
  [0.37, 0.78, 0.75],
  [0.56, 0.62, 1],
  [0.98, 0.52, 0.62],
  [0.6, 0.85, 0.45],
  [0.83, 0.6, 0.98],
];

export class Visitor {
  id = crypto.getRandomValues(new Uint32Array(4)).reduce((text, part) => text + part.toString(16).padStart(8, "0"), "");

  colour = COLOURS[Math.floor(Math.random() * COLOURS.length)];

  #connection = null;
  #components = [];
  #last = "";
  #timer = null;

  get name() {
    return localStorage.getItem("atomtug.name") || "visitor";
  }

  set name(name) {
    localStorage.setItem("atomtug.name", name.trim());
    this.#schedule();
  }

  attach(connection) {
    this.#connection = connection;
    connection.addEventListener("open", () => {
      this.#last = "";
      this.#send();
    });
  }

  /** Where head and hands are, in the molecule's space: a list of {name, position, rotation} (THREE's types). */
  showAt(components) {
    const toRoom = moleculeToRoom(this.#connection?.state.get("scene"));
    const turn = new THREE.Quaternion().setFromRotationMatrix(new THREE.Matrix4().extractRotation(toRoom));
    this.#components = components.map(({ name, position, rotation }) => {
      const place = new THREE.Vector3().copy(position).applyMatrix4(toRoom);
      const turned = rotation ? turn.clone().multiply(rotation) : new THREE.Quaternion();
      // The shared room is left-handed: x the other way round.
      return {
        name,
        position: [-place.x, place.y, place.z].map(short),
        rotation: [turned.x, -turned.y, -turned.z, turned.w].map(short),
      };
    });
    this.#schedule();
  }

  #schedule() {
    if (this.#timer === null) this.#timer = setTimeout(() => this.#send(), RATE);
  }

  #send() {
    this.#timer = null;
    const avatar = { playerid: this.id, name: this.name, color: [...this.colour, 1], components: this.#components };
    const now = JSON.stringify(avatar);
    if (now === this.#last || !this.#connection?.isOpen) return;
    this.#last = now;
    this.#connection.update({ [`avatar.${this.id}`]: avatar });
  }
}

const short = (value) => Math.round(value * 1e4) / 1e4;
