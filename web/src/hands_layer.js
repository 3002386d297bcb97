/** Hands made visible: the spring of each pull (ours and others'), the atom that would be taken, other people. */

import * as THREE from "three";
import { mirrored, roomToMolecule } from "./room.js";

const OURS = 0xffb454;
const OTHERS = 0x5ec8c0;
const WANTED = 0x7fe08a;
const PINNED = 0x9aa8ff;
const UP = new THREE.Vector3(0, 1, 0);

/** A line with a thickness, from a point to another, and a dot at its end. */
class Spring extends THREE.Group {
  constructor(colour) {
    super();
    this.colour = colour;
    this.material = new THREE.MeshBasicMaterial({ color: colour, transparent: true, opacity: 0.95 });
    this.line = new THREE.Mesh(Spring.cylinder, this.material);
    this.dot = new THREE.Mesh(Spring.sphere, this.material);
    this.ring = new Ring(colour);
    this.add(this.line, this.dot, this.ring);
  }

  set(from, to, force, radius, camera) {
    const along = to.clone().sub(from);
    const length = along.length();
    // A hard pull is a thick line: the eye feels what the hand can't.
    const thick = 0.0035 + 0.0045 * Math.min(force / 4000, 1);
    this.line.visible = length > 1e-4;
    this.line.position.copy(from).addScaledVector(along, 0.5);
    this.line.quaternion.setFromUnitVectors(UP, along.divideScalar(length || 1));
    this.line.scale.set(thick, Math.max(length, 1e-6), thick);
    this.dot.position.copy(to);
    this.dot.scale.setScalar(0.011);
    this.ring.set(from, radius, camera);
  }
}
Spring.cylinder = new THREE.CylinderGeometry(1, 1, 1, 10);
Spring.sphere = new THREE.SphereGeometry(1, 18, 12);

/** A ring around an atom that faces the viewer. */
export class Ring extends THREE.Mesh {
  constructor(colour) {
    super(
      Ring.shape,
      new THREE.MeshBasicMaterial({ color: colour, transparent: true, opacity: 0.9, depthTest: false }),
    );
    this.renderOrder = 2;
  }

  set(place, radius, camera) {
    this.position.copy(place);
    this.scale.setScalar(radius * 1.28);
    this.lookAt(camera);
  }
}
Ring.shape = new THREE.RingGeometry(1, 1.13, 48);

/** Someone else: a dot where their hand is, and their name. */
class VisitorMarker extends THREE.Group {
  constructor(name, colour) {
    super();
    this.name = name;
    const material = new THREE.MeshBasicMaterial({ color: colour, transparent: true, opacity: 0.85 });
    this.dots = new Map();
    this.material = material;
    this.label = new THREE.Sprite(
      new THREE.SpriteMaterial({ map: text(name, colour), depthTest: false, transparent: true }),
    );
    this.label.scale.set(0.24, 0.045, 1);
    this.label.center.set(0.5, -0.9);
    this.add(this.label);
  }

  show(places) {
    for (const [part, dot] of this.dots) dot.visible = places.has(part);
    for (const [part, place] of places) {
      if (!this.dots.has(part)) {
        const dot = new THREE.Mesh(Spring.sphere, this.material);
        dot.scale.setScalar(part === "headset" ? 0.045 : 0.014);
        this.dots.set(part, dot);
        this.add(dot);
      }
      this.dots.get(part).position.copy(place);
    }
    const at = places.get("hand.right") ?? places.get("hand.left") ?? places.get("headset");
    this.label.visible = this.visible = at !== undefined;
    if (at) this.label.position.copy(at);
  }
}

function text(name, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = 512;
  canvas.height = 96;
  const pen = canvas.getContext("2d");
  pen.font = "600 52px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.shadowColor = "#000";
  pen.shadowBlur = 10;
  pen.fillStyle = `#${new THREE.Color(colour).getHexString()}`;
  pen.fillText(name || "someone", 256, 48);
  const map = new THREE.CanvasTexture(canvas);
  map.colorSpace = THREE.SRGBColorSpace;
  return map;
}

export class HandsLayer extends THREE.Group {
  #connection;
  #molecule;
  #pulls;
  #owner;
  #springs = new Map();
  #people = new Map();
  #hover = new Ring(0xffffff);
  #target = new Ring(WANTED);
  #suggested = new Ring(WANTED);
  #pins = new Map();

