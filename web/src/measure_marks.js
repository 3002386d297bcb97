/** Picked atoms in the picture: a line through those of each measure, and a ring around those being picked. */

import * as THREE from "three";
import { Ring } from "./hands_layer.js";

const PICKED = 0xe0a3ff;
const SEGMENTS = 64; // lines at most

export class MeasureMarks extends THREE.Group {
  #panel;
  #molecule;
  #positions = new Float32Array(6 * SEGMENTS);
  #colours = new Float32Array(6 * SEGMENTS);
  #lines;
  #rings = [];

  constructor(panel, molecule) {
    super();
    this.#panel = panel;
    this.#molecule = molecule;
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", new THREE.BufferAttribute(this.#positions, 3));
    geometry.setAttribute("color", new THREE.BufferAttribute(this.#colours, 3));
    const material = new THREE.LineDashedMaterial({
      vertexColors: true,
      dashSize: 0.012,
      gapSize: 0.008,
      depthTest: false,
      transparent: true,
    });
    this.#lines = new THREE.LineSegments(geometry, material);
    this.#lines.frustumCulled = false;
    this.#lines.renderOrder = 3;
    this.add(this.#lines);
  }

  /** As it is now; `camera`: where the viewer is, in the molecule's space. */
  update(camera) {
    const { measures } = this.#panel;
    let used = 0;
    const place = new THREE.Vector3();
    const colour = new THREE.Color();
    for (const atoms of measures.all) {
      if (atoms.some((atom) => atom >= this.#molecule.count)) continue;
      colour.set(this.#panel.colour(atoms));
      for (let k = 0; k + 1 < atoms.length && used < SEGMENTS; k++, used++) {
        for (const [end, atom] of [atoms[k], atoms[k + 1]].entries()) {
          this.#molecule.place(atom, place).toArray(this.#positions, 6 * used + 3 * end);
          colour.toArray(this.#colours, 6 * used + 3 * end);
        }
      }
    }
    this.#lines.visible = used > 0;
    if (used) {
      const { geometry } = this.#lines;
      geometry.setDrawRange(0, 2 * used);
      geometry.attributes.position.needsUpdate = geometry.attributes.color.needsUpdate = true;
      this.#lines.computeLineDistances();
    }
    const { picked } = measures;
    while (this.#rings.length < picked.length) {
      this.#rings.push(new Ring(PICKED));
      this.add(this.#rings.at(-1));
    }
    for (const [k, ring] of this.#rings.entries()) {
      ring.visible = k < picked.length && picked[k] < this.#molecule.count;
      if (ring.visible) ring.set(this.#molecule.place(picked[k]), 1.1 * this.#molecule.radius(picked[k]), camera);
    }
  }
}
