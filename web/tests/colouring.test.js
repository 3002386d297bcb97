import assert from "node:assert/strict";
import { test } from "node:test";
import { COLOURINGS, available, gradient, legend, tint, topOf } from "../src/colouring.js";

const FRAME = { "particle.elements": new Uint8Array([6, 7]), "particle.charges": new Float32Array([0.1, -0.1]) };

test("only what has a number for each atom can be chosen", () => {
  assert.deepEqual(available(FRAME), ["charge"]);
  assert.deepEqual(available({ ...FRAME, "particle.spins": [], "engine.uncertainty.atoms": [1, 2, 3] }), ["charge"]);
  assert.deepEqual(available({ ...FRAME, "particle.spins": [0.7, 0.3] }), ["charge", "spin"]);
  assert.deepEqual(available({}), []);
});

test("a scale of charges reaches as far to both sides, to a round figure", () => {
  assert.equal(topOf("charge", new Float32Array([0.1, -0.31])), 0.5);
  assert.equal(topOf("spin", [0.7, 0.3]), 1);
  assert.equal(topOf("uncertainty", [4, 350]), 400);
  assert.equal(topOf("uncertainty", [4, 85000]), 400);
});

test("the ends and the middle of a scale have its colours, and nothing lies beyond", () => {
  const [minus, none, plus] = COLOURINGS.charge.colours;
  assert.deepEqual(tint("charge", -0.5, 0.5), { from: minus, to: none, share: 0 });
  assert.deepEqual(tint("charge", 0, 0.5), { from: none, to: plus, share: 0 });
  assert.deepEqual(tint("charge", 0.5, 0.5), { from: none, to: plus, share: 1 });
  assert.deepEqual(tint("charge", 9, 0.5), tint("charge", 0.5, 0.5));
  assert.deepEqual(tint("charge", NaN, 0.5), tint("charge", 0, 0.5));
  assert.equal(tint("uncertainty", 200, 400).share, 0.5);
});

test("the legend has the ends of the scale, with the unit", () => {
  assert.deepEqual(legend("charge", 0.5), ["−0.5", "0", "+0.5 e"]);
  assert.deepEqual(legend("uncertainty", 100), ["0", "", "100 kJ/mol/nm"]);
  assert.deepEqual(legend("uncertainty", 400), ["0", "", "≥ 400 kJ/mol/nm"]);
  assert.equal(gradient("uncertainty"), "linear-gradient(90deg, #3a4a5e, #ff4fa0)");
});
