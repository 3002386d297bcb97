/** All bonds of a molecule in one draw call: one, two or three sticks each, side by side as the viewer sees them. */

import * as THREE from "three";
import { addRim, rimMaterial } from "./outline.js";

/** The sticks of each style: how far to the side, and how thick (nm); a dashed one has so many dashes. */
const STICKS = {
  hydrogen: [{ aside: 0, thick: 0.0045, dashes: 5 }],
  partial: [{ aside: 0, thick: 0.0085, dashes: 6 }],
  single: [{ aside: 0, thick: 0.011 }],
  aromatic: [
    { aside: -0.008, thick: 0.0085 },
    { aside: 0.013, thick: 0.0055, dashes: 8 },
  ],
  double: [
    { aside: -0.0115, thick: 0.0075 },
    { aside: 0.0115, thick: 0.0075 },
  ],
  triple: [
    { aside: -0.018, thick: 0.006 },
    { aside: 0, thick: 0.006 },
    { aside: 0.018, thick: 0.006 },
  ],
};
const DASH = 0.62; // of a dash and the gap after it
const UP = new THREE.Vector3(0, 1, 0);

const begin = new THREE.Vector3();
const along = new THREE.Vector3();
const side = new THREE.Vector3();
const middle = new THREE.Vector3();
const turn = new THREE.Quaternion();
const size = new THREE.Vector3();
const matrix = new THREE.Matrix4();
const rim = rimMaterial("transformed.xz *= 1.22;");
const rimShape = new THREE.CylinderGeometry(1, 1, 1, 14, 1, true); // open: where two parts meet, there is no rim

/** Parts of a stick from 0 to 1, none across its middle, where the colour changes. */
function spans(dashes) {
  if (!dashes) {
    return [
      [0, 0.5],
      [0.5, 1],
    ];
  }
  return Array.from({ length: dashes }, (_, k) => [(k + (1 - DASH) / 2) / dashes, (k + (1 + DASH) / 2) / dashes]);
}

export class BondSticks {
  /** What to draw; another object after {@link set}. */
  mesh = null;
  /** Whether sticks stand side by side: they are laid out again when the viewer moves. */
  severalSideBySide = false;

  #material;
  #bonds = [];
  #count = 0;
  #rim = null;

  constructor(material) {
    this.#material = material;
  }

  /**
   * @param bonds  pairs of atoms, flat
   * @param styles of each bond
   * @returns whether the mesh is another one
   */
  set(bonds, styles) {
    this.#bonds = styles.map((style, k) => ({ a: bonds[2 * k], b: bonds[2 * k + 1], style }));
    for (const bond of this.#bonds) if (bond.style === "aromatic") bond.inside = this.#ringSide(bond);
    this.severalSideBySide = this.#bonds.some(({ style }) => STICKS[style].length > 1);
    this.#count = 0;
    for (const { style } of this.#bonds) for (const { dashes } of STICKS[style]) this.#count += dashes ?? 2;
    const enough = this.mesh !== null && this.mesh.instanceMatrix.count >= this.#count;
    if (!enough) this.#replace();
    this.mesh.count = this.#rim.count = this.#count;
    return !enough;
  }

  /** Put all sticks where their atoms are. `place(atom, target)` in nm; `eye`: the viewer, in the same space. */
  layOut(place, eye) {
    let index = 0;
    for (const bond of this.#bonds) {
      place(bond.a, begin);
      along.copy(place(bond.b, middle)).sub(begin);
      const length = along.length();
      middle.copy(begin).addScaledVector(along, 0.5);
      turn.setFromUnitVectors(UP, along.divideScalar(length || 1));
      const sticks = STICKS[bond.style];
      if (sticks.length > 1) this.#sideways(bond, place, eye);
      for (const { aside, thick, dashes } of sticks) {
        for (const [from, to] of spans(dashes)) {
          const centre = size.copy(begin).addScaledVector(along, ((from + to) / 2) * length);
          if (aside) centre.addScaledVector(side, aside);
          matrix.makeRotationFromQuaternion(turn).setPosition(centre);
          matrix.scale(size.set(thick, (to - from) * length, thick));
          this.mesh.setMatrixAt(index++, matrix);
        }
      }
    }
    this.mesh.instanceMatrix.needsUpdate = true;
  }

  /** Colour each half as its atom. `of(atom)` is a THREE.Color. */
  colour(of) {
    let index = 0;
    for (const { a, b, style } of this.#bonds) {
      for (const { dashes } of STICKS[style]) {
        for (const [from, to] of spans(dashes)) this.mesh.setColorAt(index++, of(from + to < 1 ? a : b));
      }
    }
    if (this.mesh.instanceColor) this.mesh.instanceColor.needsUpdate = true;
  }

  /** Across the bond and across the line of sight; for a bond of a ring with its positive side inside. */
  #sideways(bond, place, eye) {
    side.crossVectors(along, size.subVectors(eye, middle));
    if (side.lengthSq() < 1e-8) side.crossVectors(along, Math.abs(along.y) < 0.9 ? UP : size.set(1, 0, 0));
    side.normalize();
    let inward = 0;
    for (const atom of bond.inside ?? []) inward += place(atom, size).sub(middle).dot(side);
    if (inward < 0) side.negate();
  }

  /** The other atoms that both ends of an aromatic bond have such bonds with: they lie on the side of the ring. */
  #ringSide({ a, b }) {
    const near = [];
    for (const other of this.#bonds) {
      if (other.style !== "aromatic") continue;
      if (other.a === a || other.a === b) near.push(other.b);
      if (other.b === a || other.b === b) near.push(other.a);
    }
    return near.filter((atom) => atom !== a && atom !== b);
  }

  #replace() {
    this.mesh?.geometry.dispose();
    this.mesh?.dispose();
    const room = Math.max(2 * this.#count, 16);
    this.mesh = new THREE.InstancedMesh(new THREE.CylinderGeometry(1, 1, 1, 14), this.#material, room);
    this.mesh.instanceMatrix.setUsage(THREE.DynamicDrawUsage);
    this.mesh.frustumCulled = false;
    this.#rim?.dispose();
    this.#rim = addRim(this.mesh, rim, rimShape);
  }
}
