/** What is far away fades: a fog that begins before the molecule's middle, and reaches beyond its back. */

import * as THREE from "three";

const COLOURS = { dark: 0x121924, light: 0xf0f4f8 }; // as the ground behind the molecule, by theme
const BEGINS = -0.25; // of the reach, from the middle towards the viewer: in front of that nothing fades
const ENDS = 2.6; // of the reach, behind the middle: there nothing would be seen

export class DepthFog {
  fog = new THREE.Fog(COLOURS.dark, 1, 100);

  /**
   * @param distance from the viewer to the middle of the molecule; null for no fog, as in a headset
   * @param reach    of the molecule from its middle, in the same unit
   */
  update(distance, reach) {
    this.fog.color.setHex(COLOURS[document.documentElement.dataset.theme] ?? COLOURS.dark);
    [this.fog.near, this.fog.far] =
      distance === null ? [1e4, 2e4] : [distance + BEGINS * reach, distance + ENDS * reach];
  }
}
