import assert from "node:assert/strict";
import { test } from "node:test";
import { HIGH, WIDE, buttonAt, buttons, lines } from "../src/board.js";

const STATE = { playing: true, relaxing: false, canUndo: true, may: () => true, colour: "element", colours: 3 };
const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];

test("each button is on the board, and where it is seen it is pressed", () => {
  const all = buttons(STATE);
  for (const button of all) {
    assert.ok(button.x >= 0 && button.x + button.width <= WIDE && button.y + button.height <= HIGH);
    assert.equal(buttonAt(all, ...middle(button)), button);
  }
  assert.equal(buttonAt(all, 5, 5), null);
});

test("what can not be done can not be pressed", () => {
  const all = buttons({ ...STATE, canUndo: false, colours: 1, may: (command) => command !== "playback/reset" });
  const off = all.filter(({ on }) => !on).map(({ name }) => name);
  assert.deepEqual(off, ["undo", "reset", "colour"]);
  assert.equal(buttonAt(all, ...middle(all.find(({ name }) => name === "undo"))), null);
});

test("buttons say what a press does", () => {
  const text = (state) => Object.fromEntries(buttons(state).map((one) => [one.name, one.text]));
  assert.equal(text(STATE).play, "Pause");
  assert.equal(text({ ...STATE, playing: false, relaxing: true }).play, "Play");
  assert.equal(text({ ...STATE, relaxing: true }).relax, "Move again");
});

test("figures are said where they are known", () => {
  const frame = { "system.simulation.name": "methane", "engine.name": "pm6", "system.temperature": 299.6 };
  assert.deepEqual(lines(frame, -12.4), ["methane · pm6", "Energy −12 kcal/mol", "Temperature 300 K"]);
  assert.deepEqual(lines({ ...frame, "engine.uncertainty": 8.368 }, undefined), [
    "methane · pm6",
    "Temperature 300 K",
    "Unsure by 2.0 kcal/mol",
  ]);
  assert.deepEqual(lines({ "engine.uncertainty": NaN }, undefined), []);
});
