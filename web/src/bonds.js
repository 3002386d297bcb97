/** Bonds as a flat list of atom pairs, as the wire has them: who is bonded to whom, what broke and what formed. */

const STEADY = 300; // ms that a change of bonds has to last before it is reported

/** The bonds as a set of "low-high". */
export function pairsOf(bonds) {
  const pairs = new Set();
  for (let k = 0; bonds && k + 1 < bonds.length; k += 2) {
    pairs.add(`${Math.min(bonds[k], bonds[k + 1])}-${Math.max(bonds[k], bonds[k + 1])}`);
  }
  return pairs;
}

/** The atoms that one atom is bonded to. */
export function partnersOf(bonds, atom) {
  const found = [];
  for (let k = 0; k + 1 < bonds.length; k += 2) {
    if (bonds[k] === atom) found.push(bonds[k + 1]);
    if (bonds[k + 1] === atom) found.push(bonds[k]);
  }
  return found;
}

/** The set of atoms that are bonded to one atom, directly or through others, and itself. */
export function fragmentOf(bonds, atom) {
  const found = new Set([atom]);
  const open = [atom];
  while (open.length) {
    for (const next of partnersOf(bonds, open.pop())) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(next);
    }
  }
  return found;
}

/** Reports a change of bonds once it has lasted: they are perceived from distances, and some only flicker. */
export class BondChanges {
  #known = null;
  #candidate = null;

  /** Whether there are bonds that have lasted. */
  get known() {
    return this.#known !== null;
  }

  /** Another molecule, or another beginning: what is there next is no change. */
  clear() {
    this.#known = this.#candidate = null;
  }

  /**
   * @param bonds the present list; a list that has not changed is the same object
   * @param now   ms
   * @returns the pairs that broke and that formed, as arrays of "low-high"; mostly empty
   */
  update(bonds, now) {
    const nothing = { broke: [], formed: [] };
    if (this.#candidate?.bonds !== bonds) this.#candidate = { bonds, since: now };
    if (now - this.#candidate.since < STEADY || this.#known === bonds) return nothing;
    const first = this.#known === null;
    const [before, after] = [pairsOf(this.#known), pairsOf(bonds)];
    this.#known = bonds;
    if (first) return nothing;
    return {
      broke: [...before].filter((pair) => !after.has(pair)),
      formed: [...after].filter((pair) => !before.has(pair)),
    };
  }
}
