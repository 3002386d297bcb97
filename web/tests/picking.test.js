import assert from "node:assert/strict";
import { test } from "node:test";
import * as THREE from "three";
import { REACH, perPixel, pickAtom } from "../src/picking.js";
import { gripPose, mirrored, roomToMolecule } from "../src/room.js";

/** Balls of 0.04 nm at these places. */
function molecule(...places) {
  return {
    count: places.length,
    place: (atom, target) => target.fromArray(places[atom]),
    radius: () => 0.04,
  };
}

const FROM_FRONT = new THREE.Ray(new THREE.Vector3(0, 0, 2), new THREE.Vector3(0, 0, -1));

test("the front one of two atoms is picked", () => {
  assert.equal(pickAtom(FROM_FRONT, molecule([0, 0, -0.5], [0, 0.01, 0.5]), 0), 1);
});

test("an atom behind the camera is not", () => {
  assert.equal(pickAtom(FROM_FRONT, molecule([0, 0, 3]), 1), null);
});

test("a miss within reach counts, the nearest of them, but a hit comes first", () => {
  const reach = 0.03; // nm a nm of depth: 0.06 nm at the molecule
  assert.equal(pickAtom(FROM_FRONT, molecule([0.12, 0, 0]), reach), null);
  assert.equal(pickAtom(FROM_FRONT, molecule([0.09, 0, 0], [0.07, 0, 0]), reach), 1);
  assert.equal(pickAtom(FROM_FRONT, molecule([0.07, 0, 1], [0.01, 0, -1]), reach), 1);
});

test("a finger reaches farther than a mouse, in pixels that depend on the canvas and the angle", () => {
  const size = perPixel(90, 1000);
  assert.ok(Math.abs(size - 0.002) < 1e-12);
  const beside = molecule([0.1, 0, 0]);
  assert.equal(pickAtom(FROM_FRONT, beside, REACH.mouse * size), null);
  assert.equal(pickAtom(FROM_FRONT, beside, REACH.touch * size), 0);
});

test("the shared room is mirrored in x, twice is as it was", () => {
  assert.deepEqual(mirrored([1, 2, 3]).toArray(), [-1, 2, 3]);
  assert.deepEqual(mirrored(mirrored([1, 2, 3]).toArray()).toArray(), [1, 2, 3]);
});

test("a box that was moved and scaled is undone; what is no box changes nothing", () => {
  const matrix = roomToMolecule([1, 2, 3, 0, 0, 0, 1, 2, 2, 2]);
  const centre = mirrored([1, 2, 3]).applyMatrix4(matrix);
  assert.ok(centre.length() < 1e-12);
  const beside = mirrored([1, 4, 3]).applyMatrix4(matrix);
  assert.ok(beside.distanceTo(new THREE.Vector3(0, 1, 0)) < 1e-12);
  for (const wrong of [undefined, [1, 2], [1, 2, 3, 0, 0, 0, 1, 0, 0, 0]]) {
    assert.deepEqual(roomToMolecule(wrong).toArray(), new THREE.Matrix4().toArray());
  }
});

test("one controller is its own pose; two are their middle with their distance as size", () => {
  const [left, right] = [new THREE.Object3D(), new THREE.Object3D()];
  left.position.set(-0.2, 1, 0);
  right.position.set(0.2, 1, 0);
  for (const one of [left, right]) one.updateMatrixWorld(true);
  const parts = [new THREE.Vector3(), new THREE.Quaternion(), new THREE.Vector3()];
  gripPose([left]).decompose(...parts);
  assert.deepEqual(parts[0].toArray(), [-0.2, 1, 0]);
  gripPose([left, right]).decompose(...parts);
  assert.ok(parts[0].distanceTo(new THREE.Vector3(0, 1, 0)) < 1e-12);
  assert.ok(Math.abs(parts[2].x - 0.4) < 1e-12);
  assert.ok(Math.abs(parts[1].w - 1) < 1e-12);
});
