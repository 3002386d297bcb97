/** Colours of atoms by a quantity: which there are, their scales and legends. No drawing. */

import { roundTop } from "./format.js";

/**
 * What atoms can be coloured by, besides their element.
 *
 * key: of the frame, one number for each atom; colours: from the least to the greatest value, evenly spaced;
 * signed: whether the scale reaches as far below 0; tops: where scales may end, in `unit`; saturates: whether greater
 * values are to be expected than the last of them
 */
export const COLOURINGS = {
  charge: {
    key: "particle.charges",
    unit: "e",
    signed: true,
    colours: [0xff5a52, 0xdfe4ec, 0x4f7dff],
    tops: [0.1, 0.2, 0.5, 1, 2, 4],
  },
  spin: {
    key: "particle.spins",
    unit: "unpaired e⁻",
    signed: true,
    colours: [0xb07bff, 0x59677a, 0x7fe08a],
    tops: [0.2, 0.5, 1, 2, 4],
  },
  uncertainty: {
    key: "engine.uncertainty.atoms",
    unit: "kJ/mol/nm",
    signed: false,
    colours: [0x3a4a5e, 0xff4fa0],
    tops: [50, 100, 200, 400],
    saturates: true, // one wild frame would make all later ones look sure
  },
};

/** Names of the colourings for which a frame has a number for each atom. */
export function available(frame) {
  const count = frame["particle.elements"]?.length ?? 0;
  return Object.keys(COLOURINGS).filter((name) => count > 0 && frame[COLOURINGS[name].key]?.length === count);
}

/** Where a scale for these values may end. */
export function topOf(name, values) {
  const { signed, tops } = COLOURINGS[name];
  return roundTop(signed ? Array.from(values, Math.abs) : values, tops);
}

/** The colour of a value: two of the scale's colours and how far between them it lies, from 0 to 1. */
export function tint(name, value, top) {
  const { signed, colours } = COLOURINGS[name];
  const share = Number.isFinite(value) ? value / top : 0;
  const along = Math.min(Math.max(signed ? (share + 1) / 2 : share, 0), 1) * (colours.length - 1);
  const first = Math.min(Math.floor(along), colours.length - 2);
  return { from: colours[first], to: colours[first + 1], share: along - first };
}

/** What the legend of a scale says, at its left end, in its middle and at its right end. */
export function legend(name, top) {
  const { signed, unit, tops, saturates } = COLOURINGS[name];
  const most = saturates && top === tops.at(-1) ? `≥ ${top}` : `${top}`;
  return signed ? [`−${top}`, "0", `+${top} ${unit}`] : ["0", "", `${most} ${unit}`];
}

/** A scale's colours as a CSS gradient. */
export function gradient(name) {
  const stops = COLOURINGS[name].colours.map((colour) => `#${colour.toString(16).padStart(6, "0")}`);
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}
