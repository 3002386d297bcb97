import assert from "node:assert/strict";
import { test } from "node:test";
import { StateChanges, atomText, spinRing, spinSquareText } from "../src/electrons.js";

test("an unpaired electron has a ring around its ball, the larger the more of it is there", () => {
  const [some, most] = [spinRing(0.35, 0.04), spinRing(0.95, 0.04)];
  assert.ok(0.04 < some.radius && some.radius < most.radius);
  assert.equal(most.strength, 1);
  assert.ok(most.up);
  assert.equal(spinRing(-0.9, 0.04).up, false);
});

test("a ring fades in and out: spin polarisation alone has none", () => {
  for (const spin of [0, 0.05, -0.1, NaN]) assert.equal(spinRing(spin, 0.04), null);
  assert.ok(spinRing(0.101, 0.04).strength < 0.01);
});

test("<S²> has two digits, and no figure where it is unknown", () => {
  assert.equal(spinSquareText(0.7561), "⟨S²⟩ 0.76");
  for (const value of [NaN, undefined, null]) assert.equal(spinSquareText(value), "");
});

test("a change of the electronic state is told once, in kcal/mol", () => {
  const changes = new StateChanges();
  const at = (count, energies, begins = false) => ({
    frame: { "engine.state_changes": count, "engine.state_changed": energies },
    begins,
  });
  const said = [
    at(0, []),
    at(1, [100, -84.1]),
    at(1, [100, -84.1]),
    at(2, [0, 12.6]),
    at(3, [NaN, 1]),
    at(4, [-100, -101.9]),
    at(0, [], true),
    at(1, [-1, -9.4]),
  ].map(({ frame, begins }) => changes.update(frame, begins));
  assert.deepEqual(said, [
    "",
    "The electrons settled into a lower state: −44 kcal/mol",
    "",
    "The electrons went over to another state: +3 kcal/mol",
    "",
    "",
    "",
    "The electrons settled into a lower state: −2 kcal/mol",
  ]);
});

test("whoever comes later is not told of old changes, and a server without them says nothing", () => {
  const changes = new StateChanges();
  assert.equal(changes.update({ "engine.state_changes": 4, "engine.state_changed": [2, -50] }, true), "");
  assert.equal(changes.update({ "engine.state_changes": 4, "engine.state_changed": [2, -50] }, false), "");
  assert.equal(new StateChanges().update({}, false), "");
});

test("an atom's charge and spin are told as far as they are known", () => {
  const frame = { "particle.elements": new Uint8Array([6, 7]), "particle.charges": [0.214, -0.001] };
  assert.equal(atomText(frame, 0), "charge +0.21 e");
  assert.equal(atomText({ ...frame, "particle.spins": [0.7, -0.3] }, 1), "charge 0.00 e, spin −0.30");
  assert.equal(atomText({ ...frame, "particle.charges": [] }, 0), "");
  assert.equal(atomText({}, 0), "");
});
