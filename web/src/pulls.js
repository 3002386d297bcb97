/** What this page's hands hold: each an `interaction.*` of the shared state, a spring from atoms to a point. */

import * as THREE from "three";
import { fragmentOf } from "./bonds.js";
import { gripOf, hasLeft } from "./grip.js";
import { follow, keepOff } from "./spring_end.js";
import { turned, turningSprings } from "./turning.js";

const PREFIX = "interaction.";
const RATE = 1000 / 30; // ms between two updates of a hand
const AGAINST = 12; // times stiffer is the spring on an atom whose molecule is held against the pull: it must not snap
const FARTHEST = 0.135; // nm: of that spring; beyond it the force grows no more
const REACH = 0.5; // nm: of any other spring
const MOST = 20000; // kJ/mol/nm
const DAMPING = 30; // 1/ps, of an atom that is held: it neither flies off nor shakes off what it is bound to next
const PIN = 60000; // kJ/mol/nm²
const LEAD = 0.15; // nm: farther than this a hand is not moved against what it carries
const STEADY = 0.002; // nm: a change of that which is not worth a message

export class Pulls {
  /** Whether atoms can be pulled here: not in a recording, and not by who may only watch. */
  allowed = true;
  /** Stiffness of the spring, kJ/mol/nm². */
  stiffness = 6000;
  /**
   * hand -> {atom, atoms, counter, offset, point, end, lead, pose}; `point` is where the hand is, `end` where it has
   * drawn the spring's end to so far, `offset` from the atom that was taken to the middle of all, `lead` what is added
   * against swinging; `pose` how several atoms lay about their middle, and how far they are to be turned.
   */
  held = new Map();
  /** atom -> where it is kept. */
  pinned = new Map();

  #connection;
  #owner;
  #molecule;
  #timer = null;
  #time = null;

  /** `molecule` has bonds, elements, masses, count and place(atom). */
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

  /**
   * Hold an atom, its `whole` molecule (true), or several atoms (a list with it). `hand` names the hand ("mouse",
   * "hand.left", …); it holds one at a time.
   */
  grab(hand, atom, point, whole = false) {
    if (!this.allowed) return;
    const { atoms, counter } = Array.isArray(whole)
      ? { atoms: [...whole].sort((a, b) => a - b), counter: [] }
      : gripOf(this.#molecule.bonds, atom, whole);
    const offset = this.#middle(atoms).sub(this.#molecule.place(atom));
    this.held.set(hand, {
      atom,
      atoms,
      counter,
      offset,
      point: point.clone(),
      end: this.#time === null ? point.clone() : this.#molecule.place(atom).clone(),
      lead: new THREE.Vector3(),
      pose: null,
      changed: true,
    });
    this.#send();
  }

  /** Turn what a hand holds, where that is several atoms, by a quaternion about their middle, on top of earlier turns. */
  turn(hand, quaternion) {
    const pull = this.held.get(hand);
    if (!pull || pull.atoms.length < 2) return false;
    pull.pose = turned(pull.pose, quaternion, pull.atoms, this.#molecule);
    pull.changed = true;
    this.#sendSoon();
    return true;
  }

  /** The hand has moved. */
  move(hand, point) {
    const pull = this.held.get(hand);
    if (!pull || pull.point.equals(point)) return;
    pull.point.copy(point);
    if (this.#time !== null) return; // the end of the spring follows as the simulation goes on
    pull.end.copy(point);
    pull.changed = true;
    this.#sendSoon();
  }

  /** Let go. */
  release(hand) {
    const pull = this.held.get(hand);
    if (!pull) return;
    this.held.delete(hand);
    this.#connection.update({}, this.#keysOf(hand, pull));
  }

  releaseAll() {
    for (const hand of [...this.held.keys()]) this.release(hand);
  }

  /**
   * Atoms have moved: springs' ends follow their hands, and an atom that has left its molecule is held gently from now
   * on, and nothing against it.
   *
   * @param velocities of all atoms, nm/ps, flat; undefined where the server sends none
   * @param time       simulated, ps; undefined where the server says none
   */
  settle(velocities, time) {
    const passed = this.#time === null || time === undefined ? 0 : time - this.#time;
    this.#time = time ?? null;
    for (const pull of this.held.values()) {
      this.#draw(pull, passed);
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
    return pull ? Math.min(this.#stiffness(pull) * pull.end.distanceTo(place), this.#limit(pull)) : 0;
  }

  isOurs(key) {
    return key.startsWith(`${PREFIX}${this.#owner}.`);
  }

  /** The end of a spring goes after its hand; `passed`: ps. */
  #draw(pull, passed) {
    if (this.#time === null || pull.atom >= this.#molecule.count) return;
    const before = pull.end.clone();
    const place = this.#molecule.place(pull.atom).clone();
    const mass = pull.atoms.reduce((sum, atom) => sum + this.#mass(atom), 0);
    const leash = pull.counter.length ? FARTHEST : REACH;
    follow(pull.end, pull.point, { place, leash, mass, picoseconds: passed });
    if (pull.atoms.length === 1) keepOff(pull.end, pull.atom, this.#molecule);
    if (before.distanceTo(pull.end) < STEADY / 10) return;
    pull.changed = true;
    this.#sendSoon();
  }

  #mass(atom) {
    return this.#molecule.masses?.[atom] ?? 1;
  }

  /** What is carried would swing about the hand for long: the spring's end goes against its motion, as a damper would. */
  #damp(pull, velocities) {
    if (!velocities || velocities.length !== 3 * this.#molecule.count) return;
    const velocity = new THREE.Vector3();
    let mass = 0;
    // All of the molecule that is carried: a bond's vibration is faster than messages, and would be driven by them.
    for (const atom of fragmentOf(this.#molecule.bonds, pull.atom)) {
      const own = this.#mass(atom);
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
      const mass = this.#mass(atom);
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

  #keysOf(hand, pull) {
    const turning = pull.pose ? [...pull.pose.places.keys()] : [];
    return [this.#key(hand), ...turning.map((atom) => this.#key(`${hand}.${atom}`))];
  }

  #send() {
    this.#timer = null;
    const updates = {};
    for (const [hand, pull] of this.held) {
      if (!pull.changed) continue;
      pull.changed = false;
      const middle = pull.end.clone().add(pull.offset).add(pull.lead);
      if (pull.pose) {
        for (const { atom, point, share } of turningSprings(pull.pose, middle, (atom) => this.#mass(atom)))
          updates[this.#key(`${hand}.${atom}`)] = this.#value([atom], point, share * this.stiffness, hand);
      }
      const value = this.#value(pull.atoms, middle, this.#stiffness(pull), hand, this.#limit(pull));
      if (pull.atoms.length === 1) value.damping = DAMPING;
      if (pull.counter.length) value.counter_particles = pull.counter;
      updates[this.#key(hand)] = value;
    }
    if (Object.keys(updates).length) this.#connection.update(updates);
  }

  #value(atoms, point, stiffness, label, limit = MOST) {
    const many = atoms.length > 1;
    const masses = atoms.map((atom) => this.#mass(atom));
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
