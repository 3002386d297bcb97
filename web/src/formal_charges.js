/** Formal charges from who is bonded to whom: the rules of core/systems/valences.py, whose cases test both. No drawing. */

const [LITHIUM, BORON, CARBON, NITROGEN, OXYGEN, SODIUM, PHOSPHORUS, SULFUR, SELENIUM] = [
  3, 5, 6, 7, 8, 11, 15, 16, 34,
];
const VALENCES = {
  1: [1], 3: [1], 5: [3], 6: [4], 7: [3], 8: [2], 9: [1], 11: [1], 12: [2], 13: [3], 14: [4], 15: [3, 5], 16: [2, 4, 6],
  17: [1], 19: [1], 20: [2], 32: [4], 33: [3, 5], 34: [2, 4, 6], 35: [1], 37: [1], 53: [1],
}; // prettier-ignore
const TAKES = [9, 8, 17, 7, 35, 53, 16, 34, 6, 1, 15, 14, 5]; // in falling electronegativity
const METALS = new Set([LITHIUM, SODIUM, 19, 37, 12, 20]); // they give their electrons

/**
 * @param elements atomic numbers
 * @param bonds    pairs of atoms, flat
 * @param charge   of the whole, e
 * @returns of each atom, e; they may not add up to `charge` where nothing can take it
 */
export function formalCharges(elements, bonds, charge) {
  const drawn = new Drawing(elements, bonds);
  drawn.fillMultipleBonds();
  drawn.separateCharges();
  drawn.spread(charge);
  return drawn.charges;
}

class Drawing {
  constructor(elements, bonds) {
    this.elements = elements;
    this.around = Array.from(elements, () => []);
    this.orders = new Map();
    for (let k = 0; k + 1 < bonds.length; k += 2) {
      const [a, b] = [bonds[k], bonds[k + 1]];
      if (Math.max(a, b) >= elements.length) continue;
      this.around[a].push(b);
      this.around[b].push(a);
      this.orders.set(pair(a, b), 1);
    }
    this.charges = Array.from(elements, () => 0);
    this.free = Array.from(elements, (element, atom) => {
      const degree = this.around[atom].length;
      const known = VALENCES[element] ?? [degree];
      if (degree === known.at(-1) + 1) {
        if (element === NITROGEN || element === OXYGEN) this.charges[atom] = 1;
        if (element === BORON || element === PHOSPHORUS) this.charges[atom] = -1;
      }
      return Math.max((known.find((valence) => valence >= degree) ?? 0) - degree, 0);
    });
  }

  /** Pair unpaired electrons of bonded atoms, those first that have the fewest partners to choose among. */
  fillMultipleBonds() {
    for (;;) {
      const partners = new Map();
      this.free.forEach((free, atom) => {
        if (!free) return;
        const others = this.around[atom].filter((other) => this.free[other] && this.orders.get(pair(atom, other)) < 3);
        partners.set(atom, others);
      });
      const fewest = (atoms) =>
        atoms.reduce((best, atom) => {
          const fewer = partners.get(atom).length - partners.get(best).length;
          return fewer < 0 || (fewer === 0 && atom < best) ? atom : best;
        });
      const open = [...partners.keys()].filter((atom) => partners.get(atom).length);
      if (!open.length) return;
      const atom = fewest(open);
      const other = fewest(partners.get(atom));
      this.#raise(atom, other, 1);
      this.free[atom] -= 1;
      this.free[other] -= 1;
    }
  }

  /** Nitro groups, ozone, azides, sulfones, carbon monoxide and isocyanides: no radicals, whatever valences say. */
  separateCharges() {
    const { elements, free, charges } = this;
    this.around.forEach((around, middle) => {
      const element = elements[middle];
      const ends = around.filter((atom) => free[atom] && [NITROGEN, OXYGEN, SULFUR].includes(elements[atom]));
      if (ends.length >= 2 && !free[middle]) {
        const [first, second] = ends;
        const doubly = [PHOSPHORUS, SULFUR, SELENIUM].includes(element);
        const charged = [NITROGEN, OXYGEN].includes(element) && !charges[middle];
        if (doubly || charged) {
          this.#raise(middle, first, 1);
          free[first] -= 1;
          free[second] -= 1;
        }
        if (doubly) this.#raise(middle, second, 1);
        else if (charged) [charges[middle], charges[second]] = [1, -1];
      }
      if (around.length !== 1) return;
      const [other] = around;
      const bond = pair(middle, other);
      if (element === NITROGEN && free[middle] === 2) {
        if (elements[other] === NITROGEN && !charges[other] && this.#multiple(other)) {
          this.orders.set(bond, 2);
          [free[middle], charges[middle], charges[other]] = [0, -1, 1];
        }
      }
      if (element === CARBON && free[middle] === 2) {
        const right = [NITROGEN, OXYGEN].includes(elements[other]);
        if (right && this.orders.get(bond) === 2 && !charges[other]) {
          this.orders.set(bond, 3);
          [free[middle], charges[middle], charges[other]] = [0, -1, 1];
        }
      }
    });
  }

  /** Give what is left of the charge of the whole to atoms with unpaired electrons. */
  spread(charge) {
    const { elements, free, charges } = this;
    elements.forEach((element, metal) => {
      if (!METALS.has(element)) return;
      const others = [...free.keys()].filter((atom) => free[atom] && !METALS.has(elements[atom]));
      for (const other of others.slice(0, free[metal])) {
        charges[metal] += 1;
        charges[other] -= 1;
        free[metal] -= 1;
        free[other] -= 1;
      }
    });
    const rank = (atom) => (TAKES.includes(elements[atom]) ? TAKES.indexOf(elements[atom]) : TAKES.length);
    let left = charge - charges.reduce((sum, one) => sum + one, 0);
    while (left) {
      const ranked = [...free.keys()].filter((atom) => free[atom]).sort((a, b) => rank(a) - rank(b));
      if (!ranked.length) return;
      const [atom, sign] = left < 0 ? [ranked[0], -1] : [ranked.at(-1), 1];
      charges[atom] += sign;
      free[atom] -= 1;
      left -= sign;
    }
  }

  #raise(a, b, by) {
    this.orders.set(pair(a, b), this.orders.get(pair(a, b)) + by);
  }

  #multiple(atom) {
    return this.around[atom].some((other) => this.orders.get(pair(atom, other)) > 1);
  }
}

const pair = (a, b) => (a < b ? `${a}-${b}` : `${b}-${a}`);
