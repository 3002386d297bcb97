/** The room that people share (left-handed, metres) and the molecule's space (right-handed, nm). */

import * as THREE from "three";

/** A point of the shared room in a right-handed one, or the other way round: x is reversed. */
export function mirrored(position) {
  return new THREE.Vector3(-position[0], position[1], position[2]);
}

/** From the molecule's space to the (right-handed) room: the box's pose, which someone may have moved. */
export function moleculeToRoom(scene) {
  const matrix = new THREE.Matrix4();
  if (!Array.isArray(scene) || scene.length !== 10) return matrix;
  const [x, y, z, a, b, c, w, u, v, t] = scene;
  matrix.compose(new THREE.Vector3(-x, y, z), new THREE.Quaternion(a, -b, -c, w), new THREE.Vector3(u, v, t));
  return matrix.determinant() ? matrix : matrix.identity();
}

/** The other way round. */
export function roomToMolecule(scene) {
  return moleculeToRoom(scene).invert();
}

/** Where one controller is; of two: their middle, the way from one to the other, and their distance as size. */
export function gripPose(controllers) {
  if (controllers.length === 1) {
    const [position, rotation, scale] = [new THREE.Vector3(), new THREE.Quaternion(), new THREE.Vector3()];
    controllers[0].matrixWorld.decompose(position, rotation, scale);
    return new THREE.Matrix4().compose(position, rotation, new THREE.Vector3(1, 1, 1));
  }
  const [a, b] = controllers.map((controller) => controller.getWorldPosition(new THREE.Vector3()));
  const along = b.clone().sub(a);
  const size = Math.max(along.length(), 0.02);
  const turned = controllers[0].getWorldQuaternion(new THREE.Quaternion());
  const up = new THREE.Vector3(0, 1, 0).applyQuaternion(turned);
  const x = along.normalize();
  const z = new THREE.Vector3().crossVectors(x, up).normalize();
  const basis = new THREE.Matrix4().makeBasis(x, new THREE.Vector3().crossVectors(z, x), z);
  const rotation = new THREE.Quaternion().setFromRotationMatrix(basis);
  return new THREE.Matrix4().compose(a.add(b).multiplyScalar(0.5), rotation, new THREE.Vector3(size, size, size));
}
