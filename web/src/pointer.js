/** Mouse, pen and fingers: an atom under the pointer is shown, pressed it is pulled; the rest looks around. */

import * as THREE from "three";
import { REACH, perPixel, pickAtom } from "./picking.js";

const TURN = Math.PI / 18; // of one notch of the wheel, or one press of a key

export class Pointer {
  /** The atom that a press would take, or null. */
  hovered = null;
  /** Where the mouse is in the molecule's space, in the plane of what it points at. */
  point = new THREE.Vector3();

  #view;
  #molecule;
  #pulls;
  /** Whether a press takes the whole molecule, without the shift key too. */
  whole = false;
  /** Whether a press picks atoms to measure, without the control key too: fingers have no keys. */
  measures = false;
  #guide;
  #measuring;
  #planes = new Map();
  #at = null;

  /**
   * `guide.target`: an atom that another may be brought to, or null; `measuring` takes atoms that are clicked with Ctrl.
   */
  constructor(view, molecule, pulls, guide, measuring) {
    this.#guide = guide;
    this.#measuring = measuring;
    this.#view = view;
    this.#molecule = molecule;
    this.#pulls = pulls;
    const canvas = view.canvas;
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.#release(event));
    }
    canvas.addEventListener("pointerleave", () => this.#leave());
    // While several atoms are held the wheel turns them; else it zooms.
    canvas.addEventListener("wheel", (event) => this.#turn(event), { passive: false, capture: true });
    canvas.addEventListener("keydown", () => canvas.classList.remove("pressed"));
    addEventListener("keydown", (event) => this.#turnByKey(event));
    addEventListener("blur", () => pulls.releaseAll());
    view.before(() => this.#follow());
  }

  /** Point at an atom without a pointer, as the keyboard does; null for none. */
  select(atom) {
    this.#at = null;
    this.hovered = atom;
    this.#view.draw();
  }

  /** The atom at a point of the window; the front one where several are. `kind`: mouse, pen or touch. */
  pick(x, y, kind) {
    const { camera, canvas } = this.#view;
    return pickAtom(this.#view.ray(x, y), this.#molecule, REACH[kind] * perPixel(camera.fov, canvas.clientHeight));
  }

  #press(event) {
    if (event.button !== 0) return;
    const atom = this.#pulls.allowed ? this.pick(event.clientX, event.clientY, event.pointerType) : null;
    if (atom === null) {
      // A second finger that looks around would fight with the first that pulls.
      if (this.#pulls.any) event.stopImmediatePropagation();
      return;
    }
    event.stopImmediatePropagation();
    event.preventDefault();
    if (this.measures || event.ctrlKey || event.metaKey) {
      this.#measuring.pick(atom);
      return this.#view.draw();
    }
    // Whoever presses sees where the focus is: no frame around all.
    this.#view.canvas.classList.add("pressed");
    this.#view.canvas.focus({ preventScroll: true });
    this.#view.canvas.setPointerCapture(event.pointerId);
    const place = this.#molecule.place(atom);
    const normal = this.#view.camera.getWorldDirection(new THREE.Vector3());
    const plane = new THREE.Plane().setFromNormalAndCoplanarPoint(normal, place);
    this.#planes.set(event.pointerId, { plane, from: { x: event.clientX, y: event.clientY } });
    this.hovered = null;
    const { picked } = this.#measuring.measures;
    const selected = picked.length > 1 && picked.includes(atom);
    const whole = event.shiftKey && selected ? picked : this.whole || event.shiftKey;
    this.#pulls.grab(`pointer${event.pointerId}`, atom, this.#on(event) ?? place, whole);
    this.#view.draw();
  }

  #move(event) {
    if (this.#planes.has(event.pointerId)) {
      event.stopImmediatePropagation();
      const point = this.#on(event);
      if (point) {
        this.#pulls.move(`pointer${event.pointerId}`, point);
        this.point.copy(point);
      }
      this.#view.draw();
    } else if (event.pointerType !== "touch" && !event.buttons) {
      this.#at = { x: event.clientX, y: event.clientY, kind: event.pointerType };
      this.#view.draw();
    }
  }

  #release(event) {
    if (!this.#planes.delete(event.pointerId)) return;
    event.stopImmediatePropagation();
    this.#pulls.release(`pointer${event.pointerId}`);
    this.#view.draw();
  }

  /** Turn what is held about the line of sight, by the wheel. */
  #turn(event) {
    if (!this.#planes.size) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const along = this.#view.camera.getWorldDirection(new THREE.Vector3());
    this.#turnHeld(along, Math.sign(event.deltaY || event.deltaX) * TURN);
  }

  /** Turn what is held with the arrow keys: sideways about the upright of the view, up and down about its horizontal. */
  #turnByKey(event) {
    const way = { ArrowLeft: [1, -1], ArrowRight: [1, 1], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || !this.#planes.size || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    const axis = new THREE.Vector3().setFromMatrixColumn(this.#view.camera.matrixWorld, way[0]);
    this.#turnHeld(axis, way[1] * TURN);
  }

  #turnHeld(axis, angle) {
    const turn = new THREE.Quaternion().setFromAxisAngle(axis, angle);
    for (const id of this.#planes.keys()) this.#pulls.turn(`pointer${id}`, turn);
    this.#view.draw();
  }

  #leave() {
    this.#at = null;
    this.hovered = null;
    this.#view.draw();
  }

  #on(event) {
    const { plane, from } = this.#planes.get(event.pointerId);
    const { target } = this.#guide;
    const way = plane.clone();
    if (target !== null && target < this.#molecule.count) {
      // A pointer knows no depth: on the way to the atom that another is brought to, the plane comes to its depth.
      const place = this.#molecule.place(target);
      const goal = this.#view.project(place);
      const all = Math.hypot(goal.x - from.x, goal.y - from.y);
      const left = Math.hypot(goal.x - event.clientX, goal.y - event.clientY);
      way.constant -= Math.max(1 - left / Math.max(all, 1), 0) * plane.distanceToPoint(place);
    }
    return this.#view.ray(event.clientX, event.clientY).intersectPlane(way, new THREE.Vector3());
  }

  /** Atoms move under a mouse that rests. */
  #follow() {
    if (!this.#at || this.#planes.size) return;
    this.hovered = this.pick(this.#at.x, this.#at.y, this.#at.kind);
    const ray = this.#view.ray(this.#at.x, this.#at.y);
    const anchor = this.hovered === null ? this.#view.controls.target : this.#molecule.place(this.hovered);
    const normal = this.#view.camera.getWorldDirection(new THREE.Vector3());
    ray.intersectPlane(new THREE.Plane().setFromNormalAndCoplanarPoint(normal, anchor), this.point);
    this.#view.canvas.style.cursor = this.hovered === null || !this.#pulls.allowed ? "" : "grab";
  }
}
