/** Soft rings around atoms with unpaired electrons, with an arrow up (alpha) or down (beta). */

import * as THREE from "three";
import { COLOURINGS } from "./colouring.js";
import { spinRing } from "./electrons.js";

const RIM = 0.62; // the ring's radius as a part of half the picture
const PIXELS = 256;
const LACKS = 0.9; // bonds: an aromatic one counts one and a half

export class SpinRings extends THREE.Group {
  #pictures = new Map();

  /**
   * Mark atoms as they are now.
   *
   * @param spins    one for each atom; null where the engine gives none
   * @param missing  then, how many bonds each atom lacks: one or more are marked by a ring without an arrow
   * @param molecule has count, place(atom, target) and radius(atom)
   */
  update(spins, missing, molecule) {
    let used = 0;
    for (let atom = 0; (spins || missing) && atom < molecule.count; atom++) {
      const ring = spins
        ? spinRing(spins[atom], molecule.radius(atom))
        : freeRing(missing[atom], molecule.radius(atom));
      if (!ring) continue;
      const sprite = this.children[used] ?? this.#sprite();
      used++;
      sprite.visible = true;
      molecule.place(atom, sprite.position);
      sprite.scale.setScalar((2 * ring.radius) / RIM);
      sprite.material.map = this.#picture(ring.up);
      sprite.material.opacity = ring.strength;
    }
    for (const sprite of this.children.slice(used)) sprite.visible = false;
  }

  #sprite() {
    const material = new THREE.SpriteMaterial({ map: this.#picture(true), transparent: true, depthWrite: false });
    const sprite = new THREE.Sprite(material);
    this.add(sprite);
    return sprite;
  }

  #picture(up) {
    if (!this.#pictures.has(up)) this.#pictures.set(up, picture(up));
    return this.#pictures.get(up);
  }
}

/** The ring of an atom that lacks a bond: which way the electron's spin is, nobody says. */
function freeRing(missing, radius) {
  return missing >= LACKS ? { ...spinRing(1, radius), up: null } : null;
}

function picture(up) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PIXELS;
  const pen = canvas.getContext("2d");
  const { colours } = COLOURINGS.spin;
  const colour = `#${(up !== false ? colours.at(-1) : colours[0]).toString(16).padStart(6, "0")}`;
  const half = PIXELS / 2;
  const glow = pen.createRadialGradient(half, half, 0, half, half, half);
  glow.addColorStop(0, `${colour}4d`);
  glow.addColorStop(RIM, `${colour}47`);
  glow.addColorStop(1, `${colour}00`);
  pen.fillStyle = glow;
  pen.fillRect(0, 0, PIXELS, PIXELS);
  pen.strokeStyle = colour;
  pen.lineWidth = PIXELS * 0.022;
  pen.beginPath();
  pen.arc(half, half, half * RIM, 0, 2 * Math.PI);
  pen.stroke();
  if (up !== null) arrow(pen, half + half * RIM * Math.SQRT1_2, half - half * RIM * Math.SQRT1_2, up);
  const map = new THREE.CanvasTexture(canvas);
  map.colorSpace = THREE.SRGBColorSpace;
  return map;
}

/** An arrow on a small dark disc, with its middle at (x, y). */
function arrow(pen, x, y, up) {
  const size = PIXELS * 0.088;
  const way = up ? -1 : 1;
  const colour = pen.strokeStyle;
  pen.fillStyle = "#0d1117";
  pen.beginPath();
  pen.arc(x, y, size * 1.15, 0, 2 * Math.PI);
  pen.fill();
  pen.lineWidth = size * 0.3;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = colour;
  pen.beginPath();
  pen.moveTo(x, y - way * size * 0.7);
  pen.lineTo(x, y + way * size * 0.7);
  pen.moveTo(x - size * 0.5, y + way * size * 0.2);
  pen.lineTo(x, y + way * size * 0.7);
  pen.lineTo(x + size * 0.5, y + way * size * 0.2);
  pen.stroke();
}
