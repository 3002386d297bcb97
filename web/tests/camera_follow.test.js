import assert from "node:assert/strict";
import { test } from "node:test";
import { Vector3 } from "three";
import { CameraFollow } from "../src/camera_follow.js";

const sphere = (x, reach) => ({ centre: new Vector3(x, 0, 0), reach });

/** Follow for so many seconds at thirty pictures a second; returns what is shown then and how often it moved. */
function follow(camera, shown, atoms, seconds) {
  let moves = 0;
  for (let k = 0; k < 30 * seconds; k++) {
    const next = camera.update(shown, atoms, 1 / 30);
    if (next) [shown, moves] = [next, moves + 1];
  }
  return { shown, moves };
}

const inside = (shown, atoms) => shown.centre.distanceTo(atoms.centre) + atoms.reach <= shown.reach;

test("the camera rests while all atoms are well in view", () => {
  const { moves } = follow(new CameraFollow(), sphere(0, 1), sphere(0.1, 0.7), 60);
  assert.equal(moves, 0);
});

test("atoms that come to the rim are followed, and then it rests again", () => {
  const camera = new CameraFollow();
  const { shown } = follow(camera, sphere(0, 1), sphere(0.5, 0.6), 5);
  assert.ok(inside(shown, sphere(0.5, 0.6)));
  assert.equal(follow(camera, shown, sphere(0.5, 0.6), 5).moves, 0);
});

test("atoms that move for ten minutes never leave", () => {
  const camera = new CameraFollow();
  let shown = sphere(0, 0.6);
  let worst = 0;
  for (let k = 0; k < 18_000; k++) {
    const time = k / 180; // what crosses the view takes some ten seconds for it
    const atoms = sphere(0.8 * Math.sin(time), 0.5 + 0.3 * Math.sin(0.7 * time));
    shown = camera.update(shown, atoms, 1 / 30) ?? shown;
    worst = Math.max(worst, (shown.centre.distanceTo(atoms.centre) + atoms.reach) / shown.reach);
  }
  assert.ok(worst < 1.02, `atoms at ${worst} of the view`);
});

test("what has become small is shown larger, but not at once", () => {
  const camera = new CameraFollow();
  assert.equal(follow(camera, sphere(0, 2), sphere(0, 0.5), 2).moves, 0);
  const { shown } = follow(camera, sphere(0, 2), sphere(0, 0.5), 8);
  assert.ok(shown.reach < 0.6);
});

test("a distance that a person has chosen stays, and the middle is still followed", () => {
  const camera = new CameraFollow();
  camera.zoomed = true;
  const { shown } = follow(camera, sphere(0, 0.3), sphere(0.5, 0.6), 5);
  assert.equal(shown.reach, 0.3);
  assert.ok(shown.centre.x > 0.49);
});

test("a view that a person has moved aside stays until it is centred", () => {
  const camera = new CameraFollow();
  camera.panned = camera.zoomed = true;
  assert.equal(follow(camera, sphere(2, 0.3), sphere(0, 0.6), 5).moves, 0);
  camera.centre();
  const { shown } = follow(camera, sphere(2, 0.3), sphere(0, 0.6), 5);
  assert.ok(inside(shown, sphere(0, 0.6)));
});
