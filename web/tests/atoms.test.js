import assert from "node:assert/strict";
import { test } from "node:test";
import { atomLabels } from "../src/atoms.js";

test("atoms of the largest molecule have their own names, others their molecule's in front", () => {
  const frame = {
    "particle.names": ["C", "N", "C", "H1", "H2", "H3", "H4"],
    "particle.residues": new Uint32Array([0, 0, 1, 1, 1, 1, 1]),
    "residue.names": ["CN", "CH4"],
  };
  assert.deepEqual(atomLabels(frame), ["CN:C", "CN:N", "C", "H1", "H2", "H3", "H4"]);
});

test("of two molecules of one size the first counts as the largest", () => {
  const frame = {
    "particle.names": ["H1", "H2", "H1", "H2"],
    "particle.residues": new Uint32Array([0, 0, 1, 1]),
    "residue.names": ["H2", "H2"],
  };
  assert.deepEqual(atomLabels(frame), ["H1", "H2", "H2:H1", "H2:H2"]);
});

test("without names from the server it is element and index", () => {
  assert.deepEqual(atomLabels({ "particle.elements": new Uint8Array([6, 1]) }), ["C[0]", "H[1]"]);
  assert.deepEqual(atomLabels({}), []);
});
