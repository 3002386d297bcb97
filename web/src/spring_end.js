/** Where a hand's spring ends: it follows the hand no faster than atoms can, and stays out of nuclei. No drawing. */

import * as THREE from "three";
import { bondLength } from "./covalent_radii.js";

const SPEED = 6; // nm/ps, of an amu: a hydrogen that vibrates is as fast
const MOST_AT_ONCE = 0.04; // nm, of one move, also where many frames came as one
const NEAREST = 0.97; // of a bond's length: a hand brings no nucleus nearer to another

/** nm/ps: how fast so many amu are drawn at most. Heavy ones are slower, for what they would do by their impact. */
export const speedOf = (mass) => SPEED / Math.cbrt(Math.max(mass, 1));

/**
 * Move the end of a spring towards a hand.
 *
 * @param end         THREE.Vector3, changed
 * @param hand        where the hand wants what it holds
 * @param place       where that is now
 * @param leash       nm, from `place` to the end at most
 * @param mass        amu, of what is held
 * @param picoseconds simulated since the last move
 */
export function follow(end, hand, { place, leash, mass, picoseconds }) {
  const most = Math.min(speedOf(mass) * Math.max(picoseconds, 0), MOST_AT_ONCE);
  end.add(hand.clone().sub(end).clampLength(0, most));
  return end.sub(place).clampLength(0, leash).add(place);
}

/**
 * Put a point for one atom out of other atoms' nuclei: a bond's length before each, on the side where the atom is.
 *
 * @param point    THREE.Vector3, changed
 * @param atom     the one that is drawn there
 * @param molecule has count, elements and place(atom)
 */
export function keepOff(point, atom, molecule) {
  const own = molecule.place(atom);
  const other = new THREE.Vector3();
  for (let k = 0; k < molecule.count; k++) {
    if (k === atom) continue;
    const least = NEAREST * bondLength(molecule.elements[atom], molecule.elements[k]);
    other.copy(molecule.place(k));
    if (point.distanceTo(other) >= least) continue;
    const side = own.clone().sub(other);
    if (side.lengthSq() < 1e-10) side.copy(point).sub(other);
    if (side.lengthSq() < 1e-10) side.set(0, 0, 1);
    point.copy(other).add(side.setLength(least));
  }
  return point;
}
