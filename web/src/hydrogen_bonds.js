/** Hydrogen bonds by geometry: D-H...A with D and A nitrogen, oxygen or fluorine. No drawing. */

import { partnersOf } from "./bonds.js";

const ELECTRONEGATIVE = new Set([7, 8, 9]);
// nm and degrees; G. A. Jeffrey, An Introduction to Hydrogen Bonding (1997): moderate ones are to 0.22 nm, beyond 130
// degrees, weak ones longer. One that is drawn stays a little longer, so that none flickers.
const FORMS = { far: 0.235, angle: 130 };
const STAYS = { far: 0.26, angle: 115 };

export class HydrogenBonds {
  #donors = [];
  #acceptors = [];
  #drawn = new Set();

  /** The bonds are others: pairs of atoms, flat. */
  prepare(elements, bonds) {
    this.#donors = [];
    for (const [atom, number] of elements.entries()) {
      if (number !== 1) continue;
      const [donor] = partnersOf(bonds, atom);
      if (donor !== undefined && ELECTRONEGATIVE.has(elements[donor])) this.#donors.push([donor, atom]);
    }
    this.#acceptors = this.#donors.length
      ? [...elements.keys()].filter((atom) => ELECTRONEGATIVE.has(elements[atom]))
      : [];
  }

  /** @returns pairs (hydrogen, acceptor), flat; `place(atom)` is a THREE.Vector3 in nm. */
  find(place) {
    const found = [];
    const drawn = new Set();
    for (const [donor, hydrogen] of this.#donors) {
      const here = place(hydrogen).clone();
      const back = place(donor).clone().sub(here);
      for (const acceptor of this.#acceptors) {
        if (acceptor === donor) continue;
        const way = place(acceptor).clone().sub(here);
        const key = `${hydrogen}-${acceptor}`;
        const limit = this.#drawn.has(key) ? STAYS : FORMS;
        if (way.length() > limit.far || (back.angleTo(way) * 180) / Math.PI < limit.angle) continue;
        found.push(hydrogen, acceptor);
        drawn.add(key);
      }
    }
    this.#drawn = drawn;
    return found;
  }
}
