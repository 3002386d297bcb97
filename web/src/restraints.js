/** Distances between two atoms that are kept as they are: each an `interaction.*` of the shared state. */

const STIFFNESS = 100_000; // kJ/mol/nm²: a third of a C-H bond's
const MOST = 20_000; // kJ/mol/nm

export class Restraints {
  #connection;
  #owner;
  #molecule;
  #allowed;
  #held = new Map();

  /** `molecule` has place(atom); `allowed()`: whether atoms can be pulled here. */
  constructor(connection, owner, molecule, allowed) {
    this.#allowed = allowed;
    this.#connection = connection;
    this.#owner = owner;
    this.#molecule = molecule;
    connection.addEventListener("open", () => this.#held.clear());
  }

  has(atoms) {
    return this.#held.has(String(atoms));
  }

  /** Keep the distance of two atoms at `length` nm, or no longer; returns whether it is kept now. */
  toggle([first, second], length) {
    const name = `${first},${second}`;
    const key = `interaction.${this.#owner}.distance.${first}.${second}`;
    if (this.#held.delete(name)) {
      this.#connection.update({}, [key]);
      return false;
    }
    if (!this.#allowed()) return false;
    this.#held.set(name, [first, second]);
    this.#connection.update({
      [key]: {
        position: this.#molecule.place(second).toArray(), // for clients that draw a hand there
        particles: [first],
        counter_particles: [second],
        interaction_type: "distance",
        length,
        scale: STIFFNESS / 2,
        mass_weighted: false,
        reset_velocities: false,
        max_force: MOST,
        "owner.id": this.#owner,
        label: `distance ${first}-${second}`,
      },
    });
    return true;
  }

  /** No distance is kept any more, as where the molecule is another one. */
  clear() {
    for (const atoms of [...this.#held.values()]) this.toggle(atoms, 0);
  }
}
