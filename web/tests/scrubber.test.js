import assert from "node:assert/strict";
import { test } from "node:test";
import { apartPath, curvePath, rangeText, recordingText, sizeText } from "../src/scrubber.js";

test("a curve fills the box, and is interrupted where no energy is known", () => {
  assert.equal(curvePath([0, 10, 5], 100, 20), "M0.0 20.0L50.0 0.0L100.0 10.0");
  assert.equal(curvePath([0, null, 10], 100, 20), "M0.0 20.0M100.0 0.0");
  assert.equal(curvePath([null, null], 100, 20), "");
  assert.equal(curvePath([], 100, 20), "");
});

test("what hardly changes is a line in the middle, not noise", () => {
  assert.equal(curvePath([1, 1], 100, 20), "M0.0 10.0L100.0 10.0");
});

test("frames that have flown apart are a box over them", () => {
  assert.equal(apartPath([[50, 100]], 101, 400, 40), "M200.0 0H400.0V40H200.0Z");
  assert.equal(apartPath([], 101, 400, 40), "");
});

test("a recording is described in a line", () => {
  assert.equal(rangeText([0, 105.2, -3, null]), "from −3 to +105 kcal/mol");
  assert.equal(rangeText([null]), "");
  assert.deepEqual([10, 340_200, 4_200_000, 42_000_000].map(sizeText), ["1 kB", "340 kB", "4.2 MB", "42 MB"]);
  const entry = { formula: "CH4 + CN", frames: 300, ps: 1.2, runs: 3, apart: 12, bytes: 4_200_000, writing: true };
  assert.equal(
    recordingText(entry),
    "CH4 + CN · 300 frames · 1.20 ps · 3 runs · 12 at the end flown apart · 4.2 MB · being written",
  );
  assert.equal(recordingText({ frames: 1, runs: 1, apart: 0, bytes: 5000 }), "1 frame · 5 kB");
});
