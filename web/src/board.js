/** What stands on the headset's board: figures and buttons, as data, and where a point of it leads. No drawing. */

import { KJ_IN_KCAL, signed } from "./format.js";

export const WIDE = 1024; // px of the board's picture
export const HIGH = 760;
const EDGE = 28;
const ROW = 104;
const GAP = 16;
const COLUMNS = 3;

/** The buttons: name, and the word on it for what the page shows now. */
export function buttons({ playing, relaxing, canUndo, may, colour, colours }) {
  return [
    { name: "front", text: "To me", on: true },
    { name: "undo", text: "Undo", on: canUndo && may("checkpoint/restore") },
    { name: "relax", text: relaxing ? "Move again" : "Relax", on: may("user/relax") },
    { name: "play", text: playing ? "Pause" : "Play", on: may("playback/play") },
    { name: "reset", text: "Reset", on: may("playback/reset") },
    { name: "colour", text: `Colour: ${colour}`, on: colours > 1 },
  ].map((button, k) => ({
    ...button,
    x: EDGE + (k % COLUMNS) * ((WIDE - 2 * EDGE + GAP) / COLUMNS),
    y: HIGH - EDGE - 2 * ROW - GAP + Math.floor(k / COLUMNS) * (ROW + GAP),
    width: (WIDE - 2 * EDGE - (COLUMNS - 1) * GAP) / COLUMNS,
    height: ROW,
  }));
}

/** The button at a point (px) that can be pressed, or null. */
export function buttonAt(all, x, y) {
  const inside = (one) => x >= one.x && x <= one.x + one.width && y >= one.y && y <= one.y + one.height;
  return all.find((one) => one.on && inside(one)) ?? null;
}

/**
 * The lines of figures: energy, temperature, and uncertainty where the engine knows its own.
 *
 * @param change of the energy since the start, kcal/mol; undefined where there is none
 */
export function lines(frame, change) {
  const uncertainty = frame["engine.uncertainty"];
  return [
    [frame["system.simulation.name"], frame["engine.name"]].filter(Boolean).join(" · "),
    change === undefined ? "" : `Energy ${signed(change)} kcal/mol`,
    Number.isFinite(frame["system.temperature"]) ? `Temperature ${Math.round(frame["system.temperature"])} K` : "",
    Number.isFinite(uncertainty) ? `Unsure by ${(uncertainty / KJ_IN_KCAL).toFixed(1)} kcal/mol` : "",
  ].filter(Boolean);
}
