/** How long bonds are, from the covalent radii of Cordero et al., Dalton Trans. 2832 (2008), as the server has them. */

// angstrom, from hydrogen to krypton
const RADII = [
  0.31, 0.28, 1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58, 1.66, 1.41, 1.21, 1.11, 1.07, 1.05, 1.02, 1.06, 2.03,
  1.76, 1.7, 1.6, 1.53, 1.39, 1.39, 1.32, 1.26, 1.24, 1.32, 1.22, 1.22, 1.2, 1.19, 1.2, 1.2, 1.16,
];
const IODINE = 53;
const OTHERS = 1.4; // about that of iodine; heavy metals have more

const radiusOf = (number) => RADII[number - 1] ?? (number === IODINE ? 1.39 : OTHERS);

/** The length of a single bond between two elements, nm. */
export const bondLength = (a, b) => (radiusOf(a) + radiusOf(b)) / 10;
