/** The molecule as balls and sticks: one draw call for all atoms and one for all bonds. */

import * as THREE from "three";
import { BondSticks } from "./bond_sticks.js";
import { BondStyles } from "./bond_styles.js";
import { partnersOf } from "./bonds.js";
import { tint } from "./colouring.js";
import { spinRing } from "./electrons.js";
import { colour, radius } from "./elements.js";
import { HydrogenBonds } from "./hydrogen_bonds.js";
import { addRim, rimMaterial } from "./outline.js";
import { PerceivedOrders } from "./perceived_orders.js";
import { SpinRings } from "./spin_rings.js";
import { missingBonds } from "./valences.js";

const position = new THREE.Vector3();
const still = new THREE.Quaternion();
const size = new THREE.Vector3();
const matrix = new THREE.Matrix4();
const shade = new THREE.Color();
const other = new THREE.Color();
const rim = rimMaterial("transformed *= 1.055;");
const HYDROGEN_BOND = new THREE.Color(0x7fb8ff);

export class MoleculeView extends THREE.Group {
  elements = new Uint8Array(0);
  positions = new Float32Array(0);
  bonds = new Uint32Array(0);
  /** amu; null where the server says none. */
  masses = null;
  /** Alpha minus beta electrons of each atom; null where the engine gives none. */
  spins = null;
  /** What each molecule is called, in the order of their first atoms; null where the server does not say. */
  names = null;
  /** How each bond is drawn, see bond_styles.js. */
  styles = [];

  /** {name, values, top}: one of COLOURINGS, its value for each atom, the end of its scale; null: by element. */
  colouring = null;

  #material = new THREE.MeshStandardMaterial({ roughness: 0.42, metalness: 0.05 });
  #balls = null;
  #sticks = new BondSticks(this.#material);
  #known = new BondStyles();
  #perceived = new PerceivedOrders();
  #hydrogenBonds = new HydrogenBonds();
  #dashes = new BondSticks(this.#material);
  #dashed = [];
  #rings = new SpinRings();
  #moved = false;
  #coloured = false;
  #eye = new THREE.Vector3();

