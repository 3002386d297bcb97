import assert from "node:assert/strict";
import { test } from "node:test";
import { Vector3 } from "three";
import { styleOf } from "../src/bond_styles.js";
import { HydrogenBonds } from "../src/hydrogen_bonds.js";
import { PerceivedOrders } from "../src/perceived_orders.js";
import { missingBonds } from "../src/valences.js";

/** Atoms on a line, at so many nm. */
const line = (elements, places) => ({
  elements: new Uint8Array(elements),
  count: elements.length,
  place: (atom) => new Vector3(places[atom], 0, 0),
});

const style = (elements, length, more = []) => {
  const molecule = line([...elements, ...more.map(() => 1)], [0, length, ...more.map(() => -0.1)]);
  const bonds = new Uint32Array([0, 1, ...more.flatMap((_, k) => [0, 2 + k])]);
  return styleOf(new PerceivedOrders().update(molecule, bonds)[0]);
};

test("bonds are double and triple by their lengths", () => {
  assert.equal(style([6, 7], 0.117), "triple"); // CN
  assert.equal(style([6, 6], 0.134), "double"); // ethene
  assert.equal(style([6, 6], 0.12), "triple"); // ethyne
  assert.equal(style([6, 6], 0.1395), "aromatic"); // benzene
  assert.equal(style([6, 8], 0.121), "double"); // formaldehyde
  assert.equal(style([6, 6], 0.153), "single");
  assert.equal(style([6, 7], 0.147), "single");
});

test("no atom gets more bonds than it has valences, and a bond that vibrates keeps its order", () => {
  assert.equal(style([6, 6], 0.12, [1, 2, 3]), "single"); // a methyl group's
  assert.equal(style([1, 6], 0.08), "single");
  const orders = new PerceivedOrders();
  const bonds = new Uint32Array([0, 1]);
  for (let k = 0; k < 40; k++) {
    const [order] = orders.update(line([6, 7], [0, 0.117 + 0.008 * Math.sin(k)]), bonds);
    assert.equal(styleOf(order), "triple");
  }
});

test("what bonds are missing is a radical's place", () => {
  const elements = new Uint8Array([6, 1, 1, 1, 6, 7]);
  const bonds = new Uint32Array([0, 1, 0, 2, 0, 3, 4, 5]);
  assert.deepEqual(missingBonds(elements, bonds, ["single", "single", "single", "triple"]), [1, 0, 0, 0, 1, 0]);
});

test("a hydrogen between two oxygens is bonded to one and held by the other", () => {
  const bonds = new HydrogenBonds();
  const water = [8, 1, 8];
  bonds.prepare(new Uint8Array(water), new Uint32Array([0, 1]));
  const find = (...places) => bonds.find((atom) => places[atom]);
  const at = (x, y = 0) => new Vector3(x, y, 0);
  assert.deepEqual(find(at(0), at(0.096), at(0.34)), []);
  assert.deepEqual(find(at(0), at(0.096), at(0.28)), [1, 2]);
  assert.deepEqual(find(at(0), at(0.096), at(0.34)), [1, 2]); // one that is there stays a little longer
  assert.deepEqual(find(at(0), at(0.096), at(0.4)), []);
  assert.deepEqual(find(at(0), at(0.096), at(0.1, 0.19)), []); // bent
  bonds.prepare(new Uint8Array([6, 1, 8]), new Uint32Array([0, 1])); // on carbon
  assert.deepEqual(find(at(0), at(0.109), at(0.28)), []);
});
