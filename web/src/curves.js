/** Live curves as numbers: the newest samples of each, with gaps. No drawing. */

export const KEPT = 360; // samples: some twelve seconds at thirty frames a second

export class Curves {
  samples = 0;

  /** name -> {colour, text, points}; a point is {at, value}, or null where the curve is interrupted. */
  series = new Map();

  /** Instants with a word, oldest first: {at, text}. */
  marks = [];

  clear() {
    this.series.clear();
    this.marks.length = 0;
  }

  /** Mark the next instant. */
  mark(text) {
    this.marks.push({ at: this.samples + 1, text });
  }

  /**
   * Add one instant.
   *
   * @param curves [name, colour, value, text] for each
   * @param gap    whether it is not joined to the instant before
   */
  add(curves, gap = false) {
    this.samples++;
    for (const [name, colour, value, text] of curves) {
      if (!this.series.has(name)) this.series.set(name, { points: [] });
      const one = this.series.get(name);
      Object.assign(one, { colour, text });
      if (gap) one.points.push(null);
      one.points.push({ at: this.samples, value });
    }
    for (const [name, { points }] of this.series) {
      while (points.length && (points[0] === null || points[0].at < this.samples - KEPT)) points.shift();
      if (!points.length) this.series.delete(name);
    }
    while (this.marks.length && this.marks[0].at < this.samples - KEPT) this.marks.shift();
  }

  /** [low, high] of all values, at least so far apart; null where there are none. */
  range(least) {
    const values = [...this.series.values()].flatMap(({ points }) => points.filter(Boolean).map(({ value }) => value));
    if (!values.length) return null;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const lift = Math.max(least - (high - low), 0) / 2;
    return [low - lift, high + lift];
  }
}
