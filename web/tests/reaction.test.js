import assert from "node:assert/strict";
import { test } from "node:test";
import { Vector3 } from "three";
import { colour, elementName, symbol } from "../src/elements.js";
import { Guide } from "../src/guide.js";
import { Reaction, formulaOf, moleculesOf, subscripted } from "../src/reaction.js";

// CH4 + CN: atom 0 is the carbon, 1 to 4 its hydrogens, 5 and 6 are C and N.
const ELEMENTS = new Uint8Array([6, 1, 1, 1, 1, 6, 7]);
const START = new Uint32Array([0, 1, 0, 2, 0, 3, 0, 4, 5, 6]);
const APART = new Uint32Array([0, 2, 0, 3, 0, 4, 5, 6]);
const PRODUCTS = new Uint32Array([0, 2, 0, 3, 0, 4, 5, 6, 1, 5]);
const TURNED = new Uint32Array([0, 2, 0, 3, 0, 4, 5, 6, 1, 6]);
// As a server names them.
const NAMES = new Map([
  [START, ["CH4", "CN"]],
  [APART, ["CH3", "H", "CN"]],
  [PRODUCTS, ["CH3", "HCN"]],
  [TURNED, ["CH3", "HNC"]],
]);
const molecule = (bonds, spins = null) => ({
  elements: ELEMENTS,
  bonds,
  names: NAMES.get(bonds) ?? null,
  spins,
  count: 7,
  place: (atom) => new Vector3(0.1 * atom, 0, 0),
});

test("all 118 elements have a symbol, and the common ones a colour of their own", () => {
  assert.deepEqual([1, 3, 18, 54, 86, 118].map(symbol), ["H", "Li", "Ar", "Xe", "Rn", "Og"]);
  assert.equal(symbol(119), "(119)");
  assert.equal(elementName(1), "hydrogen");
  assert.notEqual(colour(6), colour(3));
});

test("formulas are in Hill's order", () => {
  const formula = (...elements) => formulaOf({ elements }, [...elements.keys()]);
  assert.equal(formula(6, 1, 1, 1, 1), "CH4");
  assert.equal(formula(1, 6, 7), "CHN");
  assert.equal(formula(8, 1), "HO");
  assert.equal(formula(17, 1), "ClH");
  assert.equal(formula(1, 8, 1), "H2O");
  assert.equal(formula(35, 6, 1, 1, 1), "CH3Br");
});

test("a reaction is named by the molecules that are not what they were", () => {
  const reaction = new Reaction();
  assert.equal(reaction.text(molecule(START)), "");
  reaction.begin(molecule(START));
  assert.equal(reaction.text(molecule(START)), "");
  assert.equal(reaction.text(molecule(APART)), "CH₄ → CH₃ + H");
  assert.equal(reaction.text(molecule(PRODUCTS)), "CH₄ + CN → CH₃ + HCN");
  assert.equal(reaction.text(molecule(TURNED)), "CH₄ + CN → CH₃ + HNC");
  reaction.begin(molecule(PRODUCTS));
  assert.equal(reaction.text(molecule(TURNED)), "HCN → HNC");
});

test("ions keep the sign that the server gives them", () => {
  const elements = new Uint8Array([6, 1, 1, 1, 9, 17]); // CH3F + Cl-
  const [before, after] = [4, 5].map((halogen) => new Uint32Array([0, 1, 0, 2, 0, 3, 0, halogen]));
  const reaction = new Reaction();
  reaction.begin({ elements, bonds: before, names: ["CH3F", "Cl-"] });
  assert.equal(reaction.text({ elements, bonds: after, names: ["CH3Cl", "F-"] }), "CH₃F + Cl⁻ → CH₃Cl + F⁻");
  assert.equal(subscripted("Ca++ + C5H12"), "Ca⁺⁺ + C₅H₁₂");
});

test("where no server names them, molecules are called by their formulas", () => {
  const named = (names) => moleculesOf({ ...molecule(PRODUCTS), names }).map(({ name }) => name);
  assert.deepEqual(named(["CH3", "HCN"]), ["CH3", "HCN"]);
  assert.deepEqual(named(null), ["CH3", "CHN"]);
  assert.deepEqual(named(["CH4", "CN", "too many"]), ["CH3", "CHN"]); // of other bonds than these
  const reaction = new Reaction();
  reaction.begin({ ...molecule(START), names: null });
  assert.equal(reaction.text({ ...molecule(PRODUCTS), names: null }), "CH₄ + CN → CH₃ + CHN");
});

