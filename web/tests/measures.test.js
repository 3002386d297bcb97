import assert from "node:assert/strict";
import { test } from "node:test";
import { Vector3 } from "three";
import { Measures, measure } from "../src/measures.js";

const at = (...place) => new Vector3(...place);
const near = (value, wanted) => assert.ok(Math.abs(value - wanted) < 1e-6, `${value} is not ${wanted}`);

test("two points make a distance in angstrom, three an angle, four a dihedral with its sign", () => {
  near(measure([at(0, 0, 0), at(0, 0.15, 0)]), 1.5);
  near(measure([at(1, 0, 0), at(0, 0, 0), at(0, 1, 0)]), 90);
  near(measure([at(0, 1, 0), at(0, 0, 0), at(1, 0, 0), at(1, 1, 0)]), 0);
  near(Math.abs(measure([at(0, 1, 0), at(0, 0, 0), at(1, 0, 0), at(1, -1, 0)])), 180);
  // Seen along the middle bond, from the second point to the third: clockwise is positive.
  near(measure([at(0, 1, 0), at(0, 0, 0), at(1, 0, 0), at(1, 0, 1)]), 90);
  near(measure([at(0, 1, 0), at(0, 0, 0), at(1, 0, 0), at(1, 0, -1)]), -90);
});

test("atoms are picked one by one, and the last once more ends it", () => {
  const measures = new Measures();
  measures.pick(3);
  assert.deepEqual(measures.all, []);
  measures.pick(5);
  assert.deepEqual(measures.all, [[3, 5]]);
  measures.pick(1);
  measures.pick(1);
  assert.deepEqual([measures.kept, measures.picked], [[[3, 5, 1]], []]);
  for (const atom of [0, 1, 2, 3, 4]) measures.pick(atom);
  assert.deepEqual([measures.kept.at(-1), measures.picked], [[0, 1, 2, 3], [4]]);
});

test("another molecule keeps the measures of atoms that it has", () => {
  const measures = new Measures();
  for (const atom of [0, 1, 1, 8, 9]) measures.pick(atom);
  measures.forget(5);
  assert.deepEqual(measures.all, [[0, 1]]);
  measures.remove(measures.kept[0]);
  assert.deepEqual(measures.all, []);
});
