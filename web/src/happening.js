/** Which distances tell what happens: of an atom from where it was bonded, and to where it goes. No drawing. */

import { fragmentOf, partnersOf } from "./bonds.js";

const NEARER = 0.03; // nm: by so much another atom has to be nearer before it is the one that is followed

export class Happening {
  /** The atom that moves from one to another, what it was bonded to, and what it goes to; null for none. */
  atom = null;
  from = null;
  to = null;

  /** Nothing happens. */
  clear() {
    this.atom = this.from = this.to = null;
  }

  /** An atom was taken by a hand. `molecule` has bonds, elements, count and place(atom). */
  take(atom, molecule) {
    this.atom = atom;
    this.from = partnersOf(molecule.bonds, atom)[0] ?? null;
    this.to = nearestStranger(atom, this.from, molecule, null);
  }

  /** Bonds have changed for good, whoever did it: {broke, formed} as "low-high". */
  changed({ broke, formed }, molecule) {
    const [lost, made] = [broke, formed].map((pairs) => pairs.map((pair) => pair.split("-").map(Number)));
    // An atom that left one and is bonded to another now is what the reaction was about.
    for (const left of lost) {
      for (const bound of made) {
        const atom = left.find((one) => bound.includes(one));
        if (atom === undefined) continue;
        [this.atom, this.from, this.to] = [atom, otherOf(left, atom), otherOf(bound, atom)];
        return;
      }
    }
    const bound = made.find((pair) => pair.includes(this.atom));
    if (bound) return void (this.to = otherOf(bound, this.atom));
    if (lost.length) {
      const [left] = lost;
      const atom = left.includes(this.atom) ? this.atom : lighter(left, molecule);
      [this.atom, this.from] = [atom, otherOf(left, atom)];
      this.to = nearestStranger(atom, this.from, molecule, this.to);
    } else if (made.length && this.atom === null) {
      this.atom = lighter(made[0], molecule);
      this.to = otherOf(made[0], this.atom);
    }
  }

  /** Atoms have moved: what the atom goes to may be another one. */
  update(molecule) {
    if ([this.atom, this.from, this.to].some((atom) => atom !== null && atom >= molecule.count)) this.clear();
    if (this.atom === null) return;
    const partners = partnersOf(molecule.bonds, this.atom).filter((partner) => partner !== this.from);
    const single = partnersOf(molecule.bonds, this.atom).length <= 1;
    if (single && partners.length) this.to = partners[0];
    else if (single) this.to = nearestStranger(this.atom, this.from, molecule, this.to);
  }

  /** The pairs of atoms whose distances are to be shown: from where, and to where. */
  get pairs() {
    if (this.atom === null) return [];
    return [this.from, this.to].filter((other) => other !== null).map((other) => [other, this.atom]);
  }
}

const otherOf = (pair, atom) => (pair[0] === atom ? pair[1] : pair[0]);

/** Of two atoms the one that moves: the lighter. */
const lighter = ([a, b], { elements }) => (elements[a] < elements[b] ? a : b);

/** The nearest atom of another molecule than the one that `atom` was in; the one `before` until one is clearly nearer. */
function nearestStranger(atom, from, molecule, before) {
  const own = fragmentOf(molecule.bonds, atom);
  if (from !== null) for (const other of fragmentOf(molecule.bonds, from)) own.add(other);
  const here = molecule.place(atom).clone();
  let best = null;
  for (let other = 0; other < molecule.count; other++) {
    if (own.has(other)) continue;
    const far = molecule.place(other).distanceTo(here) - (other === before ? NEARER : 0);
    if (!best || far < best.far) best = { other, far };
  }
  return best?.other ?? null;
}
