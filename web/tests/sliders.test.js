import assert from "node:assert/strict";
import { test } from "node:test";
import { SLIDERS, fromSlider, toSlider } from "../src/sliders.js";

const slider = (name) => SLIDERS.find((one) => one.name === name);

test("a value comes back from its place on the slider", () => {
  for (const [name, values] of [
    ["temperature", [0, 300, 1500]],
    ["friction", [0.1, 1, 25, 100]],
    ["steps_per_frame", [1, 5, 50]],
    ["force_cap", [1000, 5000, 20000]],
  ]) {
    for (const value of values) assert.equal(fromSlider(slider(name), toSlider(slider(name), value)), value);
  }
});

test("a value beyond the slider is at its end, and written as it is", () => {
  assert.equal(toSlider(slider("temperature"), 3000), 1500);
  assert.equal(toSlider(slider("friction"), 0), -1);
  assert.equal(slider("temperature").text(3000), "3000 K");
  assert.equal(slider("friction").text(0), "0 per ps");
});

test("values have their units", () => {
  assert.equal(slider("steps_per_frame").text(1), "1 step a frame");
  assert.equal(slider("force_cap").text(20000), "33.21 nN");
});
