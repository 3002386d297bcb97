/**
 * The headset: each controller's trigger takes the nearest atom; a grip moves the molecule, both grips scale it.
 *
 * Triggers are followed by selectstart and selectend: what emulators do with `select` differs.
 */

import * as THREE from "three";
import { gripPose } from "./room.js";
import { Board } from "./vr_board.js";
import { TIP, sign, wand } from "./vr_props.js";

const REACH = 0.12; // m: how far from the controller's tip an atom may be
/** m: where the molecule is before a person's eyes, and how large its reach. */
const START = { below: 0.3, distance: 0.7, size: 0.45 };
/** m and rad: where board and sign are from the molecule's middle, seen by that person. */
const BOARD = { right: -0.62, up: 0.05, back: 0.1, turned: 0.55 };
const SIGN = { up: 0.62, back: -0.35 };
const FULL_BUZZ = 4000; // kJ/mol/nm
const LEAST_TURN = 0.03; // radians, of a hand that carries several atoms
const SIDES = ["left", "right"];

export class VirtualReality {
  /** The atom that the nearer controller would take, or null. */
  hovered = null;
  controllers = [];

  #view;
  #molecule;
  #pulls;
  #person;
  #panel;
  #whole;
  #gripped = null;
  #before = new THREE.Group();
  #wanted = false;

  /**
   * `whole()`: whether a trigger takes a whole molecule, which turns with the hand; `page`: what the board shows and does,
   * see {@link Board}; the headset's own buttons are not among it.
   */
  constructor({ view, molecule, pulls, person, panel, button, whole, page }) {
    this.#whole = whole;
    this.#view = view;
    this.#molecule = molecule;
    this.#pulls = pulls;
    this.#person = person;
    this.#panel = panel;
    this.board = new Board({ ...page, press: (name) => (name === "front" ? this.bringToFront() : page.press(name)) });
    this.#offer(button);
    view.before((xrFrame) => xrFrame && this.#update(xrFrame));
  }

  get presenting() {
    return this.#view.renderer.xr.isPresenting;
  }

  /** Have molecule, board and sign before the person's eyes again, at the size they had at first. */
  bringToFront() {
    this.#wanted = true;
  }

  /** The point of a controller that takes atoms, in the room. */
  tip(controller) {
    return controller.localToWorld(TIP.clone());
  }

  async #offer(button) {
    const there = await navigator.xr?.isSessionSupported("immersive-vr").catch(() => false);
    if (!there) return;
    button.hidden = false;
    button.onclick = () => (this.presenting ? this.#view.renderer.xr.getSession().end() : this.#enter());
    const { xr } = this.#view.renderer;
    xr.addEventListener("sessionstart", () => {
      button.querySelector("span").textContent = "Leave VR";
      document.body.classList.add("vr");
    });
    xr.addEventListener("sessionend", () => {
      button.querySelector("span").textContent = "Enter VR";
      document.body.classList.remove("vr");
      this.#leave();
    });
    for (const index of [0, 1]) this.#addController(index);
  }

  async #enter() {
    const session = await navigator.xr.requestSession("immersive-vr", { optionalFeatures: ["local-floor"] });
    const { xr } = this.#view.renderer;
    await xr.setSession(session);
    // The headset's own button for it: where forward is has changed.
    xr.getReferenceSpace().addEventListener("reset", () => this.bringToFront());
    this.#view.scene.add(this.#before);
    this.bringToFront();
  }

