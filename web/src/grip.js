/** What a press takes hold of: an atom, or its whole molecule; and what is held against the pull. No drawing. */

import { fragmentOf, partnersOf } from "./bonds.js";

const LET_GO = 0.22; // nm: so far from all others an atom has surely left them

/**
 * An atom at the end of a molecule is to come off: what is next to it gets the opposite force, or else the molecule
 * would come along, or a chain break elsewhere. An atom in the midst of one, or of a pair, moves what it belongs to.
 *
 * @returns {atoms, counter}: indices of what is held and of what is held against it
 */
export function gripOf(bonds, atom, whole = false) {
  const fragment = fragmentOf(bonds, atom);
  if (whole) return { atoms: [...fragment].sort((a, b) => a - b), counter: [] };
  const partners = partnersOf(bonds, atom);
  if (partners.length !== 1 || fragment.size < 3) return { atoms: [atom], counter: [] };
  const near = new Set([partners[0], ...partnersOf(bonds, partners[0])]);
  near.delete(atom);
  return { atoms: [atom], counter: [...near].sort((a, b) => a - b) };
}

/** Whether an atom has left those that are held against its pull. `place(atom)` is a THREE.Vector3 in nm. */
export function hasLeft(bonds, atom, counter, place) {
  const partners = new Set(partnersOf(bonds, atom));
  const here = place(atom);
  return counter.every((other) => !partners.has(other) && place(other).distanceTo(here) > LET_GO);
}
