/**
 * The headset: each controller's trigger takes the nearest atom; a grip moves the molecule, both grips scale it.
 *
 * Triggers are followed by selectstart and selectend: what emulators do with `select` differs.
 */

import * as THREE from "three";
import { gripPose } from "./room.js";

const REACH = 0.12; // m: how far from the controller's tip an atom may be
const START = { height: 1.2, distance: 0.7, size: 0.45 }; // m: where the molecule is at first, and how large its reach
const TIP = new THREE.Vector3(0, 0, -0.06);
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
  #sign = null;

  /** `whole()`: whether a trigger takes a whole molecule, which turns with the hand. */
  constructor({ view, molecule, pulls, person, panel, button, whole }) {
    this.#whole = whole;
    this.#view = view;
    this.#molecule = molecule;
    this.#pulls = pulls;
    this.#person = person;
    this.#panel = panel;
    this.#offer(button);
    view.before((xrFrame) => xrFrame && this.#update());
  }

  get presenting() {
    return this.#view.renderer.xr.isPresenting;
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
    await this.#view.renderer.xr.setSession(session);
    const { centre, reach } = this.#molecule.extent();
    const { world } = this.#view;
    world.scale.setScalar(START.size / reach);
    world.position.set(0, START.height, -START.distance).addScaledVector(centre, -world.scale.x);
    world.quaternion.identity();
    this.#sign ??= sign();
    this.#sign.position.set(0, START.height + 0.62, -START.distance - 0.35);
    this.#view.scene.add(this.#sign);
  }

  #leave() {
    for (const hand of [...this.#pulls.held.keys()].filter((name) => name.startsWith("hand.")))
      this.#pulls.release(hand);
    const { world } = this.#view;
    world.position.set(0, 0, 0);
    world.quaternion.identity();
    world.scale.setScalar(1);
    if (this.#sign) this.#view.scene.remove(this.#sign);
    this.hovered = this.#gripped = null;
    this.#view.draw();
  }

  #addController(index) {
    const controller = this.#view.renderer.xr.getController(index);
    controller.userData = { hand: `hand.${SIDES[index]}`, gripped: false, buttons: [] };
    controller.add(wand());
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
    if (!nearest) return;
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

  #update() {
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
      const { hand } = controller.userData;
      this.#press(controller);
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

/** A controller: a slim handle, and a ball at the tip that takes. */
function wand() {
  const group = new THREE.Group();
  const handle = new THREE.Mesh(
    new THREE.CapsuleGeometry(0.014, 0.09, 6, 14).rotateX(Math.PI / 2),
    new THREE.MeshStandardMaterial({ color: 0x2b3442, roughness: 0.6 }),
  );
  handle.position.z = 0.02;
  const tip = new THREE.Mesh(new THREE.SphereGeometry(0.009, 18, 12), new THREE.MeshBasicMaterial({ color: 0xffb454 }));
  tip.position.copy(TIP);
  group.add(handle, tip);
  return group;
}

/** What to do, on a board behind the molecule. */
function sign() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [1024, 320];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#141a23e0";
  pen.roundRect(0, 0, 1024, 320, 40);
  pen.fill();
  pen.textAlign = "center";
  const lines = [
    ["Trigger: hold the nearest atom, and pull", "#ffb454", "600 42px"],
    ["Grip: move the molecule. Both grips: make it larger or smaller", "#dbe1ea", "29px"],
    ["A or X: pause. B or Y: back to before the last pull", "#8893a3", "29px"],
  ];
  lines.forEach(([text, colour, font], k) => {
    pen.font = `${font} system-ui, sans-serif`;
    pen.fillStyle = colour;
    pen.fillText(text, 512, 110 + 75 * k);
  });
  const map = new THREE.CanvasTexture(canvas);
  map.colorSpace = THREE.SRGBColorSpace;
  return new THREE.Mesh(new THREE.PlaneGeometry(1.0, 0.3125), new THREE.MeshBasicMaterial({ map, transparent: true }));
}
