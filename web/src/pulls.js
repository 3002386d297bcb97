/** What this page's hands hold: each an `interaction.*` of the shared state, a spring from an atom to a point. */

const PREFIX = "interaction.";
const RATE = 1000 / 30; // ms between two updates of a hand

export class Pulls {
  /** Stiffness of the spring, kJ/mol/nm². */
  stiffness = 6000;
  held = new Map();

  #connection;
  #owner;
  #timer = null;

  constructor(connection, owner) {
    this.#connection = connection;
    this.#owner = owner;
    connection.addEventListener("open", () => this.held.clear());
  }

  get any() {
    return this.held.size > 0;
  }

  /** Hold an atom. `hand` names the hand ("mouse", "hand.left", …); it holds one atom at a time. */
  grab(hand, atom, point) {
    this.held.set(hand, { atom, point: point.clone(), changed: true });
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

  /** The force that the spring asks for, kJ/mol/nm. */
  force(hand, place) {
    const pull = this.held.get(hand);
    return pull ? this.stiffness * pull.point.distanceTo(place) : 0;
  }

  #sendSoon() {
    if (this.#timer === null) this.#timer = setTimeout(() => this.#send(), RATE);
  }

  isOurs(key) {
    return key.startsWith(`${PREFIX}${this.#owner}.`);
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
      updates[this.#key(hand)] = {
        position: pull.point.toArray(),
        particles: [pull.atom],
        interaction_type: "spring",
        // The wire's spring has k = 2 kJ/mol/nm² times scale; without weighting by mass an H is as easy to hold as a C.
        scale: this.stiffness / 2,
        mass_weighted: false,
        reset_velocities: false,
        max_force: 20000,
        "owner.id": this.#owner,
        label: hand,
      };
    }
    if (Object.keys(updates).length) this.#connection.update(updates);
  }
}
