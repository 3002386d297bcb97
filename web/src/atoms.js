/** What atoms are called: as in the command line's lists and in plots (core/systems/fragments.py has the rules). */

import { symbol } from "./elements.js";

/**
 * A name for each atom: "H4" in the largest molecule, "CN:C" in the others.
 *
 * @param frame with particle.names, particle.residues and residue.names; a server that sends none of them has its
 *              atoms called by element and index, "H[4]"
 */
export function atomLabels(frame) {
  const names = frame["particle.names"];
  const residues = frame["particle.residues"];
  const formulas = frame["residue.names"];
  if (!names || !residues || !formulas) {
    return Array.from(frame["particle.elements"] ?? [], (number, atom) => `${symbol(number)}[${atom}]`);
  }
  const sizes = formulas.map(() => 0);
  for (const residue of residues) sizes[residue]++;
  const largest = sizes.indexOf(Math.max(...sizes));
  return names.map((name, atom) => (residues[atom] === largest ? name : `${formulas[residues[atom]]}:${name}`));
}
