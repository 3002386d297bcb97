import assert from "node:assert/strict";
import { mock, test } from "node:test";
import * as THREE from "three";
import { Pulls } from "../src/pulls.js";

class FakeConnection extends EventTarget {
  sent = [];

  update(updates, removals = []) {
    this.sent.push({ updates, removals });
  }
}

const at = (x, y, z) => new THREE.Vector3(x, y, z);

/** Methane, atoms 0 to 4, and a lone pair of atoms, 5 and 6; a tenth of a nanometre apart along x. */
const METHANE = {
  elements: new Uint8Array([6, 1, 1, 1, 1, 6, 7]),
  bonds: new Uint32Array([0, 1, 0, 2, 0, 3, 0, 4, 5, 6]),
  masses: new Float32Array([12, 1, 1, 1, 1, 12, 14]),
  count: 7,
  place: (atom) => at(0.1 * atom, 0, 0),
};

function holding(atom = 6, molecule = METHANE) {
  const connection = new FakeConnection();
  const pulls = new Pulls(connection, "me", molecule);
  pulls.grab("pointer1", atom, at(0.1, 0, 0));
  return { connection, pulls };
}

test("a hold is sent at once, as a spring of the owner's that is not weighted by mass", () => {
  const { connection } = holding();
  const [{ updates }] = connection.sent;
  const value = updates["interaction.me.pointer1"];
  assert.deepEqual(value.position, [0.1, 0, 0]);
  assert.deepEqual(value.particles, [6]);
  assert.equal(value.counter_particles, undefined);
  assert.equal(value.interaction_type, "spring");
  assert.equal(value.scale, 3000); // 6000 kJ/mol/nm² in springs of 2
  assert.equal(value.mass_weighted, false);
  assert.equal(value["owner.id"], "me");
});

test("moves are sent thirty times a second at most, the newest only, and a rest not at all", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, pulls } = holding();
  for (let k = 1; k <= 10; k++) pulls.move("pointer1", at(0.1 * k, 0, 0));
  assert.equal(connection.sent.length, 1);
  t.mock.timers.tick(34);
  assert.equal(connection.sent.length, 2);
  assert.deepEqual(connection.sent[1].updates["interaction.me.pointer1"].position, [1, 0, 0]);
  pulls.move("pointer1", at(1, 0, 0));
  t.mock.timers.tick(1000);
  assert.equal(connection.sent.length, 2);
});

test("what is not held is not moved, and a point is copied", () => {
  const { connection, pulls } = holding();
  const point = at(0, 0, 0);
  pulls.grab("hand.left", 1, point);
  point.set(9, 9, 9);
  assert.deepEqual(pulls.held.get("hand.left").point.toArray(), [0, 0, 0]);
  pulls.move("hand.right", at(1, 1, 1));
  assert.equal(connection.sent.length, 2);
});

test("letting go removes the key, once", () => {
  const { connection, pulls } = holding();
  pulls.release("pointer1");
  pulls.release("pointer1");
  assert.deepEqual(connection.sent.slice(1), [{ updates: {}, removals: ["interaction.me.pointer1"] }]);
  assert.equal(pulls.any, false);
});

test("a connection that opens again holds nothing", () => {
  const { connection, pulls } = holding();
  connection.dispatchEvent(new Event("open"));
  assert.equal(pulls.any, false);
});

test("the force is stiffness times distance, and none where nothing is held", () => {
  const { pulls } = holding();
  pulls.stiffness = 2000;
  assert.equal(pulls.force("pointer1", at(0.1, 0.5, 0)), 1000);
  assert.equal(pulls.force("hand.left", at(0, 0, 0)), 0);
  mock.reset();
});

test("what is next to an atom at the end of a molecule is held against its pull", () => {
  const { connection, pulls } = holding(3);
  const value = connection.sent[0].updates["interaction.me.pointer1"];
  assert.deepEqual(value.particles, [3]);
  assert.deepEqual(value.counter_particles, [0, 1, 2, 4]);
  assert.equal(value.scale, 36000); // twelve times as stiff: little energy is in it when the bond gives way
  assert.ok(Math.abs(value.max_force - 9720) < 1e-9);
  assert.ok(Math.abs(pulls.force("pointer1", at(0.1, 0.1, 0)) - 7200) < 1e-9);
  assert.ok(Math.abs(pulls.force("pointer1", at(0.1, 3, 0)) - 9720) < 1e-9);
});

test("an atom that has left its molecule is held gently from then on", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const molecule = { ...METHANE };
  const { connection, pulls } = holding(4, molecule);
  pulls.settle();
  t.mock.timers.tick(100);
  assert.equal(connection.sent.length, 1); // it is bonded
  molecule.bonds = new Uint32Array([0, 1, 0, 2, 0, 3, 5, 6]);
  pulls.settle();
  t.mock.timers.tick(100);
  assert.equal(connection.sent.length, 1); // the nearest is still 0.1 nm away
  molecule.place = (atom) => at(0.1 * atom, atom === 4 ? 0.3 : 0, 0);
  pulls.settle();
  t.mock.timers.tick(100);
  const value = connection.sent[1].updates["interaction.me.pointer1"];
  assert.equal(value.counter_particles, undefined);
  assert.equal(value.scale, 3000);
});

