/** The molecule as balls and sticks: one draw call for all atoms and one for all bonds. */

import * as THREE from "three";
import { partnersOf } from "./bonds.js";
import { colour, radius } from "./elements.js";

const STICK = 0.011; // nm
const UP = new THREE.Vector3(0, 1, 0);
const CALM = new THREE.Color(0x3a4a5e);
const DOUBTFUL = new THREE.Color(0xff4fa0);

const position = new THREE.Vector3();
const other = new THREE.Vector3();
const middle = new THREE.Vector3();
const along = new THREE.Vector3();
const turn = new THREE.Quaternion();
const size = new THREE.Vector3();
const matrix = new THREE.Matrix4();
const shade = new THREE.Color();

export class MoleculeView extends THREE.Group {
  elements = new Uint8Array(0);
  positions = new Float32Array(0);
  bonds = new Uint32Array(0);

  /** kJ/mol for each atom, or null: colour by element. */
  uncertainty = null;
  uncertaintyTop = 1;

  #material = new THREE.MeshStandardMaterial({ roughness: 0.42, metalness: 0.05 });
  #balls = null;
  #sticks = null;
  #coloured = false;

  get count() {
    return this.elements.length;
  }

  radius(atom) {
    return radius(this.elements[atom]);
  }

  place(atom, target = new THREE.Vector3()) {
    return target.fromArray(this.positions, 3 * atom);
  }

  /** Take over what is new in a frame. */
  update(frame, increment) {
    if (increment["particle.elements"]) this.#setElements(frame["particle.elements"]);
    if (increment["bond.pairs"] && frame["bond.pairs"]) this.#setBonds(frame["bond.pairs"]);
    const positions = frame["particle.positions"];
    if (!positions || positions.length !== 3 * this.count) return;
    this.positions = positions;
    this.#draw();
  }

  /** Choose the colours again. */
  recolour() {
    this.#coloured = false;
    if (this.positions.length === 3 * this.count) this.#draw();
  }

  /** The atoms that this one is bonded to. */
  partners(atom) {
    return partnersOf(this.bonds, atom);
  }

  /** The middle of all atoms, and how far from it the farthest is. */
  extent() {
    const centre = new THREE.Vector3();
    for (let atom = 0; atom < this.count; atom++) centre.add(this.place(atom, position));
    centre.divideScalar(Math.max(this.count, 1));
    let reach = 0.1;
    for (let atom = 0; atom < this.count; atom++)
      reach = Math.max(reach, this.place(atom, position).distanceTo(centre));
    return { centre, reach };
  }

  #setElements(elements) {
    this.elements = elements;
    this.#replace(
      "#balls",
      new THREE.SphereGeometry(1, elements.length > 60 ? 20 : 32, elements.length > 60 ? 14 : 22),
      elements.length,
    );
    this.#setBonds(this.bonds.length && Math.max(...this.bonds) < elements.length ? this.bonds : new Uint32Array(0));
  }

  #setBonds(bonds) {
    this.bonds = bonds;
    if (!this.#sticks || this.#sticks.instanceMatrix.count < bonds.length) {
      this.#replace("#sticks", new THREE.CylinderGeometry(1, 1, 1, 14, 1, true), Math.max(bonds.length, 16));
    }
    this.#sticks.count = bonds.length; // two halves for each bond, of their atoms' colours
    this.#coloured = false;
  }

  #replace(which, geometry, count) {
    const mesh = new THREE.InstancedMesh(geometry, this.#material, count);
    mesh.instanceMatrix.setUsage(THREE.DynamicDrawUsage);
    mesh.frustumCulled = false;
    const old = which === "#balls" ? this.#balls : this.#sticks;
    if (old) {
      this.remove(old);
      old.geometry.dispose();
      old.dispose();
    }
    if (which === "#balls") this.#balls = mesh;
    else this.#sticks = mesh;
    this.add(mesh);
    this.#coloured = false;
  }

  #draw() {
    turn.identity();
    for (let atom = 0; atom < this.count; atom++) {
      this.place(atom, position);
      matrix.compose(position, turn, size.setScalar(this.radius(atom)));
      this.#balls.setMatrixAt(atom, matrix);
    }
    this.#balls.instanceMatrix.needsUpdate = true;
    for (let k = 0; k + 1 < this.bonds.length; k += 2) {
      this.place(this.bonds[k], position);
      this.place(this.bonds[k + 1], other);
      middle.addVectors(position, other).multiplyScalar(0.5);
      this.#stick(k, position, middle);
      this.#stick(k + 1, middle, other);
    }
    if (this.#sticks) this.#sticks.instanceMatrix.needsUpdate = true;
    if (!this.#coloured || this.uncertainty) this.#colour();
  }

  #stick(index, from, to) {
    along.subVectors(to, from);
    const length = along.length();
    turn.setFromUnitVectors(UP, along.divideScalar(length || 1));
    matrix.compose(along.addVectors(from, to).multiplyScalar(0.5), turn, size.set(STICK, length, STICK));
    this.#sticks.setMatrixAt(index, matrix);
    turn.identity();
  }

  #colour() {
    const doubt = this.uncertainty?.length === this.count ? this.uncertainty : null;
    const of = (atom) =>
      doubt
        ? shade.copy(CALM).lerp(DOUBTFUL, Math.min(doubt[atom] / this.uncertaintyTop, 1))
        : shade.setHex(colour(this.elements[atom]));
    for (let atom = 0; atom < this.count; atom++) this.#balls.setColorAt(atom, of(atom));
    for (let k = 0; k < this.bonds.length; k++) this.#sticks.setColorAt(k, of(this.bonds[k]));
    for (const mesh of [this.#balls, this.#sticks]) if (mesh?.instanceColor) mesh.instanceColor.needsUpdate = true;
    this.#coloured = true;
  }
}
