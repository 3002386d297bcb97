/** What molecules there are, by their formulas, and what they have become. No drawing. */

import { fragmentOf } from "./bonds.js";
import { symbol } from "./elements.js";

const USUAL = { CHN: "HCN", HO: "OH", HN: "NH", H2N: "NH2", H3N: "NH3" };

/** The formula of some atoms: carbon and hydrogen first, then by the alphabet; small ones as everybody writes them. */
export function formulaOf(elements, atoms) {
  const counts = new Map();
  for (const atom of atoms) {
    const name = symbol(elements[atom]);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rank = (name) => (name === "C" ? "0" : name === "H" ? "1" : `2${name}`);
  const names = [...counts.keys()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  const text = names.map((name) => name + (counts.get(name) > 1 ? counts.get(name) : "")).join("");
  return USUAL[text] ?? text;
}

/** With its digits below the line. */
export const subscripted = (formula) => formula.replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));

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

export class Reaction {
  #before = null;

  /** What is there now is what reactions are told from. */
  begin(bonds, elements) {
    this.#before = fragmentsOf(bonds, elements.length);
  }

  /** "CH₄ + CN → CH₃ + HCN", of those molecules that are not what they were; empty where nothing has reacted. */
  text(bonds, elements) {
    if (!this.#before) return "";
    const after = fragmentsOf(bonds, elements.length);
    const same = new Set(this.#before.map(String));
    const kept = new Set(after.map(String).filter((key) => same.has(key)));
    const side = (fragments) =>
      fragments
        .filter((atoms) => !kept.has(String(atoms)))
        .map((atoms) => subscripted(formulaOf(elements, atoms)))
        .join(" + ");
    const [from, to] = [side(this.#before), side(after)];
    return from && from !== to ? `${from} → ${to}` : "";
  }
}
