/** When the camera goes after the molecule, and where to: it rests as long as all is well in view. No drawing. */

const ROOM = 1.15; // of the sphere that is shown to the one that all atoms fill, after a move
const RIM = 0.97; // atoms beyond this part of the shown sphere: the camera moves
const SMALL = 0.55; // atoms within this part of it, for a while: it comes nearer
const PATIENCE = 2.5; // s of that while
const ASIDE = 0.35; // with a distance that a person has chosen: so far may the middle be from the middle of the view
const TIME = 0.2; // s in which a move covers all but a third of its way
const ARRIVED = 0.01; // of the shown sphere

export class CameraFollow {
  /** A person has chosen the distance: only the middle is followed. */
  zoomed = false;
  /** A person has moved the view aside: nothing is followed. */
  panned = false;

  #moving = false;
  #small = 0;

  /** Show all again, from now on. */
  centre() {
    this.zoomed = this.panned = false;
    this.#moving = true;
  }

  /** A person takes the camera: a move ends where it is. */
  rest() {
    this.#moving = false;
  }

  /**
   * @param shown   {centre, reach}: the sphere that the view shows now; centre is a THREE.Vector3, lengths in nm
   * @param atoms   {centre, reach}: the sphere that all atoms fill, balls included
   * @param seconds since the last call
   * @returns the sphere to show now, or null where the camera rests
   */
  update(shown, atoms, seconds) {
    const wanted = { centre: atoms.centre, reach: this.zoomed ? shown.reach : ROOM * atoms.reach };
    if (!this.#moving && !this.#leaves(shown, atoms, seconds)) return null;
    this.#moving = true;
    this.#small = 0;
    const share = 1 - Math.exp(-seconds / TIME);
    const next = {
      centre: shown.centre.clone().lerp(wanted.centre, share),
      reach: shown.reach + share * (wanted.reach - shown.reach),
    };
    const left = next.centre.distanceTo(wanted.centre) + Math.abs(next.reach - wanted.reach);
    this.#moving = left > ARRIVED * wanted.reach;
    return next;
  }

  #leaves(shown, atoms, seconds) {
    if (this.panned) return false;
    const aside = shown.centre.distanceTo(atoms.centre);
    if (this.zoomed) return aside > ASIDE * shown.reach;
    if (aside + atoms.reach > RIM * shown.reach) return true;
    this.#small = aside + atoms.reach < SMALL * shown.reach ? this.#small + seconds : 0;
    return this.#small > PATIENCE;
  }
}
