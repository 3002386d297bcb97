/** What a newcomer might do next, from what has happened: a sentence, and the atoms that it speaks of. No drawing. */

import { fragmentOf, partnersOf } from "./bonds.js";
import { elementName } from "./elements.js";
import { Reaction, moleculesOf, subscripted } from "./reaction.js";
import { valenceOf } from "./valences.js";

const UNPAIRED = 0.3; // of an electron: an atom that has more of one is where a radical reacts
const STAYS = 20_000; // ms that a reaction is told
const NEARER = 0.05; // nm: by so much another hydrogen has to be nearer before it is suggested instead

export class Guide {
  /** The atom that another is to be brought to, or null. */
  target = null;
  /** The atom that a newcomer might take, or null. */
  suggested = null;
  /** The last reaction, e.g. "CH₄ + CN → CH₃ + HCN"; empty for none. */
  reaction = "";

  #told = new Reaction();
  #known = []; // the molecules since bonds last changed
  #taken = null;
  #reacted = -Infinity;
  #succeeded = false;
  #hydrogen = null;

  /** A start from the beginning, or another molecule. */
  begin(molecule) {
    this.#told.begin(molecule);
    this.undone(molecule);
  }

  /** The simulation went back: what was taken and what has reacted is no longer, and the next pull is the first again. */
  undone(molecule) {
    this.#known = moleculesOf(molecule);
    this.#taken = null;
    this.#succeeded = false;
    this.#hydrogen = null;
    this.reaction = "";
    this.#reacted = -Infinity;
  }

  /** Bonds have changed for good. `held`: the atoms that this page's hands hold; `now` in ms. */
  changed({ broke, formed }, molecule, held, now) {
    const ours = (pair) =>
      pair
        .split("-")
        .map(Number)
        .find((atom) => held.includes(atom));
    for (const pair of broke) {
      const atom = ours(pair);
      if (atom === undefined) continue;
      const from = pair
        .split("-")
        .map(Number)
        .find((other) => other !== atom);
      this.#taken = { atom, off: nameIn(this.#known, atom), rest: fragmentOf(molecule.bonds, from) };
    }
    if (!broke.length && !formed.length) return;
    this.#known = moleculesOf(molecule);
    this.reaction = this.#told.text(molecule);
    this.#succeeded = this.reaction !== "";
    this.#reacted = now;
    if (this.#taken && partnersOf(molecule.bonds, this.#taken.atom).length) this.#taken = null;
  }

  /**
   * Choose what to point at, and say a sentence.
   *
   * @param molecule has bonds, elements, count, spins (or null), missing (how many bonds each atom lacks) and place(atom)
   * @param held     [{atom, counter}] of this page's hands
   * @param touch    whether the visitor has a finger, no mouse
   * @param pulledOnce whether an atom was ever held here
   * @param now      ms
   */
  update(molecule, held, touch, pulledOnce, now) {
    const taken = this.#taken && this.#taken.atom < molecule.count ? this.#taken : null;
    const own = held[0]?.atom ?? taken?.atom ?? null;
    this.target = this.suggested = null;
    const free = taken !== null && !partnersOf(molecule.bonds, taken.atom).length;
    if (!this.#succeeded || own !== null) this.target = this.#wanting(molecule, own, taken);
    if (!this.#succeeded && !held.length && this.target !== null) {
      this.#hydrogen = this.suggested = nearestHydrogen(molecule, this.target, this.#hydrogen);
    }
    if (free && !held.length) this.suggested = taken.atom;
    const wanting = this.target === null ? "" : nameIn(moleculesOf(molecule), this.target);
    if (free) return this.#sayTaken(molecule, taken, wanting, held.length > 0);
    if (held.length) {
      if (this.reaction && now - this.#reacted < STAYS) return `${this.reaction}. Let go, and see what they do.`;
      const where = this.target === null ? "" : ` Bring it to the marked atom: ${wanting} wants one.`;
      if (held[0].counter.length) return `Pull farther for more force: the bond breaks when it is enough.${where}`;
      return where ? `It comes along.${where}` : "It comes along. Let go where you want it.";
    }
    if (this.reaction && now - this.#reacted < STAYS)
      return `${this.reaction}. ${touch ? "Undo goes" : "Z goes"} back, Reset starts again.`;
    if (pulledOnce) {
      if (this.suggested === null) return "";
      return `Nothing has broken yet: ${touch ? "touch" : "take"} the marked hydrogen and drag it to ${wanting}, slowly.`;
    }
    const look = touch ? "Drag beside it to look around." : "Drag beside it to look around, scroll to zoom.";
    const drag = touch ? "Touch an atom and drag it" : "Drag an atom";
    if (this.suggested === null) return `${drag}: it comes along on a spring. ${look}`;
    return `${drag}: ${wanting} wants a hydrogen, say the marked one. ${look}`;
  }

  #sayTaken(molecule, taken, wanting, holding) {
    const what = elementName(molecule.elements[taken.atom]);
    const first = `You took ${/^[aeiou]/.test(what) ? "an" : "a"} ${what} off ${taken.off}.`;
    if (!wanting) return `${first} Bring it where it may bind, or undo.`;
    return `${first} ${wanting} wants one: ${holding ? "bring it near the marked atom" : "take it there"}.`;
  }

  /** The atom that wants a bond most: where an unpaired electron is or, if nobody says, where most bonds are missing. */
  #wanting(molecule, own, taken) {
    const mine = own === null ? new Set() : fragmentOf(molecule.bonds, own);
    const largest = own === null ? largestFragment(molecule) : new Set();
    let best = null;
    const lacking = molecule.spins ? null : molecule.missing;
    for (let atom = 0; atom < molecule.count; atom++) {
      if (mine.has(atom) || largest.has(atom) || taken?.rest.has(atom)) continue;
      const missing = lacking?.[atom] ?? valenceOf(molecule.elements[atom]) - partnersOf(molecule.bonds, atom).length;
      const wants = molecule.spins ? Math.abs(molecule.spins[atom]) - UNPAIRED : missing;
      if (wants > 0 && (!best || wants > best.wants)) best = { atom, wants };
    }
    return best?.atom ?? null;
  }
}

/** What the molecule is called that an atom is in. */
const nameIn = (molecules, atom) => subscripted(molecules.find(({ atoms }) => atoms.includes(atom)).name);

function largestFragment(molecule) {
  let largest = new Set();
  const seen = new Set();
  for (let atom = 0; atom < molecule.count; atom++) {
    if (seen.has(atom)) continue;
    const fragment = fragmentOf(molecule.bonds, atom);
    for (const other of fragment) seen.add(other);
    if (fragment.size > largest.size) largest = fragment;
  }
  return largest;
}

/** The hydrogen that is nearest to an atom; the one chosen `before` as long as no other is clearly nearer. */
function nearestHydrogen(molecule, target, before) {
  const own = fragmentOf(molecule.bonds, target);
  const here = molecule.place(target).clone();
  let best = null;
  for (let atom = 0; atom < molecule.count; atom++) {
    if (molecule.elements[atom] !== 1 || own.has(atom)) continue;
    const far = molecule.place(atom).distanceTo(here) - (atom === before ? NEARER : 0);
    if (!best || far < best.far) best = { atom, far };
  }
  return best?.atom ?? null;
}
