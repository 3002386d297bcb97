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

function holding() {
  const connection = new FakeConnection();
  const pulls = new Pulls(connection, "me");
  pulls.grab("pointer1", 3, at(0.1, 0, 0));
  return { connection, pulls };
}

test("a hold is sent at once, as a spring of the owner's that is not weighted by mass", () => {
  const { connection } = holding();
  const [{ updates }] = connection.sent;
  const value = updates["interaction.me.pointer1"];
  assert.deepEqual(value.position, [0.1, 0, 0]);
  assert.deepEqual(value.particles, [3]);
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

test("keys are told apart by their owner, not by how they begin", () => {
  const { pulls } = holding();
  assert.ok(pulls.isOurs("interaction.me.hand.left"));
  assert.ok(!pulls.isOurs("interaction.me2.hand.left"));
});
