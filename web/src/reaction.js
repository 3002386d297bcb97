/** What molecules there are, by their formulas, and what they have become. No drawing. */

import { fragmentOf, pairsOf, partnersOf } from "./bonds.js";
import { symbol } from "./elements.js";
import { formalCharges } from "./formal_charges.js";

// As in core/systems/fragments.py: formula in Hill's order, and what a small molecule is called.
const USUAL = {
  HO: "OH", HN: "NH", H2N: "NH2", H3N: "NH3", H4N: "NH4", FH: "HF", ClH: "HCl", BrH: "HBr", HS: "SH", H3P: "PH3",
  H4Si: "SiH4", H3Si: "SiH3", ClNa: "NaCl", ClHO: "HOCl", CHO: "HCO", O2S: "SO2",
}; // prettier-ignore

/** Of some atoms, in Hill's order; small ones as everybody writes them, "HCN" or "HNC" as the bonds tell. */
export function formulaOf({ elements, bonds }, atoms) {
  const counts = new Map();
  for (const atom of atoms) {
    const name = symbol(elements[atom]);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rank = (name) => (!counts.has("C") ? name : name === "C" ? "0" : name === "H" ? "1" : `2${name}`);
  const names = [...counts.keys()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  const text = names.map((name) => name + (counts.get(name) > 1 ? counts.get(name) : "")).join("");
  if (text === "CHN") {
    const partners = partnersOf(
      bonds,
      [...atoms].find((atom) => elements[atom] === 1),
    );
    if (partners.length === 1) return elements[partners[0]] === 6 ? "HCN" : "HNC";
  }
  return USUAL[text] ?? text;
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
 * What the molecules are called, ions with their sign. Of several none has a sign where formal charges do not add up.
 *
 * @param molecule has elements, bonds and charge, of the whole in e (0 where nobody says)
 * @returns {atoms, name} of each, in the order of their first atoms
 */
export function speciesOf(molecule) {
  const { elements, bonds, charge = 0 } = molecule;
  const parts = fragmentsOf(bonds, elements.length);
  const charges = formalCharges(elements, bonds, charge);
  const signed = charges.reduce((sum, one) => sum + one, 0) === charge;
  const chargeOf = (atoms) => (signed ? atoms.reduce((sum, atom) => sum + charges[atom], 0) : 0);
  return parts.map((atoms) => {
    const own = parts.length === 1 ? charge : chargeOf(atoms);
    return { atoms, name: formulaOf(molecule, atoms) + (own > 0 ? "+" : "-").repeat(Math.abs(own)) };
  });
}

export class Reaction {
  #before = null;

  /** What is there now is what reactions are told from. */
  begin({ elements, bonds }) {
    this.#before = { elements, bonds };
  }

  /** "CH₄ + CN → CH₃ + HCN", of those molecules that are not what they were; empty where nothing has reacted. */
  text(molecule) {
    if (!this.#before) return "";
    // The charge may be told later than the first bonds, so both sides are named by what is known now.
    const [before, after] = [{ ...this.#before, charge: molecule.charge }, molecule].map((side) =>
      speciesOf(side).map(({ atoms, name }) => ({ name, key: `${atoms}: ${within(atoms, side.bonds)}` })),
    );
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

/** The bonds among some atoms, in an order that does not depend on the list's. */
const within = (atoms, bonds) =>
  [...pairsOf(bonds)].filter((pair) => atoms.includes(Number(pair.split("-")[0]))).sort();
