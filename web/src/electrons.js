/** What the page says about the electrons: <S²>, changes of state, and an atom's charge and spin. No drawing. */

import { KJ_IN_KCAL, signed } from "./format.js";

const FAINT = 0.1; // unpaired electrons on an atom that are not marked yet
const CLEAR = 0.3; // and from which on the mark is as clear as it gets
const NEAREST = 0.008; // nm between a ball and its ring, for a spin of nothing
const GROWTH = 0.028; // nm that the ring is wider for a whole unpaired electron
const LEAST_TOLD = KJ_IN_KCAL / 2; // kJ/mol: less would read "+0 kcal/mol"

/**
 * The ring that marks unpaired electrons on an atom; null where there are none to speak of.
 *
 * @param spin   alpha minus beta electrons of the atom
 * @param radius of its ball, nm
 * @returns radius of the ring (nm), strength from 0 to 1 (it comes and goes without a jump), up: more alpha than beta
 */
export function spinRing(spin, radius) {
  const size = Math.abs(spin);
  if (!(size > FAINT)) return null;
  const strength = Math.min((size - FAINT) / (CLEAR - FAINT), 1);
  return { radius: radius + NEAREST + GROWTH * Math.min(size, 2), strength, up: spin > 0 };
}

/** The figure for <S²>; empty where the engine does not give it. */
export function spinSquareText(value) {
  return Number.isFinite(value) ? `⟨S²⟩ ${value.toFixed(2)}` : "";
}

/** Notices when an engine went over to another electronic state. */
export class StateChanges {
  #told = 0;

  /**
   * @param frame  the present one, with how many changes there were, and the energies of the last, kJ/mol
   * @param begins whether a simulation starts with it: what it tells of was before
   * @returns a sentence about a change that is new; mostly empty
   */
  update(frame, begins) {
    const count = frame["engine.state_changes"] ?? 0;
    const isNew = count > this.#told && !begins;
    this.#told = count;
    const [before, after] = frame["engine.state_changed"] ?? [];
    if (!isNew || !(Math.abs(after - before) >= LEAST_TOLD)) return "";
    const where = after < before ? "settled into a lower state" : "went over to another state";
    return `The electrons ${where}: ${signed((after - before) / KJ_IN_KCAL)} kcal/mol`;
  }
}

/** An atom's charge and spin, as far as a frame has them: "charge −0.21 e, spin +0.70"; empty where it has none. */
export function atomText(frame, atom) {
  const count = frame["particle.elements"]?.length ?? -1;
  const of = (key) => (frame[key]?.length === count ? frame[key][atom] : undefined);
  const [charge, spin] = [of("particle.charges"), of("particle.spins")];
  const parts = [];
  if (Number.isFinite(charge)) parts.push(`charge ${hundredths(charge)} e`);
  if (Number.isFinite(spin)) parts.push(`spin ${hundredths(spin)}`);
  return parts.join(", ");
}

function hundredths(value) {
  const digits = Math.abs(value).toFixed(2);
  return Number(digits) === 0 ? "0.00" : `${value < 0 ? "−" : "+"}${digits}`;
}
