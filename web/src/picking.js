/** Which atom is under a pointer. */

import * as THREE from "three";

export const REACH = { mouse: 9, pen: 12, touch: 26 }; // px beyond the ball's rim

/** nm that a pixel covers at a depth of 1 nm; `fov` in degrees, `height` of the canvas in px. */
export function perPixel(fov, height) {
  return (2 * Math.tan((fov * Math.PI) / 360)) / height;
}

/**
 * The atom under a ray, the front one where several are; null for none.
 *
 * @param ray      THREE.Ray from the camera
 * @param molecule has count, place(atom, target) in nm and radius(atom) in nm
 * @param reach    nm beyond a ball's rim that still count, at a depth of 1 nm
 */
export function pickAtom(ray, molecule, reach) {
  const place = new THREE.Vector3();
  let best = null;
  for (let atom = 0; atom < molecule.count; atom++) {
    molecule.place(atom, place);
    const depth = place.clone().sub(ray.origin).dot(ray.direction);
    if (depth <= 0) continue;
    const away = ray.distanceToPoint(place) - molecule.radius(atom);
    if (away > reach * depth) continue;
    // A ball that is hit counts by how near it is; one that is only close, by how close.
    const rank = away <= 0 ? depth : 1000 + away;
    if (!best || rank < best.rank) best = { atom, rank };
  }
  return best?.atom ?? null;
}
