/** How a setting with a number is shown on a slider: linearly, or by its logarithm. No drawing. */

import { forceText } from "./format.js";

/**
 * The numbers of the dynamics that a person can change, in the units of the command.
 *
 * low, high, step: of the slider, where `power` is set of the logarithm to base 10; text: how a value is written
 */
export const SLIDERS = [
  {
    name: "temperature",
    label: "Temperature",
    low: 0,
    high: 1500,
    step: 10,
    text: (value) => `${short(value)} K`,
    help: "Of the thermostat",
  },
  {
    name: "friction",
    label: "Friction",
    low: -1,
    high: 2,
    step: 0.1,
    power: true,
    text: (value) => `${short(value)} per ps`,
    help: "How strongly the thermostat holds the temperature, and slows what moves",
  },
  {
    name: "steps_per_frame",
    label: "Speed",
    low: 1,
    high: 50,
    step: 1,
    text: (value) => `${value} step${value === 1 ? "" : "s"} a frame`,
    help: "More steps between two pictures: everything moves faster, if the engine can",
  },
  {
    name: "force_cap",
    label: "Max force",
    low: 2.5,
    high: 4.3, // 20000 kJ/mol/nm, the most that a hand of this page asks for
    step: 0.1,
    power: true,
    text: forceText,
    help: "No hand pulls an atom harder, whatever its grip is",
  },
];

/** Where on the slider a value is; at an end where it is beyond. */
export function toSlider({ low, high, power }, value) {
  const place = power ? Math.log10(Math.max(value, 1e-12)) : value;
  return Math.min(Math.max(place, low), high);
}

/** The value at a place on the slider, with two digits where it is a power. */
export function fromSlider({ power }, place) {
  return power ? Number((10 ** place).toPrecision(2)) : place;
}

const short = (value) => String(Number(value.toPrecision(3)));
