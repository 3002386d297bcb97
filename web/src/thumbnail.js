/** A small still picture of a molecule, drawn flat: as wide as it is long. */

import { colour, radius } from "./elements.js";

const MARGIN = 0.06; // nm around the atoms
const LARGEST = 620; // px for a nm: small molecules don't fill the picture

const css = (number, shade = 1) => {
  const part = (shift) => Math.round(Math.min(((number >> shift) & 255) * shade, 255));
  return `rgb(${part(16)} ${part(8)} ${part(0)})`;
};

/** The direction in which points (from their middle) are spread most, by power iteration; none along `without`. */
function longest(points, without) {
  let way = [0.8, 0.5, 0.3];
  for (let k = 0; k < 24; k++) {
    const next = [0, 0, 0];
    for (const point of points) {
      const along = point[0] * way[0] + point[1] * way[1] + point[2] * way[2];
      for (let axis = 0; axis < 3; axis++) next[axis] += along * point[axis];
    }
    for (const other of without) {
      const along = next[0] * other[0] + next[1] * other[1] + next[2] * other[2];
      for (let axis = 0; axis < 3; axis++) next[axis] -= along * other[axis];
    }
    const length = Math.hypot(...next);
    if (length < 1e-9) break;
    way = next.map((part) => part / length);
  }
  return way;
}

/** Atoms as seen from where they are spread most: [[x, y, depth], …] in nm. */
function flattened(positions) {
  const count = positions.length / 3;
  const middle = [0, 1, 2].map(
    (axis) => Array.from({ length: count }, (_, k) => positions[3 * k + axis]).reduce((a, b) => a + b, 0) / count,
  );
  const points = Array.from({ length: count }, (_, k) => middle.map((mid, axis) => positions[3 * k + axis] - mid));
  const x = longest(points, []);
  const y = longest(points, [x]);
  const z = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
  return points.map((point) => [x, y, z].map((axis) => point[0] * axis[0] + point[1] * axis[1] + point[2] * axis[2]));
}

/** Draw a molecule ({elements, positions, bonds}, as system/list has them) into a canvas of so many CSS px. */
export function drawThumbnail(canvas, { elements, positions, bonds }, width, height) {
  const scale = Math.min(devicePixelRatio, 2);
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const places = flattened(positions);
  const spread = (axis) => Math.max(...places.map((place) => Math.abs(place[axis]))) + MARGIN;
  const size = Math.min(width / (2 * spread(0)), height / (2 * spread(1)), LARGEST);
  const [x, y] = [(place) => width / 2 + size * place[0], (place) => height / 2 - size * place[1]];
  const deepest = Math.max(...places.map((place) => Math.abs(place[2])), 1e-6);
  const shade = (depth) => 0.8 + 0.2 * (depth / deepest);
  const drawn = elements.map((number, atom) => ({ depth: places[atom][2], number, place: places[atom] }));
  for (let k = 0; k + 1 < bonds.length; k += 2) {
    const [a, b] = [places[bonds[k]], places[bonds[k + 1]]];
    drawn.push({ depth: (a[2] + b[2]) / 2 - 0.01, from: a, to: b });
  }
  drawn.sort((a, b) => a.depth - b.depth);
  for (const { depth, number, place, from, to } of drawn) {
    pen.beginPath();
    if (from) {
      pen.strokeStyle = css(0x8793a5, shade(depth));
      pen.lineWidth = Math.max(0.022 * size, 1);
      pen.moveTo(x(from), y(from));
      pen.lineTo(x(to), y(to));
      pen.stroke();
      continue;
    }
    pen.fillStyle = css(colour(number), shade(depth));
    pen.strokeStyle = "#06090e";
    pen.lineWidth = Math.max(0.004 * size, 0.5);
    pen.arc(x(place), y(place), radius(number) * size, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
}
