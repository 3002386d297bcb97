/** How a bond is drawn, from its order: with one, two or three sticks, or dashed where it is not whole. No drawing. */

/** Styles of bonds, weakest first. */
const STYLES = ["partial", "single", "aromatic", "double", "triple"];

// Between two styles. Calculated orders are no whole numbers: benzene has 1.4, the C=O of an amide 1.7, CN 2.9.
const LIMITS = [0.6, 1.25, 1.7, 2.45];
// An order has to be this far beyond a limit before the style changes: orders vibrate with the atoms.
const MARGIN = 0.07;

const pairOf = (a, b) => (a < b ? `${a}-${b}` : `${b}-${a}`);

/** The style of a bond of this order; `before` is the style that it had, undefined for a bond that is new. */
export function styleOf(order, before) {
  if (!(order > 0)) return "single"; // nobody calculated it
  const plain = LIMITS.filter((limit) => order > limit).length;
  const known = STYLES.indexOf(before);
  if (known < 0 || plain === known) return STYLES[plain];
  const beyond = plain > known ? order - LIMITS[plain - 1] : LIMITS[plain] - order;
  if (beyond > MARGIN) return STYLES[plain];
  // Between a limit and its margin: one style nearer to what it was, which is the same one for neighbours.
  return STYLES[plain > known ? plain - 1 : plain + 1];
}

/** Remembers each bond's style, so that none changes to and fro. */
export class BondStyles {
  #known = new Map();

  /** Another molecule. */
  clear() {
    this.#known.clear();
  }

  /**
   * @param bonds  pairs of atoms, flat
   * @param orders one for each bond; undefined or empty where the engine gives none. Where it has another length, it
   *               belongs to bonds of before: each bond keeps its style
   * @returns the style of each bond
   */
  update(bonds, orders) {
    const count = Math.floor(bonds.length / 2);
    const styles = new Map();
    const found = [];
    for (let k = 0; k < count; k++) {
      const pair = pairOf(bonds[2 * k], bonds[2 * k + 1]);
      const before = this.#known.get(pair);
      const style = !orders?.length
        ? "single"
        : orders.length === count
          ? styleOf(orders[k], before)
          : (before ?? "single");
      styles.set(pair, style);
      found.push(style);
    }
    this.#known = styles;
    return found;
  }
}
