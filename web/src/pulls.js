/** What this page's hands hold: each an `interaction.*` of the shared state, a spring from atoms to a point. */

import * as THREE from "three";
import { gripOf, hasLeft } from "./grip.js";

const PREFIX = "interaction.";
const RATE = 1000 / 30; // ms between two updates of a hand
const AGAINST = 6; // times stiffer is the spring on an atom whose molecule is held against the pull
const FARTHEST = 0.27; // nm: of that spring; beyond it the force grows no more
const MOST = 20000; // kJ/mol/nm
const PIN = 60000; // kJ/mol/nm²
const LEAD = 0.15; // nm: farther than this a hand is not moved against what it carries
const STEADY = 0.002; // nm: a change of that which is not worth a message

export class Pulls {
  /** Whether atoms can be pulled here: not in a recording, and not by who may only watch. */
  allowed = true;
  /** Stiffness of the spring, kJ/mol/nm². */
  stiffness = 6000;
  /**
   * hand -> {atom, atoms, counter, offset, point, lead}; `offset` is from the atom that was taken to the middle of all,
   * `lead` from the hand to where the spring ends.
   */
  held = new Map();
  /** atom -> where it is kept. */
  pinned = new Map();

  #connection;
  #owner;
  #molecule;
  #timer = null;

  /** `molecule` has bonds, masses, count and place(atom). */
  constructor(connection, owner, molecule) {
    this.#connection = connection;
    this.#owner = owner;
    this.#molecule = molecule;
    connection.addEventListener("open", () => {
      this.held.clear();
      this.pinned.clear();
    });
  }

  get any() {
    return this.held.size > 0;
  }

  /** Hold an atom, or its `whole` molecule. `hand` names the hand ("mouse", "hand.left", …); it holds one at a time. */
  grab(hand, atom, point, whole = false) {
    if (!this.allowed) return;
    const { atoms, counter } = gripOf(this.#molecule.bonds, atom, whole);
    const offset = this.#middle(atoms).sub(this.#molecule.place(atom));
    this.held.set(hand, {
      atom,
      atoms,
      counter,
      offset,
      point: point.clone(),
      lead: new THREE.Vector3(),
      changed: true,
    });
    this.#send();
  }

  /** The hand has moved. */
  move(hand, point) {
    const pull = this.held.get(hand);
    if (!pull || pull.point.equals(point)) return;
    pull.point.copy(point);
    pull.changed = true;
    this.#sendSoon();
  }

  /** Let go. */
  release(hand) {
    if (this.held.delete(hand)) this.#connection.update({}, [this.#key(hand)]);
  }

  releaseAll() {
    for (const hand of [...this.held.keys()]) this.release(hand);
  }

  /**
   * Atoms have moved: one that has left its molecule is held gently from now on, and nothing against it.
   *
   * @param velocities of all atoms, nm/ps, flat; undefined where the server sends none
   */
  settle(velocities) {
    for (const pull of this.held.values()) {
      if (!pull.counter.length) {
        this.#damp(pull, velocities);
        continue;
      }
      if (!hasLeft(this.#molecule.bonds, pull.atom, pull.counter, (atom) => this.#molecule.place(atom))) continue;
      pull.counter = [];
      pull.changed = true;
      this.#sendSoon();
    }
  }

  /** Keep an atom where it is, or no longer; returns whether it is kept now. */
  pin(atom) {
    if (!this.allowed) return false;
    const key = this.#key(`pin.${atom}`);
    if (this.pinned.delete(atom)) {
      this.#connection.update({}, [key]);
      return false;
    }
    const place = this.#molecule.place(atom).clone();
    this.pinned.set(atom, place);
    this.#connection.update({ [key]: this.#value([atom], place, PIN, `pin ${atom}`) });
    return true;
  }

  /** No atom is kept any more, as where the molecule is another one. */
  unpinAll() {
    for (const atom of [...this.pinned.keys()]) this.pin(atom);
  }

  /** The force that the spring asks for, kJ/mol/nm. */
  force(hand, place) {
    const pull = this.held.get(hand);
    return pull ? Math.min(this.#stiffness(pull) * pull.point.distanceTo(place), this.#limit(pull)) : 0;
  }

  isOurs(key) {
    return key.startsWith(`${PREFIX}${this.#owner}.`);
  }

  /** What is carried would swing about the hand for long: the spring's end goes against its motion, as a damper would. */
  #damp(pull, velocities) {
    if (!velocities || velocities.length !== 3 * this.#molecule.count) return;
    const velocity = new THREE.Vector3();
    let mass = 0;
    for (const atom of pull.atoms) {
      const own = this.#molecule.masses?.[atom] ?? 1;
      velocity.addScaledVector(new THREE.Vector3().fromArray(velocities, 3 * atom), own);
      mass += own;
    }
    // Critical damping: of a mass m on a spring k by a force -2 sqrt(k m) v.
    const lead = velocity.multiplyScalar((-2 * Math.sqrt(mass / this.stiffness)) / mass).clampLength(0, LEAD);
    if (lead.distanceTo(pull.lead) < STEADY) return;
    pull.lead.copy(lead);
    pull.changed = true;
    this.#sendSoon();
  }

  #stiffness(pull) {
    return (pull.counter.length ? AGAINST : 1) * this.stiffness;
  }

  #limit(pull) {
    return pull.counter.length ? Math.min(FARTHEST * this.#stiffness(pull), MOST) : MOST;
  }

  #middle(atoms) {
    if (atoms.length === 1) return this.#molecule.place(atoms[0]).clone();
    const middle = new THREE.Vector3();
    let total = 0;
    for (const atom of atoms) {
      const mass = this.#molecule.masses?.[atom] ?? 1;
      middle.addScaledVector(this.#molecule.place(atom), mass);
      total += mass;
    }
    return middle.divideScalar(total);
  }

  #sendSoon() {
    if (this.#timer === null) this.#timer = setTimeout(() => this.#send(), RATE);
  }

  #key(hand) {
    return `${PREFIX}${this.#owner}.${hand}`;
  }

  #send() {
    this.#timer = null;
    const updates = {};
    for (const [hand, pull] of this.held) {
      if (!pull.changed) continue;
      pull.changed = false;
      const middle = pull.point.clone().add(pull.offset).add(pull.lead);
      const value = this.#value(pull.atoms, middle, this.#stiffness(pull), hand, this.#limit(pull));
      if (pull.counter.length) value.counter_particles = pull.counter;
      updates[this.#key(hand)] = value;
    }
    if (Object.keys(updates).length) this.#connection.update(updates);
  }

  #value(atoms, point, stiffness, label, limit = MOST) {
    const many = atoms.length > 1;
    const masses = atoms.map((atom) => this.#molecule.masses?.[atom] ?? 1);
    // Several atoms share the force by their masses, so that they are not bent; Narupa's law multiplies by the mean mass.
    const shared = many && this.#connection.state?.get("imd.force_law") !== "nanover-2026";
    const mean = shared ? masses.reduce((sum, mass) => sum + mass, 0) / masses.length : 1;
    return {
      position: point.toArray(),
      particles: atoms,
      interaction_type: "spring",
      // The wire's spring has k = 2 kJ/mol/nm² times scale; without weighting by mass an H is as easy to hold as a C.
      scale: stiffness / 2 / mean,
      mass_weighted: many,
      reset_velocities: false,
      max_force: limit,
      "owner.id": this.#owner,
      label,
    };
  }
}
