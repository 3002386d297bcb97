import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import { addFrame, addState, unpack } from "../src/frame.js";

const bytesOf = (array) => new Uint8Array(array.buffer);

test("positions are 32-bit floats, little-endian, wherever in the message they begin", () => {
  const bytes = new Uint8Array(13);
  bytes.set(bytesOf(new Float32Array([0.1, -2.5, 3e7])), 1);
  assert.deepEqual(unpack("particle.positions", bytes.subarray(1)), new Float32Array([0.1, -2.5, 3e7]));
});

test("bonds are unsigned 32-bit integers, and elements stay bytes", () => {
  assert.deepEqual(unpack("bond.pairs", bytesOf(new Uint32Array([0, 70000]))), new Uint32Array([0, 70000]));
  assert.deepEqual(unpack("particle.elements", new Uint8Array([6, 1])), new Uint8Array([6, 1]));
});

test("what is no array is what it is", () => {
  assert.equal(unpack("energy.potential", -1.5), -1.5);
  assert.deepEqual(unpack("particle.names", ["C1"]), ["C1"]);
});

test("an increment replaces what it names and keeps the rest", () => {
  const frame = { "frame.index": 3, "energy.potential": 1, "engine.name": "pm6" };
  addFrame(frame, { "frame.index": 4, "energy.potential": 2 });
  assert.deepEqual(frame, { "frame.index": 4, "energy.potential": 2, "engine.name": "pm6" });
});

test("index 0 makes all that was before void, in the same object", () => {
  const frame = { "frame.index": 8, "forces.user.index": new Uint32Array([1]) };
  const same = frame;
  addFrame(frame, { "frame.index": 0, "engine.name": "am1" });
  assert.deepEqual(same, { "frame.index": 0, "engine.name": "am1" });
});

test("a frame survives the wire", () => {
  const sent = { "frame.index": 0, "particle.positions": bytesOf(new Float32Array([1, 2, 3])) };
  const frame = {};
  addFrame(frame, decode(encode(sent)));
  assert.deepEqual(frame["particle.positions"], new Float32Array([1, 2, 3]));
});

test("state changes add up: updates set, removals delete, either may be missing", () => {
  const state = new Map([["a", 1]]);
  addState(state, { updates: { b: { c: [2] } }, removals: [] });
  addState(state, { removals: ["a", "never there"] });
  addState(state, { updates: { b: 3 } });
  assert.deepEqual([...state], [["b", 3]]);
});
