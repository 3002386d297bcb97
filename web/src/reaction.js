/** What molecules there are, as the server names them, and what they have become. No drawing. */

import { fragmentOf, pairsOf } from "./bonds.js";
import { symbol } from "./elements.js";

/** Of some atoms, in Hill's order: C, then H, then the others alphabetically; all alphabetically without C. */
export function formulaOf({ elements }, atoms) {
  const counts = new Map();
  for (const atom of atoms) {
    const name = symbol(elements[atom]);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rank = (name) => (!counts.has("C") ? name : name === "C" ? "0" : name === "H" ? "1" : `2${name}`);
  const names = [...counts.keys()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  return names.map((name) => name + (counts.get(name) > 1 ? counts.get(name) : "")).join("");
}

/** With its digits below the line, and its charge above it. */
export const subscripted = (formula) =>
  formula
    .replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)))
    .replace(
      /([A-Za-z\u2080-\u2089])([+-]+)/g,
      (_, last, signs) => last + signs.replaceAll("+", "⁺").replaceAll("-", "⁻"),
    );

/** All molecules, each as a sorted array of atoms, in the order of their first atoms. */
function fragmentsOf(bonds, count) {
  const seen = new Set();
  const found = [];
  for (let atom = 0; atom < count; atom++) {
    if (seen.has(atom)) continue;
    const fragment = [...fragmentOf(bonds, atom)].filter((other) => other < count).sort((a, b) => a - b);
    for (const other of fragment) seen.add(other);
    found.push(fragment);
  }
  return found;
}

/**
 * The molecules and what they are called: by the server or, where it names none, by their formulas.
 *
 * @param molecule has elements, bonds and names (of all molecules, or null)
 * @returns {atoms, name} of each, in the order of their first atoms
 */
export function moleculesOf(molecule) {
  const { elements, bonds, names } = molecule;
  const parts = fragmentsOf(bonds, elements.length);
  const named = names?.length === parts.length;
  return parts.map((atoms, k) => ({ atoms, name: named ? names[k] : formulaOf(molecule, atoms) }));
}

export class Reaction {
  #before = null;

  /** What is there now is what reactions are told from. */
  begin(molecule) {
    this.#before = keyed(molecule);
  }

  /** "CH₄ + CN → CH₃ + HCN", of those molecules that are not what they were; empty where nothing has reacted. */
  text(molecule) {
    if (!this.#before) return "";
    const [before, after] = [this.#before, keyed(molecule)];
    const kept = new Set(before.map(({ key }) => key).filter((key) => after.some((one) => one.key === key)));
    const written = (side) =>
      side
        .filter(({ key }) => !kept.has(key))
        .map(({ name }) => subscripted(name))
        .join(" + ");
    const [from, to] = [written(before), written(after)];
    return from && from !== to ? `${from} → ${to}` : "";
  }
}

/** Of each molecule its name, and what tells it from others: its atoms and the bonds among them. */
const keyed = (molecule) =>
  moleculesOf(molecule).map(({ atoms, name }) => ({ name, key: `${atoms}: ${within(atoms, molecule.bonds)}` }));

/** The bonds among some atoms, in an order that does not depend on the list's. */
const within = (atoms, bonds) =>
  [...pairsOf(bonds)].filter((pair) => atoms.includes(Number(pair.split("-")[0]))).sort();
