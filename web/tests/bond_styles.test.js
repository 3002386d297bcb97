import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BondStyles, styleOf } from "../src/bond_styles.js";

// The OpenXR client's test reads the same file: a bond looks the same in both.
const cases = JSON.parse(readFileSync(new URL("cases/bond_styles.json", import.meta.url), "utf8"));

test("each order and style before give the style that the other client draws", () => {
  for (const { order, before, style } of cases) assert.equal(styleOf(order, before), style, `${order} ${before}`);
});

test("orders as engines give them are drawn as a chemist would", () => {
  const measured = { "C-H": 0.97, "C-C": 1.01, "middle of butadiene": 1.08, benzene: 1.42, carboxylate: 1.5 };
  const styles = Object.values(measured).map((order) => styleOf(order));
  assert.deepEqual(styles, ["single", "single", "single", "aromatic", "aromatic"]);
  assert.deepEqual(
    [1.75, 1.95, 2.75, 2.9, 0.45].map((order) => styleOf(order)),
    ["double", "double", "triple", "triple", "partial"],
  );
});

test("what nobody calculated is a single bond", () => {
  for (const order of [undefined, NaN, 0]) assert.equal(styleOf(order, "double"), "single");
});

test("a style changes only well beyond the limit, both ways", () => {
  assert.equal(styleOf(1.3, "single"), "single");
  assert.equal(styleOf(1.33, "single"), "aromatic");
  assert.equal(styleOf(1.2, "aromatic"), "aromatic");
  assert.equal(styleOf(1.17, "aromatic"), "single");
  assert.equal(styleOf(2.5, "single"), "double");
  assert.equal(styleOf(0.55, "triple"), "single");
  assert.equal(styleOf(0.3, "triple"), "partial");
});

test("an order that vibrates about a limit does not flicker", () => {
  const styles = new BondStyles();
  const seen = Array.from({ length: 40 }, (_, k) => styles.update([0, 1], [1.7 + 0.06 * Math.sin(k)])[0]);
  assert.equal(new Set(seen).size, 1);
});

test("a bond keeps its style when it stands elsewhere in the list or the other way round", () => {
  const styles = new BondStyles();
  assert.deepEqual(styles.update([0, 1, 1, 2], [2.9, 1.0]), ["triple", "single"]);
  assert.deepEqual(styles.update([2, 1, 1, 0], [1.0, 2.42]), ["single", "triple"]);
});

test("without orders all are single; orders of other bonds leave each as it was", () => {
  const styles = new BondStyles();
  styles.update([0, 1], [2.9]);
  assert.deepEqual(styles.update([0, 1, 1, 2], [2.9]), ["triple", "single"]);
  assert.deepEqual(styles.update([0, 1, 1, 2], new Float32Array(0)), ["single", "single"]);
  assert.deepEqual(styles.update([0, 1], undefined), ["single"]);
});

test("another molecule begins without memory", () => {
  const styles = new BondStyles();
  styles.update([0, 1], [1.9]);
  styles.clear();
  assert.deepEqual(styles.update([0, 1], [1.66]), ["aromatic"]);
});
