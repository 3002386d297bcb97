/** Several atoms are turned as one: each has a spring to where it would be if they were rigid. No drawing. */

import * as THREE from "three";

const MOST = 24; // springs of one hand: of a large molecule the outermost atoms have them

/**
 * How atoms lie about their middle, and how far they are to be turned from there.
 *
 * @param pose       as this function returned it, or null for none so far
 * @param quaternion a further turn
 * @param molecule   has place(atom) and masses (or null)
 * @returns {places, turn}: places is a Map of atom to its THREE.Vector3 from the middle, nm
 */
export function turned(pose, quaternion, atoms, molecule) {
  if (pose) return { places: pose.places, turn: quaternion.clone().multiply(pose.turn) };
  const middle = new THREE.Vector3();
  let total = 0;
  for (const atom of atoms) {
    const mass = molecule.masses?.[atom] ?? 1;
    middle.addScaledVector(molecule.place(atom), mass);
    total += mass;
  }
  middle.divideScalar(total);
  const all = atoms.map((atom) => [atom, molecule.place(atom).clone().sub(middle)]);
  if (all.length > MOST) all.sort(([, a], [, b]) => b.length() - a.length());
  return { places: new Map(all.slice(0, MOST)), turn: quaternion.clone() };
}

/**
 * The springs that turn atoms about `middle`.
 *
 * @param massOf amu of an atom
 * @returns for each atom {atom, point, share}; share: of the whole stiffness, by mass, so that all swing alike
 */
export function turningSprings({ places, turn }, middle, massOf) {
  const total = [...places.keys()].reduce((sum, atom) => sum + massOf(atom), 0);
  return [...places].map(([atom, place]) => ({
    atom,
    point: place.clone().applyQuaternion(turn).add(middle),
    share: massOf(atom) / total,
  }));
}
