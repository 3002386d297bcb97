import assert from "node:assert/strict";
import { test } from "node:test";
import { Vector3 } from "three";
import { Happening } from "../src/happening.js";

// CH4 + CN: atom 0 is the carbon, 1 to 4 its hydrogens, 5 and 6 are C and N.
const ELEMENTS = new Uint8Array([6, 1, 1, 1, 1, 6, 7]);
const START = new Uint32Array([0, 1, 0, 2, 0, 3, 0, 4, 5, 6]);
const APART = new Uint32Array([0, 2, 0, 3, 0, 4, 5, 6]);
const PRODUCTS = new Uint32Array([0, 2, 0, 3, 0, 4, 5, 6, 1, 5]);
const molecule = (bonds, moved = {}) => ({
  elements: ELEMENTS,
  bonds,
  count: 7,
  place: (atom) => new Vector3(moved[atom] ?? 0.1 * atom, 0, 0),
});

test("a taken atom is followed from what it was bonded to, to the nearest of another molecule", () => {
  const happening = new Happening();
  happening.take(1, molecule(START));
  assert.deepEqual(happening.pairs, [
    [0, 1],
    [5, 1],
  ]);
  happening.update(molecule(START, { 6: 0.35 })); // N comes clearly nearer than C
  assert.deepEqual(happening.pairs[1], [6, 1]);
  happening.update(molecule(START, { 6: 0.35, 5: 0.34 })); // not clearly
  assert.deepEqual(happening.pairs[1], [6, 1]);
});

test("when it is bonded to something new, that is where it went", () => {
  const happening = new Happening();
  happening.take(1, molecule(START));
  happening.changed({ broke: ["0-1"], formed: [] }, molecule(APART));
  happening.update(molecule(APART));
  happening.changed({ broke: [], formed: ["1-5"] }, molecule(PRODUCTS));
  happening.update(molecule(PRODUCTS));
  assert.deepEqual(happening.pairs, [
    [0, 1],
    [5, 1],
  ]);
});

test("a reaction that no hand made is followed too", () => {
  const happening = new Happening();
  assert.deepEqual(happening.pairs, []);
  happening.changed({ broke: ["0-3"], formed: ["3-5"] }, molecule(PRODUCTS));
  assert.deepEqual(happening.pairs, [
    [0, 3],
    [5, 3],
  ]);
});

test("of another molecule nothing is told", () => {
  const happening = new Happening();
  happening.take(6, molecule(START));
  happening.update({ ...molecule(new Uint32Array([0, 1])), count: 2 });
  assert.deepEqual(happening.pairs, []);
});
