/** Things that stand in the headset's room: the wands in the hands, and the sign that says what to do. */

import * as THREE from "three";

/** The point of a controller that takes atoms, in its own space. */
export const TIP = new THREE.Vector3(0, 0, -0.06);

/** A controller: a slim handle, and a ball at the tip that takes. */
export function wand() {
  const group = new THREE.Group();
  const handle = new THREE.Mesh(
    new THREE.CapsuleGeometry(0.014, 0.09, 6, 14).rotateX(Math.PI / 2),
    new THREE.MeshStandardMaterial({ color: 0x2b3442, roughness: 0.6 }),
  );
  handle.position.z = 0.02;
  const tip = new THREE.Mesh(new THREE.SphereGeometry(0.009, 18, 12), new THREE.MeshBasicMaterial({ color: 0xffb454 }));
  tip.position.copy(TIP);
  group.add(handle, tip);
  return group;
}

/** What to do, on a board behind the molecule. */
export function sign() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [1024, 320];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#141a23e0";
  pen.roundRect(0, 0, 1024, 320, 40);
  pen.fill();
  pen.textAlign = "center";
  const lines = [
    ["Trigger: hold the nearest atom, and pull", "#ffb454", "600 42px"],
    ["Grip: move the molecule. Both grips: make it larger or smaller", "#dbe1ea", "29px"],
    ["A or X: pause. B or Y: undo. Stick, pressed: relax. Or point at the board", "#8893a3", "27px"],
  ];
  lines.forEach(([text, colour, font], k) => {
    pen.font = `${font} system-ui, sans-serif`;
    pen.fillStyle = colour;
    pen.fillText(text, 512, 110 + 75 * k);
  });
  const map = new THREE.CanvasTexture(canvas);
  map.colorSpace = THREE.SRGBColorSpace;
  return new THREE.Mesh(new THREE.PlaneGeometry(1.0, 0.3125), new THREE.MeshBasicMaterial({ map, transparent: true }));
}
