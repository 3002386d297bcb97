/** How elements look: symbol, colour, and the radius of the ball in nm (a part of the van der Waals radius). */

const LOOKS = {
  1: ["H", 0xeef1f5, 0.03],
  6: ["C", 0x6d7a8c, 0.042],
  7: ["N", 0x4f7dff, 0.04],
  8: ["O", 0xff5a52, 0.039],
  9: ["F", 0x86e36b, 0.037],
  14: ["Si", 0xd9b38c, 0.05],
  15: ["P", 0xff9a3d, 0.047],
  16: ["S", 0xf2d33d, 0.047],
  17: ["Cl", 0x4fd65c, 0.046],
  35: ["Br", 0xb5543c, 0.048],
  53: ["I", 0x9a5bd6, 0.052],
};
const OTHER = ["", 0xd67bd0, 0.048];

export const symbol = (number) => (LOOKS[number] ?? OTHER)[0] || `(${number})`;
export const colour = (number) => (LOOKS[number] ?? OTHER)[1];
export const radius = (number) => (LOOKS[number] ?? OTHER)[2];