  /** Lay out what {@link bringToFront} asked for, as soon as the headset knows where it is. */
  #layOut(xrFrame) {
    const pose = xrFrame.getViewerPose(this.#view.renderer.xr.getReferenceSpace());
    if (!pose || !this.#molecule.count) return;
    this.#wanted = false;
    this.#gripped = null;
    if (!this.#before.children.length) this.#furnish();
    const { position, orientation } = pose.transform;
    const turned = new THREE.Quaternion(orientation.x, orientation.y, orientation.z, orientation.w);
    const forward = new THREE.Vector3(0, 0, -1).applyQuaternion(turned);
    const { world } = this.#view;
    this.#before.rotation.set(0, Math.atan2(-forward.x, -forward.z), 0);
    this.#before.position
      .copy(position)
      .add(new THREE.Vector3(0, -START.below, -START.distance).applyEuler(this.#before.rotation));
    const { centre, reach } = this.#molecule.extent();
    world.quaternion.copy(this.#before.quaternion);
    world.scale.setScalar(START.size / reach);
    world.position
      .copy(centre)
      .multiplyScalar(-world.scale.x)
      .applyQuaternion(world.quaternion)
      .add(this.#before.position);
    world.updateWorldMatrix(true, true);
  }

  #furnish() {
    const board = this.board;
    board.position.set(BOARD.right, BOARD.up, BOARD.back);
    board.rotation.set(0, BOARD.turned, 0);
    const help = sign();
    help.position.set(0, SIGN.up, SIGN.back);
    this.#before.add(board, help);
  }

  #leave() {
    for (const hand of [...this.#pulls.held.keys()].filter((name) => name.startsWith("hand.")))
      this.#pulls.release(hand);
    const { world } = this.#view;
    world.position.set(0, 0, 0);
    world.quaternion.identity();
    world.scale.setScalar(1);
    this.#view.scene.remove(this.#before);
    this.hovered = this.#gripped = null;
    this.#view.draw();
  }

  #addController(index) {
    const controller = this.#view.renderer.xr.getController(index);
    controller.userData = { hand: `hand.${SIDES[index]}`, gripped: false, buttons: [] };
    controller.add(wand());
    const beam = new THREE.Line(
      new THREE.BufferGeometry().setFromPoints([TIP, new THREE.Vector3(0, 0, -1)]),
      new THREE.LineBasicMaterial({ color: 0xffb454, transparent: true, opacity: 0.6 }),
    );
    beam.visible = false;
    controller.add(beam);
    controller.userData.beam = beam;
    controller.addEventListener("connected", ({ data }) => {
      controller.userData.source = data;
      if (SIDES.includes(data.handedness)) controller.userData.hand = `hand.${data.handedness}`;
    });
    controller.addEventListener("disconnected", () => {
      this.#pulls.release(controller.userData.hand);
      controller.userData.source = null;
    });
    controller.addEventListener("selectstart", () => this.#grab(controller));
    controller.addEventListener("selectend", () => this.#pulls.release(controller.userData.hand));
    controller.addEventListener("squeezestart", () => this.#grip(controller, true));
    controller.addEventListener("squeezeend", () => this.#grip(controller, false));
    this.#view.scene.add(controller);
    this.controllers.push(controller);
  }

  /** The atom nearest to a controller's tip, within reach; null for none. */
  #nearest(controller) {
    const tip = this.#view.world.worldToLocal(this.tip(controller));
    const place = new THREE.Vector3();
    let best = null;
    for (let atom = 0; atom < this.#molecule.count; atom++) {
      const far = this.#molecule.place(atom, place).distanceTo(tip) - this.#molecule.radius(atom);
      if (!best || far < best.far) best = { atom, far };
    }
    return best && best.far * this.#view.world.scale.x < REACH ? best : null;
  }

  #grab(controller) {
    const nearest = this.#nearest(controller);
    if (!nearest) return void this.board.press(controller);
    const point = this.#view.world.worldToLocal(this.tip(controller));
    this.#pulls.grab(controller.userData.hand, nearest.atom, point, this.#whole());
    controller.userData.facing = this.#facing(controller);
  }

  /** How a controller is turned, in the molecule's space. */
  #facing(controller) {
    const turned = this.#view.world.getWorldQuaternion(new THREE.Quaternion()).invert();
    return turned.multiply(controller.getWorldQuaternion(new THREE.Quaternion()));
  }

  /** Several atoms that a hand holds turn with it. */
  #turn(controller) {
    const [before, now] = [controller.userData.facing, this.#facing(controller)];
    if (before.angleTo(now) < LEAST_TURN) return;
    if (this.#pulls.turn(controller.userData.hand, now.clone().multiply(before.clone().invert())))
      controller.userData.facing = now;
  }

  #grip(controller, gripped) {
    controller.userData.gripped = gripped;
    this.#gripped = null;
    const hands = this.controllers.filter(({ userData }) => userData.gripped);
    if (!hands.length) return;
    // The molecule keeps its place relative to the hand, or to the middle and span of both.
    const { world } = this.#view;
    world.updateWorldMatrix(true, false);
    this.#gripped = { hands, toWorld: gripPose(hands).invert().multiply(world.matrixWorld) };
  }

  #update(xrFrame) {
    if (this.#wanted) this.#layOut(xrFrame);
    this.board.update(performance.now());
    if (this.#gripped) {
      const { world } = this.#view;
      gripPose(this.#gripped.hands)
        .multiply(this.#gripped.toWorld)
        .decompose(world.position, world.quaternion, world.scale);
      world.updateWorldMatrix(true, true);
    }
    let nearest = null;
    for (const controller of this.controllers) {
      if (!controller.userData.source) continue;
      const { hand, beam } = controller.userData;
      this.#press(controller);
      const pointed = this.#pulls.held.has(hand) ? null : this.board.point(controller);
      beam.visible = pointed !== null;
      if (pointed) beam.scale.z = pointed.distance;
      if (this.#pulls.held.has(hand)) {
        this.#pulls.move(hand, this.#view.world.worldToLocal(this.tip(controller)));
        this.#turn(controller);
        this.#buzz(controller, hand);
      } else {
        const found = this.#nearest(controller);
        if (found && (!nearest || found.far < nearest.far)) nearest = found;
      }
    }
    this.hovered = nearest?.atom ?? null;
    this.#shareWhere();
  }

  /** A or X: play or pause. B or Y: undo. Thumbstick, pressed: relax, or move again. */
  #press(controller) {
    const pressed = [4, 5, 3].map((index) => Boolean(controller.userData.source.gamepad?.buttons[index]?.pressed));
    const before = controller.userData.buttons;
    if (pressed[0] && !before[0]) this.#panel.play();
    if (pressed[1] && !before[1]) this.#panel.undo();
    if (pressed[2] && !before[2]) this.#panel.relax();
    controller.userData.buttons = pressed;
  }

  #buzz(controller, hand) {
    const { atom } = this.#pulls.held.get(hand);
    const strength = Math.min(this.#pulls.force(hand, this.#molecule.place(atom)) / FULL_BUZZ, 1);
    if (strength > 0.1) controller.userData.source.gamepad?.hapticActuators?.[0]?.pulse?.(strength * 0.6, 30);
  }

  #shareWhere() {
    const toMolecule = this.#view.world.matrixWorld.clone().invert();
    const places = [
      ["headset", this.#view.renderer.xr.getCamera()],
      ...this.controllers.filter(({ userData }) => userData.source).map((one) => [one.userData.hand, one]),
    ];
    this.#person.showAt(
      places.map(([name, object]) => {
        const [position, rotation, scale] = [new THREE.Vector3(), new THREE.Quaternion(), new THREE.Vector3()];
        toMolecule.clone().multiply(object.matrixWorld).decompose(position, rotation, scale);
        return { name, position, rotation };
      }),
    );
  }
}