  constructor(connection, molecule, pulls, owner) {
    super();
    this.#connection = connection;
    this.#molecule = molecule;
    this.#pulls = pulls;
    this.#owner = owner;
    this.#hover.material.opacity = 0.75;
    this.add(this.#hover, this.#target, this.#suggested);
  }

  /**
   * Everything as it is now.
   *
   * @param hovered an atom or null
   * @param guide   {target, suggested}: atoms that are pointed at, or null
   * @param camera  where the viewer is, in the molecule's space
   */
  update(hovered, guide, camera) {
    this.#mark(this.#hover, hovered, camera);
    this.#mark(this.#target, guide.target, camera, 1.3);
    this.#mark(this.#suggested, guide.suggested, camera, 1.3);
    this.#showPins(camera);
    this.#showSprings(camera);
    this.#showPeople();
  }

  #mark(ring, atom, camera, size = 1) {
    ring.visible = atom !== null && atom < this.#molecule.count;
    if (ring.visible) ring.set(this.#molecule.place(atom), size * this.#molecule.radius(atom), camera);
  }

  #showPins(camera) {
    for (const [atom, ring] of this.#pins) {
      if (this.#pulls.pinned.has(atom)) continue;
      this.remove(ring);
      this.#pins.delete(atom);
    }
    for (const atom of this.#pulls.pinned.keys()) {
      if (!this.#pins.has(atom)) {
        this.#pins.set(atom, new Ring(PINNED));
        this.add(this.#pins.get(atom));
      }
      this.#mark(this.#pins.get(atom), atom, camera, 1.15);
    }
  }

  #showSprings(camera) {
    const seen = new Set();
    for (const [hand, pull] of this.#pulls.held) {
      if (pull.atom >= this.#molecule.count) continue;
      const place = this.#molecule.place(pull.atom);
      this.#spring(`ours.${hand}`, OURS).set(
        place,
        pull.point,
        this.#pulls.force(hand, place),
        this.#molecule.radius(pull.atom),
        camera,
      );
      seen.add(`ours.${hand}`);
    }
    for (const [key, value] of this.#connection.state) {
      if (!key.startsWith("interaction.") || this.#pulls.isOurs(key) || isPin(value)) continue;
      const atoms = (value?.particles ?? []).filter((atom) => atom < this.#molecule.count);
      if (!atoms.length || !Array.isArray(value.position)) continue;
      const place = new THREE.Vector3();
      for (const atom of atoms) place.add(this.#molecule.place(atom));
      const point = this.#handOf(value) ?? new THREE.Vector3().fromArray(value.position);
      const colour = tint(this.#connection.state.get(`avatar.${value["owner.id"]}`)?.color);
      this.#spring(key, colour).set(
        place.divideScalar(atoms.length),
        point,
        1000,
        this.#molecule.radius(atoms[0]),
        camera,
      );
      seen.add(key);
    }
    for (const [key, spring] of this.#springs) {
      if (seen.has(key)) continue;
      this.remove(spring);
      this.#springs.delete(key);
    }
  }

  /** Where the hand of somebody else is that pulls: the spring's end only follows it. Null where nobody says. */
  #handOf(value) {
    const person = this.#connection.state.get(`avatar.${value["owner.id"]}`);
    const hand = String(value.label).startsWith("hand.") ? value.label : "hand.right";
    const part = person?.components?.find?.(({ name, position }) => name === hand && Array.isArray(position));
    return part ? mirrored(part.position).applyMatrix4(roomToMolecule(this.#connection.state.get("scene"))) : null;
  }

  #spring(key, colour) {
    const known = this.#springs.get(key);
    if (known?.colour !== colour) {
      if (known) this.remove(known); // a person's colour may come after their hand
      const spring = new Spring(colour);
      this.#springs.set(key, spring);
      this.add(spring);
    }
    return this.#springs.get(key);
  }

  #showPeople() {
    const toMolecule = roomToMolecule(this.#connection.state.get("scene"));
    const seen = new Set();
    for (const [key, value] of this.#connection.state) {
      if (!key.startsWith("avatar.") || key === `avatar.${this.#owner}` || !Array.isArray(value?.components)) continue;
      seen.add(key);
      let person = this.#people.get(key);
      if (!person || person.name !== value.name) {
        if (person) this.remove(person);
        person = new VisitorMarker(value.name, tint(value.color));
        this.#people.set(key, person);
        this.add(person);
      }
      const places = new Map();
      for (const { name, position } of value.components) {
        if (Array.isArray(position)) places.set(name, mirrored(position).applyMatrix4(toMolecule));
      }
      person.show(places);
    }
    for (const [key, person] of this.#people) {
      if (seen.has(key)) continue;
      this.remove(person);
      this.#people.delete(key);
    }
  }
}

/** A pin or a restraint of somebody else's: no hand pulls there. */
const isPin = (value) =>
  value?.interaction_type === "distance" || (typeof value?.label === "string" && value.label.startsWith("pin "));

function tint(colour) {
  return Array.isArray(colour) ? new THREE.Color(colour[0], colour[1], colour[2]).getHex() : OTHERS;
}
