/** How many bonds atoms usually have, and what is missing. No drawing. */

const VALENCES = { 1: 1, 5: 3, 6: 4, 7: 3, 8: 2, 9: 1, 14: 4, 15: 3, 16: 2, 17: 1, 35: 1, 53: 1 };
const ORDERS = { partial: 0.5, single: 1, aromatic: 1.5, double: 2, triple: 3 };

/** Of an element, 0 where it is not known. */
export const valenceOf = (number) => VALENCES[number] ?? 0;

/**
 * How many bonds each atom lacks: at least one is a free valence, as of a radical.
 *
 * @param elements atomic numbers
 * @param bonds    pairs of atoms, flat
 * @param styles   of each bond, see bond_styles.js
 * @returns a number for each atom; not positive where nothing is missing, or nothing known
 */
export function missingBonds(elements, bonds, styles) {
  const missing = Array.from(elements, valenceOf);
  styles.forEach((style, k) => {
    for (const atom of [bonds[2 * k], bonds[2 * k + 1]]) missing[atom] -= ORDERS[style];
  });
  return missing;
}
