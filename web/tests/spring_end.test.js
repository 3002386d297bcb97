import assert from "node:assert/strict";
import { test } from "node:test";
import { Vector3 } from "three";
import { bondLength } from "../src/covalent_radii.js";
import { follow, keepOff, speedOf } from "../src/spring_end.js";

const METHANE_AND_CARBON = {
  elements: new Uint8Array([6, 1, 6]),
  count: 3,
  place: (atom) => new Vector3([0, 0.109, 0.36][atom], 0, 0),
};

test("an end that is drawn onto another nucleus stands a bond's length before it, on the atom's side", () => {
  const length = 0.97 * bondLength(6, 1);
  for (const y of [0, 0.02, -0.05]) {
    const point = keepOff(new Vector3(0.36, y, 0), 1, METHANE_AND_CARBON);
    assert.ok(point.distanceTo(new Vector3(0.36 - length, 0, 0)) < 1e-9);
  }
  const behind = keepOff(new Vector3(0.4, 0, 0), 1, METHANE_AND_CARBON);
  assert.ok(Math.abs(behind.x - (0.36 - length)) < 1e-9);
});

test("an end in the open stays where it is", () => {
  const point = keepOff(new Vector3(0.2, 0.05, 0), 1, METHANE_AND_CARBON);
  assert.deepEqual(point.toArray(), [0.2, 0.05, 0]);
});

test("an end never runs ahead of its leash, nor faster than what it draws", () => {
  const end = new Vector3();
  const place = new Vector3();
  follow(end, new Vector3(5, 0, 0), { place, leash: 0.1, mass: 1, picoseconds: 0.0025 });
  assert.ok(Math.abs(end.x - 0.0025 * speedOf(1)) < 1e-12);
  for (let k = 0; k < 50; k++) follow(end, new Vector3(5, 0, 0), { place, leash: 0.1, mass: 1, picoseconds: 0.01 });
  assert.ok(Math.abs(end.x - 0.1) < 1e-12);
  follow(end, new Vector3(5, 0, 0), { place, leash: 0.1, mass: 1, picoseconds: -3 }); // the simulation went back
  assert.ok(Math.abs(end.x - 0.1) < 1e-12);
  assert.ok(speedOf(26) < speedOf(1) / 2);
});
