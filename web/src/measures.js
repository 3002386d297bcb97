/** Distances, angles and dihedrals that people have picked: two, three or four atoms each. No drawing. */

/** What so many atoms make: a word and a unit. */
export const KINDS = {
  2: { name: "distance", unit: "Å" },
  3: { name: "angle", unit: "°" },
  4: { name: "dihedral", unit: "°" },
};
const MOST = 6; // measures at a time

const DEGREES = 180 / Math.PI;

/** The value of 2 (angstrom), 3 or 4 (degrees) points in nm: THREE.Vector3. */
export function measure(points) {
  if (points.length === 2) return 10 * points[0].distanceTo(points[1]);
  if (points.length === 3) {
    const [a, b, c] = points;
    return DEGREES * a.clone().sub(b).angleTo(c.clone().sub(b));
  }
  // The dihedral is the angle between two planes about the middle bond, positive clockwise (IUPAC).
  const [a, b, c, d] = points;
  const along = c.clone().sub(b);
  const first = a.clone().sub(b).cross(along);
  const second = along.clone().cross(d.clone().sub(c)).negate();
  const angle = DEGREES * first.angleTo(second);
  return first.clone().cross(second).dot(along) < 0 ? -angle : angle;
}

export class Measures {
  /** Lists of atoms, each of two to four, the newest last. */
  kept = [];
  /** The atoms that are being picked: a measure from the second on. */
  picked = [];

  /** An atom was picked: picked once more, it ends what is being picked; a fifth one begins anew. */
  pick(atom) {
    if (this.picked.includes(atom) || this.picked.length === 4) {
      const again = this.picked.at(-1) === atom;
      this.finish();
      if (again) return;
    }
    this.picked.push(atom);
  }

  /** What is picked stays; a single atom doesn't. */
  finish() {
    if (this.picked.length > 1) this.kept.push(this.picked);
    this.picked = [];
    while (this.kept.length > MOST) this.kept.shift();
  }

  remove(atoms) {
    if (this.picked === atoms) this.picked = [];
    this.kept = this.kept.filter((each) => each !== atoms);
  }

  clear() {
    [this.kept, this.picked] = [[], []];
  }

  /** All measures, also the one that is being picked. */
  get all() {
    return this.picked.length > 1 ? [...this.kept, this.picked] : this.kept;
  }

  /** Those of atoms that there are; another molecule may have fewer. */
  forget(count) {
    const there = (atoms) => atoms.every((atom) => atom < count);
    this.kept = this.kept.filter(there);
    if (!there(this.picked)) this.picked = [];
  }
}
