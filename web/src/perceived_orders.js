/** Orders of bonds from their lengths, where the engine gives none. No drawing. */

import { partnersOf } from "./bonds.js";
import { valenceOf } from "./valences.js";

// angstrom, of single bonds between two elements by their atomic numbers, the lower first
const SINGLE = {
  "6-6": 1.54, "6-7": 1.47, "6-8": 1.43, "6-16": 1.82, "7-7": 1.45, "7-8": 1.4, "8-8": 1.48, "8-15": 1.63, "8-16": 1.6,
}; // prettier-ignore
// angstrom, by which a bond of ten times the order is shorter: D(n) = D(1) - 0.71 log n; L. Pauling, The Nature of the
// Chemical Bond, 3rd ed. (1960), chapter 7.
const SHORTER = 0.71;
const MEMORY = 1 / 16; // of a length in the mean over time: bonds vibrate

export class PerceivedOrders {
  #lengths = new Map();

  /** Another molecule. */
  clear() {
    this.#lengths.clear();
  }

  /**
   * @param molecule has elements and place(atom) in nm
   * @param bonds    pairs of atoms, flat
   * @returns one order for each bond, at least 1; no atom gets more bonds than it has valences
   */
  update(molecule, bonds) {
    const count = Math.floor(bonds.length / 2);
    const spare = new Map();
    const spareOf = (atom) => {
      if (!spare.has(atom)) spare.set(atom, valenceOf(molecule.elements[atom]) - partnersOf(bonds, atom).length);
      return spare.get(atom);
    };
    const known = this.#lengths;
    this.#lengths = new Map();
    return Array.from({ length: count }, (_, k) => {
      const [a, b] = [bonds[2 * k], bonds[2 * k + 1]];
      const elements = [molecule.elements[a], molecule.elements[b]].sort((one, other) => one - other);
      const single = SINGLE[elements.join("-")];
      const room = single === undefined ? 0 : Math.min(spareOf(a), spareOf(b), 2);
      if (room <= 0) return 1;
      const length = 10 * molecule.place(a).clone().distanceTo(molecule.place(b));
      const before = known.get(`${a}-${b}`) ?? length;
      const mean = before + MEMORY * (length - before);
      this.#lengths.set(`${a}-${b}`, mean);
      return Math.max(1, Math.min(10 ** ((single - mean) / SHORTER), 1 + room));
    });
  }
}
