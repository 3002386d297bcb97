/** How elements look: symbol, name, colour, and the radius of the ball in nm (a part of the van der Waals radius). */

const SYMBOLS = (
  "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo " +
  "Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl " +
  "Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
).split(" ");

const NAMES = {
  H: "hydrogen",
  C: "carbon",
  N: "nitrogen",
  O: "oxygen",
  F: "fluorine",
  Si: "silicon",
  P: "phosphorus",
  S: "sulfur",
  Cl: "chlorine",
  Br: "bromine",
  I: "iodine",
};

const LOOKS = {
  H: [0xeef1f5, 0.03],
  C: [0xb3bfd0, 0.042],
  N: [0x4f7dff, 0.04],
  O: [0xff5a52, 0.039],
  F: [0x86e36b, 0.037],
  Si: [0xd9b38c, 0.05],
  P: [0xff9a3d, 0.047],
  S: [0xf2d33d, 0.047],
  Cl: [0x4fd65c, 0.046],
  Br: [0xb5543c, 0.048],
  I: [0x9a5bd6, 0.052],
};
const OTHER = [0xd67bd0, 0.048];

const look = (number) => LOOKS[symbol(number)] ?? OTHER;

/** E.g. "Li" for 3. */
export const symbol = (number) => SYMBOLS[number - 1] ?? `(${number})`;
/** E.g. "hydrogen" for 1; the symbol of rarer ones. */
export const elementName = (number) => NAMES[symbol(number)] ?? symbol(number);
export const colour = (number) => look(number)[0];
export const radius = (number) => look(number)[1];
