/** Small live curves, newest at the right: one canvas each, drawn by hand. */

import { Curves, KEPT } from "./curves.js";

const GUTTER = 34; // px at the left, for the axis' numbers: no curve comes there

export class Plot {
  /**
   * @param parent where it goes
   * @param title  what it shows
   * @param unit   of the numbers
   * @param least  the least height of the axis, so that noise doesn't fill it
   * @param inWords a value as the pointer shows it; by default with the unit
   */
  constructor(parent, title, unit, least, inWords = (value) => `${value.toFixed(least < 10 ? 2 : 0)} ${unit}`) {
    this.unit = unit;
    this.least = least;
    this.curves = new Curves();
    this.figure = document.createElement("figure");
    this.figure.innerHTML = `<figcaption><b></b><span></span></figcaption><canvas></canvas>`;
    this.figure.querySelector("b").textContent = title;
    this.readout = this.figure.querySelector("span");
    this.canvas = this.figure.querySelector("canvas");
    this.inWords = inWords;
    this.pointed = null;
    this.canvas.addEventListener("pointermove", (event) => this.#point(event.offsetX));
    this.canvas.addEventListener("pointerleave", () => this.#point(null));
    parent.append(this.figure);
  }

  /** Add one instant, see {@link Curves}, and show its texts. */
  add(added, gap = false) {
    this.curves.add(added, gap);
    const now = added.map(([name]) => this.curves.series.get(name));
    this.readout.replaceChildren(
      ...now.map(({ colour, text }) =>
        Object.assign(document.createElement("em"), { textContent: text, style: `--curve:${colour}` }),
      ),
    );
  }

  draw() {
    const scale = Math.min(devicePixelRatio, 2);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width) return;
    if (this.canvas.width !== Math.round(width * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const range = this.curves.range(this.least);
    if (!range) return;
    const [low, high] = range;
    const y = (value) => height - 3 - ((value - low) / (high - low || 1)) * (height - 6);
    const x = (at) => width - 2 - ((this.curves.samples - at) / KEPT) * (width - 2 - GUTTER);
    this.#axis(pen, width, height);
    pen.save();
    pen.beginPath();
    pen.rect(GUTTER, 0, width - GUTTER, height);
    pen.clip();
    for (const { colour, points } of this.curves.series.values()) {
      pen.strokeStyle = colour;
      pen.lineWidth = 1.6;
      pen.lineJoin = "round";
      pen.beginPath();
      let down = false;
      for (const point of points) {
        if (point === null) down = false;
        else if (down) pen.lineTo(x(point.at), y(point.value));
        else {
          pen.moveTo(x(point.at), y(point.value));
          down = true;
        }
      }
      pen.stroke();
    }
    pen.restore();
    this.#marks(pen, x, width, height);
    this.#labels(pen, height, low, high);
    if (this.pointed !== null) this.#pointedAt(pen, x, y, width, height);
  }

  /** The pointer is over the curves, so many px from the left, or no longer (null). */
  #point(at) {
    this.pointed = at;
    this.draw();
  }

  /** What the curves were where the pointer is. */
  #pointedAt(pen, x, y, width, height) {
    const line = Math.min(Math.max(this.pointed, GUTTER), width - 2);
    const near = [...this.curves.series.values()].flatMap(({ colour, points }) => {
      const there = points.filter(Boolean);
      if (!there.length) return [];
      const off = (point) => Math.abs(x(point.at) - line);
      return [{ colour, point: there.reduce((best, point) => (off(point) < off(best) ? point : best)) }];
    });
    pen.strokeStyle = "#8893a380";
    pen.beginPath();
    pen.moveTo(line, 0);
    pen.lineTo(line, height);
    pen.stroke();
    pen.font = "11px system-ui, sans-serif";
    near.forEach(({ colour, point }, k) => {
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(x(point.at), y(point.value), 2.6, 0, 2 * Math.PI);
      pen.fill();
      const text = this.inWords(point.value);
      const { width: wide } = pen.measureText(text);
      const left = Math.max(GUTTER, Math.min(line + 6, width - wide - 4));
      const top = 12 + 14 * k;
      pen.fillStyle = document.documentElement.dataset.theme === "light" ? "#fffffff0" : "#141a23e6";
      pen.fillRect(left - 3, top - 11, wide + 6, 14);
      pen.fillStyle = colour;
      pen.fillText(text, left, top);
    });
  }

  #marks(pen, x, width, height) {
    pen.strokeStyle = pen.fillStyle = "#c8d0dc";
    pen.lineWidth = 1;
    pen.font = "10px system-ui, sans-serif";
    pen.setLineDash([3, 3]);
    for (const { at, text } of this.curves.marks) {
      const line = Math.round(x(at)) + 0.5;
      pen.beginPath();
      pen.moveTo(line, 0);
      pen.lineTo(line, height);
      pen.stroke();
      const { width: wide } = pen.measureText(text);
      pen.fillText(text, Math.max(0, Math.min(line + 3, width - wide)), height - 6);
    }
    pen.setLineDash([]);
  }

  #axis(pen, width, height) {
    pen.strokeStyle = "#8893a338";
    pen.lineWidth = 1;
    pen.beginPath();
    for (const share of [0, 0.5, 1]) {
      const line = Math.round(3 + share * (height - 6)) + 0.5;
      pen.moveTo(GUTTER, line);
      pen.lineTo(width, line);
    }
    pen.stroke();
  }

  #labels(pen, height, low, high) {
    pen.fillStyle = "#8893a3";
    pen.font = "10px system-ui, sans-serif";
    pen.textAlign = "right";
    const digits = high - low < 1 ? 2 : high - low < 10 ? 1 : 0;
    const label = (value) => value.toFixed(digits).replace("-", "−");
    pen.fillText(label(high), GUTTER - 5, 11);
    pen.fillText(label(low), GUTTER - 5, height - 3);
    pen.textAlign = "left";
  }
}