  constructor() {
    super();
    this.add(this.#rings);
  }

  get count() {
    return this.elements.length;
  }

  /** How many atoms are marked as having unpaired electrons. */
  get marked() {
    return this.spins?.filter((spin) => spinRing(spin, 0)).length ?? 0;
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
    const positions = frame["particle.positions"];
    const placed = positions?.length === 3 * this.count;
    if (placed) this.positions = positions;
    const orders = frame["bond.orders.engine"];
    const bonds = frame["bond.pairs"] ?? this.bonds;
    if (
      orders?.length
        ? increment["bond.pairs"] || increment["bond.orders.engine"] || increment["frame.index"] === 0
        : placed
    )
      this.#setBonds(bonds, orders?.length ? orders : this.#perceived.update(this, bonds));
    const spins = frame["particle.spins"];
    this.spins = spins?.length === this.count ? spins : null;
    this.masses = frame["particle.masses"] ?? null;
    this.names = frame["molecule.names"] ?? null;
    if (!placed) return;
    this.#moved = true;
  }

  /** Of each atom, how many bonds it lacks: told where no engine says where unpaired electrons are. */
  get missing() {
    return missingBonds(this.elements, this.bonds, this.styles);
  }

  /** Choose the colours again. */
  recolour() {
    this.#coloured = false;
  }

  /** Put everything where it is now, before a picture. `eye`: where the viewer is, in the molecule's space. */
  layOut(eye) {
    if (!this.count || this.positions.length !== 3 * this.count) return;
    const turned = this.#sticks.severalSideBySide && !this.#eye.equals(eye);
    if (this.#moved) this.#layOutBalls();
    if (this.#moved) this.#layOutHydrogenBonds(eye);
    if (this.#moved || turned) this.#sticks.layOut((atom, target) => this.place(atom, target), this.#eye.copy(eye));
    if (this.#moved) this.#rings.update(this.spins, this.spins ? null : this.missing, this);
    if (!this.#coloured) this.#colour();
    this.#moved = false;
  }

  /** The atoms that this one is bonded to. */
  partners(atom) {
    return partnersOf(this.bonds, atom);
  }

  /** A sphere that all balls are in: {centre, reach} in nm. */
  extent() {
    const box = new THREE.Box3();
    for (let atom = 0; atom < this.count; atom++) box.expandByPoint(this.place(atom, position));
    const centre = box.isEmpty() ? new THREE.Vector3() : box.getCenter(new THREE.Vector3());
    let reach = 0.1;
    for (let atom = 0; atom < this.count; atom++)
      reach = Math.max(reach, this.place(atom, position).distanceTo(centre) + this.radius(atom));
    return { centre, reach };
  }

  #setElements(elements) {
    this.elements = elements;
    this.#known.clear();
    this.#perceived.clear();
    const many = elements.length > 60;
    const mesh = new THREE.InstancedMesh(
      new THREE.SphereGeometry(1, many ? 20 : 32, many ? 14 : 22),
      this.#material,
      elements.length,
    );
    mesh.instanceMatrix.setUsage(THREE.DynamicDrawUsage);
    mesh.frustumCulled = false;
    if (this.#balls) {
      this.remove(this.#balls);
      this.#balls.geometry.dispose();
      this.#balls.dispose();
    }
    addRim(mesh, rim);
    this.#balls = mesh;
    this.add(mesh);
    this.#setBonds(this.bonds.length && Math.max(...this.bonds) < elements.length ? this.bonds : new Uint32Array(0));
  }

  #setBonds(bonds, orders) {
    const styles = this.#known.update(bonds, orders);
    const same = bonds === this.bonds && styles.every((style, k) => style === this.styles[k]);
    if (same && styles.length === this.styles.length) return;
    if (bonds !== this.bonds) this.#hydrogenBonds.prepare(this.elements, bonds);
    [this.bonds, this.styles] = [bonds, styles];
    const old = this.#sticks.mesh;
    if (this.#sticks.set(bonds, styles)) {
      if (old) this.remove(old);
      this.add(this.#sticks.mesh);
    }
    this.#moved = true;
    this.#coloured = false;
  }

  #layOutHydrogenBonds(eye) {
    const found = this.#hydrogenBonds.find((atom) => this.place(atom));
    if (String(found) !== String(this.#dashed)) {
      this.#dashed = found;
      const old = this.#dashes.mesh;
      const styles = new Array(found.length / 2).fill("hydrogen");
      if (this.#dashes.set(found, styles)) {
        if (old) this.remove(old);
        this.add(this.#dashes.mesh);
      }
      this.#dashes.colour(() => HYDROGEN_BOND);
    }
    if (found.length) this.#dashes.layOut((atom, target) => this.place(atom, target), eye);
  }

  #layOutBalls() {
    for (let atom = 0; atom < this.count; atom++) {
      this.place(atom, position);
      matrix.compose(position, still, size.setScalar(this.radius(atom)));
      this.#balls.setMatrixAt(atom, matrix);
    }
    this.#balls.instanceMatrix.needsUpdate = true;
  }

  #colour() {
    const by = this.colouring?.values.length === this.count ? this.colouring : null;
    const of = (atom) => {
      if (!by) return shade.setHex(colour(this.elements[atom]));
      const { from, to, share } = tint(by.name, by.values[atom], by.top);
      return shade.setHex(from).lerp(other.setHex(to), share);
    };
    for (let atom = 0; atom < this.count; atom++) this.#balls.setColorAt(atom, of(atom));
    if (this.#balls.instanceColor) this.#balls.instanceColor.needsUpdate = true;
    this.#sticks.colour(of);
    this.#coloured = true;
  }
}
