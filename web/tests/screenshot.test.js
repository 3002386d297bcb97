import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName } from "../src/screenshot.js";

test("a picture is called after the molecule and the time, in letters that any system takes", () => {
  const time = new Date(Date.UTC(2026, 10, 27, 8, 5, 9));
  assert.equal(fileName("methane", time), "methane-2026-11-27T080509.png");
  assert.equal(fileName("C2H6+Cl", time), "C2H6+Cl-2026-11-27T080509.png");
  assert.equal(fileName('../a: "b"', time), "a_b-2026-11-27T080509.png");
  assert.equal(fileName("", time), "molecule-2026-11-27T080509.png");
});
