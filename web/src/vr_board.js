/** The headset's board, beside the molecule: figures, the curve of the energy, and buttons that a controller points at. */

import * as THREE from "three";
import { KEPT } from "./curves.js";
import { HIGH, WIDE, buttonAt, buttons, lines } from "./board.js";

const SIZE = 0.52; // m that it is wide
const FARTHEST = 3; // m from a controller
const EVERY = 200; // ms between two drawings
const PLOT = { x: 40, y: 250, width: WIDE - 80, height: 230 };
const COLOURS = { ground: "#141a23f0", text: "#dbe1ea", quiet: "#8893a3", accent: "#ffb454", edge: "#ffffff1f" };

export class Board extends THREE.Mesh {
  #page;
  #pen;
  #drawn = -Infinity;
  #buttons = [];
  #pointed = new Map();
  #caster = new THREE.Raycaster();

  /**
   * @param page {frame, energy, state}: functions that give the newest frame, the energy's curves ({curves, least}), and
   *             what the buttons need (see board.js); {press}: called with a button's name
   */
  constructor(page) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [WIDE, HIGH];
    const map = new THREE.CanvasTexture(canvas);
    map.colorSpace = THREE.SRGBColorSpace;
    super(
      new THREE.PlaneGeometry(SIZE, (SIZE * HIGH) / WIDE),
      new THREE.MeshBasicMaterial({ map, transparent: true, side: THREE.DoubleSide }),
    );
    this.#page = page;
    this.#pen = canvas.getContext("2d");
  }

  /** Draw what is new, a few times a second. */
  update(now) {
    if (now - this.#drawn < EVERY) return;
    this.#drawn = now;
    this.#buttons = buttons(this.#page.state());
    this.#draw();
    this.material.map.needsUpdate = true;
  }

  /** The button that a controller points at, or null. */
  get pointed() {
    return [...this.#pointed.values()].find(Boolean) ?? null;
  }

  /** Where a controller points on the board: {point, distance}, or null; the button there is lit. */
  point(controller) {
    controller.updateWorldMatrix(true, false);
    this.updateWorldMatrix(true, false);
    const { ray } = this.#caster;
    ray.origin.setFromMatrixPosition(controller.matrixWorld);
    ray.direction.set(0, 0, -1).transformDirection(controller.matrixWorld);
    const [hit] = this.#caster.intersectObject(this, false);
    const near = hit && hit.distance < FARTHEST ? hit : null;
    const button = near && buttonAt(this.#buttons, near.uv.x * WIDE, (1 - near.uv.y) * HIGH);
    if (this.#pointed.get(controller) !== (button?.name ?? null)) {
      this.#pointed.set(controller, button?.name ?? null);
      this.#drawn = -Infinity;
    }
    return near;
  }

  /** Press what a controller points at; returns whether that was the board. */
  press(controller) {
    const hit = this.point(controller);
    const name = this.#pointed.get(controller);
    if (hit && name) this.#page.press(name);
    return hit !== null;
  }

  /** A button's middle in the room, for tests. */
  place(name) {
    const { x, y, width, height } = this.#buttons.find((one) => one.name === name);
    const across = (x + width / 2) / WIDE - 0.5;
    const up = 0.5 - (y + height / 2) / HIGH;
    return this.localToWorld(new THREE.Vector3(across * SIZE, (up * SIZE * HIGH) / WIDE, 0));
  }

  #draw() {
    const pen = this.#pen;
    pen.clearRect(0, 0, WIDE, HIGH);
    box(pen, { x: 0, y: 0, width: WIDE, height: HIGH }, COLOURS.ground, 40);
    pen.textAlign = "left";
    const { curves } = this.#page.energy();
    const change = [...curves.series.values()][0]?.points.at(-1)?.value;
    lines(this.#page.frame(), change).forEach((text, k) => {
      pen.font = `${k ? "" : "600 "}38px system-ui, sans-serif`;
      pen.fillStyle = k === 1 ? COLOURS.accent : COLOURS.text;
      pen.fillText(text, 40 + (k === 3 ? 500 : 0), 66 + 58 * Math.min(k, 2), 480 + (k ? 0 : 460));
    });
    this.#drawCurve(pen);
    const lit = new Set(this.#pointed.values());
    for (const button of this.#buttons) {
      box(pen, button, lit.has(button.name) ? COLOURS.accent : COLOURS.edge, 22);
      pen.fillStyle = lit.has(button.name) ? "#1a1206" : button.on ? COLOURS.text : "#5a6472";
      pen.font = "600 34px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.fillText(button.text, button.x + button.width / 2, button.y + button.height / 2 + 12, button.width - 16);
    }
  }

  #drawCurve(pen) {
    box(pen, PLOT, "#0c1016", 18);
    const { curves, least } = this.#page.energy();
    const range = curves.range(least);
    if (!range) return;
    const [low, high] = range;
    const x = (at) => PLOT.x + PLOT.width * (1 - (curves.samples - at) / KEPT);
    const y = (value) => PLOT.y + 12 + (PLOT.height - 24) * (1 - (value - low) / (high - low || 1));
    pen.lineWidth = 4;
    for (const { colour, points } of curves.series.values()) {
      pen.strokeStyle = colour;
      pen.beginPath();
      points.forEach((point, k) => {
        if (point === null) return;
        if (k === 0 || points[k - 1] === null) pen.moveTo(x(point.at), y(point.value));
        else pen.lineTo(x(point.at), y(point.value));
      });
      pen.stroke();
    }
    pen.fillStyle = COLOURS.quiet;
    pen.font = "24px system-ui, sans-serif";
    pen.fillText(`${high.toFixed(0)} kcal/mol`, PLOT.x + 12, PLOT.y + 32);
    pen.fillText(low.toFixed(0).replace("-", "−"), PLOT.x + 12, PLOT.y + PLOT.height - 12);
  }
}

function box(pen, { x, y, width, height }, colour, radius) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
  pen.fill();
}
