/** Numbers as the page shows them. */

const PICONEWTON = 1.66054; // in a kJ/mol/nm
/** kJ/mol in a kcal/mol. */
export const KJ_IN_KCAL = 4.184;

/** A whole number with its sign and thin spaces between thousands. */
export function signed(value) {
  const digits = Math.abs(value)
    .toFixed(0)
    .replace(/\B(?=(\d{3})+(?!\d))/g, "\u2009");
  return `${value < -0.5 ? "−" : "+"}${digits}`;
}

/** A change of energy in kJ/mol in both units: "+105 kcal/mol, +440 kJ/mol". */
export function energyText(energy) {
  return `${signed(energy / KJ_IN_KCAL)} kcal/mol, ${signed(energy)} kJ/mol`;
}

/** A force in kJ/mol/nm as "820 pN" or "1.25 nN". */
export function forceText(force) {
  const piconewtons = PICONEWTON * force;
  return piconewtons < 1000 ? `${piconewtons.toFixed(0)} pN` : `${(piconewtons / 1000).toFixed(2)} nN`;
}

/** The smallest of these round figures that is not below the greatest value, or the last of them. */
export function roundTop(values, tops) {
  const most = Math.max(...values);
  return tops.find((top) => most <= top) ?? tops.at(-1);
}
