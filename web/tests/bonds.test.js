import assert from "node:assert/strict";
import { test } from "node:test";
import { BondChanges, fragmentOf, pairsOf, partnersOf } from "../src/bonds.js";

const METHANE_AND_CN = new Uint32Array([0, 1, 0, 2, 0, 3, 0, 4, 5, 6]);

test("a pair is the same whichever atom is named first", () => {
  assert.deepEqual(pairsOf([4, 0, 0, 4, 2, 1]), new Set(["0-4", "1-2"]));
  assert.deepEqual(pairsOf(null), new Set());
});

test("partners and fragments follow the bonds both ways", () => {
  assert.deepEqual(partnersOf(METHANE_AND_CN, 0), [1, 2, 3, 4]);
  assert.deepEqual(partnersOf(METHANE_AND_CN, 6), [5]);
  assert.deepEqual([...fragmentOf(METHANE_AND_CN, 3)].sort(), [0, 1, 2, 3, 4]);
  assert.deepEqual([...fragmentOf(METHANE_AND_CN, 5)].sort(), [5, 6]);
});

test("a ring ends, and a lone atom is a fragment", () => {
  assert.deepEqual([...fragmentOf([0, 1, 1, 2, 2, 0], 0)].sort(), [0, 1, 2]);
  assert.deepEqual([...fragmentOf([], 7)], [7]);
});

test("what is there at first is no change; what lasts is reported once", () => {
  const changes = new BondChanges();
  const before = [0, 1, 0, 2];
  const after = [0, 1, 2, 3];
  assert.deepEqual(changes.update(before, 0), { broke: [], formed: [] });
  assert.deepEqual(changes.update(before, 300), { broke: [], formed: [] });
  assert.deepEqual(changes.update(after, 310), { broke: [], formed: [] });
  assert.deepEqual(changes.update(after, 609), { broke: [], formed: [] });
  assert.deepEqual(changes.update(after, 610), { broke: ["0-2"], formed: ["2-3"] });
  assert.deepEqual(changes.update(after, 2000), { broke: [], formed: [] });
});

test("what flickers is not reported", () => {
  const changes = new BondChanges();
  const [whole, torn, wholeAgain] = [[0, 1], [], [0, 1]];
  changes.update(whole, 0);
  changes.update(whole, 400);
  changes.update(torn, 500);
  changes.update(wholeAgain, 700);
  assert.deepEqual(changes.update(wholeAgain, 1100), { broke: [], formed: [] });
});

test("after a new beginning the bonds there are no change", () => {
  const changes = new BondChanges();
  changes.update([0, 1], 0);
  changes.clear();
  const other = [2, 3];
  changes.update(other, 1000);
  assert.deepEqual(changes.update(other, 1400), { broke: [], formed: [] });
});
