import assert from "node:assert/strict";
import { test } from "node:test";
import { colour, radius, symbol } from "../src/elements.js";
import { energyText, forceText, roundTop, signed } from "../src/format.js";

test("energies have a sign and thin spaces", () => {
  assert.equal(signed(1234567.4), "+1\u2009234\u2009567");
  assert.equal(signed(-440.2), "−440");
  assert.equal(signed(-0.2), "+0");
});

test("changes of energy are in kcal/mol and in kJ/mol", () => {
  assert.equal(energyText(440), "+105 kcal/mol, +440 kJ/mol");
  assert.equal(energyText(-4.184), "−1 kcal/mol, −4 kJ/mol");
});

test("forces are in pN, from a thousand on in nN", () => {
  assert.equal(forceText(0), "0 pN");
  assert.equal(forceText(100), "166 pN");
  assert.equal(forceText(20000), "33.21 nN");
});

test("the top of a scale is a round figure", () => {
  assert.equal(roundTop([0.2, 0.9], [1, 2, 5]), 1);
  assert.equal(roundTop(new Float32Array([4.5, 0.4]), [1, 2, 5]), 5);
  assert.equal(roundTop([5000], [1, 1000]), 1000);
});

test("an element that has no colour of its own has its symbol and one for all such", () => {
  assert.equal(symbol(6), "C");
  assert.equal(symbol(92), "U");
  assert.notEqual(colour(92), undefined);
  assert.ok(radius(92) > radius(1));
});
