import assert from "node:assert/strict";
import { test } from "node:test";
import { Curves, KEPT } from "../src/curves.js";

const energy = (value) => [["energy", "#fff", value, `${value}`]];

test("values are kept in order with the time at which they came", () => {
  const curves = new Curves();
  curves.add(energy(1));
  curves.add(energy(3));
  assert.deepEqual(curves.series.get("energy"), {
    colour: "#fff",
    text: "3",
    points: [
      { at: 1, value: 1 },
      { at: 2, value: 3 },
    ],
  });
});

test("a gap interrupts the curve, and none is left at its beginning", () => {
  const curves = new Curves();
  curves.add(energy(1), true);
  curves.add(energy(2), true);
  assert.deepEqual(curves.series.get("energy").points, [{ at: 1, value: 1 }, null, { at: 2, value: 2 }]);
});

test("only the newest samples are kept", () => {
  const curves = new Curves();
  for (let k = 1; k <= KEPT + 10; k++) curves.add(energy(k));
  const { points } = curves.series.get("energy");
  assert.equal(points[0].at, 10);
  assert.equal(points.at(-1).at, KEPT + 10);
});

test("a curve that gets no more values leaves when its last is too old", () => {
  const curves = new Curves();
  curves.add([["old", "#000", 1, ""]]);
  for (let k = 0; k < KEPT; k++) curves.add(energy(k));
  assert.ok(curves.series.has("old"));
  curves.add(energy(0));
  assert.ok(!curves.series.has("old"));
});

test("the range is that of all curves, at least as high as asked for, about their middle", () => {
  const curves = new Curves();
  assert.equal(curves.range(40), null);
  curves.add([["a", "#000", 10, ""]]);
  curves.add([["b", "#000", 20, ""]], true);
  assert.deepEqual(curves.range(1), [10, 20]);
  assert.deepEqual(curves.range(40), [-5, 35]);
});

test("cleared, it has no curve and no range", () => {
  const curves = new Curves();
  curves.add(energy(1));
  curves.clear();
  assert.equal(curves.range(1), null);
});

test("a mark is at the next instant, and goes with what is no longer kept", () => {
  const curves = new Curves();
  curves.add(energy(1));
  curves.mark("ann:learned-1");
  curves.add(energy(2));
  assert.deepEqual(curves.marks, [{ at: 2, text: "ann:learned-1" }]);
  for (let k = 0; k < KEPT; k++) curves.add(energy(3));
  assert.equal(curves.marks.length, 1);
  curves.add(energy(3));
  assert.deepEqual(curves.marks, []);
});