test("a newcomer is told where a hydrogen is wanted, then what was taken, then what has reacted", () => {
  const guide = new Guide();
  guide.begin(molecule(START));
  let said = guide.update(molecule(START), [], false, false, 0);
  assert.match(said, /^Drag an atom: CN wants a hydrogen/);
  assert.deepEqual([guide.target, guide.suggested], [5, 4]); // the nearest

  const held = [{ atom: 1, counter: [0, 2, 3, 4] }];
  assert.match(guide.update(molecule(START), held, false, true, 10), /^Pull farther/);

  guide.changed({ broke: ["0-1"], formed: [] }, molecule(APART), [1], 20);
  said = guide.update(molecule(APART), held, false, true, 30);
  assert.equal(said, "You took a hydrogen off CH₄. CN wants one: bring it near the marked atom.");
  assert.equal(guide.target, 5);
  guide.update(molecule(APART), [], false, true, 40);
  assert.equal(guide.suggested, 1); // let go: it is to be taken again

  guide.changed({ broke: [], formed: ["1-5"] }, molecule(PRODUCTS), [1], 50);
  assert.match(guide.update(molecule(PRODUCTS), [], false, true, 60), /^CH₄ \+ CN → CH₃ \+ HCN\. Z goes back/);
  assert.equal(guide.update(molecule(PRODUCTS), [], false, true, 60_000), "");
});

test("where the engine knows the electrons, an unpaired one is what wants a bond", () => {
  const guide = new Guide();
  const spins = new Float32Array([0, 0, 0, 0, 0, 0.4, 0.6]);
  guide.begin(molecule(START, spins));
  guide.update(molecule(START, spins), [], false, false, 0);
  assert.equal(guide.target, 6);
  guide.update(molecule(START, new Float32Array(7)), [], false, false, 0);
  assert.deepEqual([guide.target, guide.suggested], [null, null]);
});

test("a bond that somebody else broke is nobody's doing here", () => {
  const guide = new Guide();
  guide.begin(molecule(START));
  guide.changed({ broke: ["0-1"], formed: [] }, molecule(APART), [], 20);
  assert.equal(guide.reaction, "CH₄ → CH₃ + H");
  assert.doesNotMatch(guide.update(molecule(APART), [], false, true, 30), /You took/);
});

test("as long as nothing has reacted, and after an undo, the next pull is suggested", () => {
  const guide = new Guide();
  guide.begin(molecule(START));
  guide.update(molecule(START), [{ atom: 4, counter: [0, 1, 2, 3] }], false, true, 0);
  assert.deepEqual([guide.target, guide.suggested], [5, null]); // while one is held, no other is suggested
  assert.match(guide.update(molecule(START), [], false, true, 10), /the marked hydrogen/);
  assert.deepEqual([guide.target, guide.suggested], [5, 4]);
  guide.changed({ broke: ["0-4"], formed: ["4-5"] }, molecule(PRODUCTS), [4], 20);
  assert.match(guide.update(molecule(PRODUCTS), [], false, true, 30), /→/);
  assert.equal(guide.suggested, null);
  guide.undone(molecule(START));
  assert.match(guide.update(molecule(START), [], false, true, 40), /the marked hydrogen/);
  assert.deepEqual([guide.target, guide.suggested], [5, 4]);
  guide.changed({ broke: ["0-1"], formed: [] }, molecule(APART), [1], 50);
  assert.match(guide.update(molecule(APART), [], false, true, 60), /^You took a hydrogen off CH₄\./);
});

test("a molecule whose multiple bonds fill its valences wants nothing", () => {
  const guide = new Guide();
  guide.begin(molecule(START));
  const filled = (bonds, missing) => ({ ...molecule(bonds), missing });
  guide.update(filled(START, [0, 0, 0, 0, 0, 1, 0]), [], false, false, 0);
  assert.equal(guide.target, 5); // CN, with its triple bond
  guide.update(filled(PRODUCTS, [1, 0, 0, 0, 0, 0, 0]), [], false, false, 0);
  assert.equal(guide.target, null); // HCN; CH3 is the largest, where hydrogens are taken from
});