test("the end of the spring goes against the motion of what is carried, and against nothing that is at rest", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, pulls } = holding();
  pulls.settle(new Float32Array(21));
  t.mock.timers.tick(100);
  assert.equal(connection.sent.length, 1);
  const velocities = new Float32Array(21);
  velocities[15] = velocities[18] = 0.5; // nm/ps, of atoms 5 and 6 along x
  pulls.settle(velocities);
  t.mock.timers.tick(100);
  const [x] = connection.sent[1].updates["interaction.me.pointer1"].position;
  assert.ok(Math.abs(x - (0.1 - 0.5 * 2 * Math.sqrt(26 / 6000))) < 1e-6);
  velocities[15] = velocities[18] = 1000;
  pulls.settle(velocities);
  t.mock.timers.tick(100);
  assert.ok(Math.abs(connection.sent[2].updates["interaction.me.pointer1"].position[0] - (0.1 - 0.15)) < 1e-6);
});

test("a whole molecule is held by its centre of mass, each atom by its mass", () => {
  const connection = new FakeConnection();
  const pulls = new Pulls(connection, "me", METHANE);
  pulls.grab("pointer1", 5, at(0.5, 0.2, 0), true);
  const value = connection.sent[0].updates["interaction.me.pointer1"];
  assert.deepEqual(value.particles, [5, 6]);
  assert.equal(value.mass_weighted, true);
  assert.ok(Math.abs(value.scale - 3000 / 13) < 1e-9);
  const middle = (12 * 0.5 + 14 * 0.6) / 26;
  assert.ok(at(...value.position).distanceTo(at(middle, 0.2, 0)) < 1e-6);
});

test("an atom is pinned where it is, and pinned again it is free", () => {
  const connection = new FakeConnection();
  const pulls = new Pulls(connection, "me", METHANE);
  assert.equal(pulls.pin(2), true);
  const value = connection.sent[0].updates["interaction.me.pin.2"];
  assert.deepEqual([value.position, value.particles], [[0.2, 0, 0], [2]]);
  assert.equal(pulls.any, false);
  assert.equal(pulls.pin(2), false);
  assert.deepEqual(connection.sent[1], { updates: {}, removals: ["interaction.me.pin.2"] });
});

test("keys are told apart by their owner, not by how they begin", () => {
  const { pulls } = holding();
  assert.ok(pulls.isOurs("interaction.me.hand.left"));
  assert.ok(!pulls.isOurs("interaction.me2.hand.left"));
});

test("once the simulation runs, a spring's end goes after its hand no faster than atoms move", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, pulls } = holding(3);
  pulls.settle(undefined, 1.0);
  pulls.grab("pointer1", 3, at(0.3, 0, 0));
  pulls.move("pointer1", at(0.3, 0.9, 0));
  pulls.settle(undefined, 1.0);
  t.mock.timers.tick(100);
  assert.ok(at(...connection.sent.at(-1).updates["interaction.me.pointer1"].position).distanceTo(at(0.3, 0, 0)) < 1e-9);
  pulls.settle(undefined, 1.0025); // a frame later, at 6 nm/ps for a hydrogen
  t.mock.timers.tick(100);
  const [, y] = connection.sent.at(-1).updates["interaction.me.pointer1"].position;
  assert.ok(Math.abs(y - 0.015) < 1e-9);
  for (let k = 2; k < 100; k++) pulls.settle(undefined, 1 + 0.0025 * k);
  assert.ok(Math.abs(pulls.held.get("pointer1").end.y - 0.135) < 1e-9); // the atom lags behind: no more force than that
});

test("several atoms are turned by a spring on each, and all of them are let go", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const connection = new FakeConnection();
  const pulls = new Pulls(connection, "me", METHANE);
  pulls.grab("pointer1", 5, at(0.5, 0, 0), true);
  assert.equal(pulls.turn("pointer1", new THREE.Quaternion().setFromAxisAngle(at(0, 0, 1), Math.PI / 2)), true);
  t.mock.timers.tick(100);
  const { updates } = connection.sent.at(-1);
  const middle = (12 * 0.5 + 14 * 0.6) / 26;
  const [x, y] = updates["interaction.me.pointer1.5"].position;
  assert.ok(Math.abs(x - middle) < 1e-6 && Math.abs(y + (middle - 0.5)) < 1e-6);
  pulls.release("pointer1");
  const { removals } = connection.sent.at(-1);
  assert.deepEqual(
    removals.sort(),
    ["", ".5", ".6"].map((end) => `interaction.me.pointer1${end}`),
  );
  pulls.grab("pointer1", 1, at(0, 0, 0));
  assert.equal(pulls.turn("pointer1", new THREE.Quaternion()), false);
});
