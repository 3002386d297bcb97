/** Dark rims that set what is in front apart from what is behind: the same shapes, a little larger, seen from inside. */

import * as THREE from "three";

const COLOUR = 0x06090e;

/** A material for rims. `grow`: GLSL that makes `transformed`, a shape's own coordinate, larger. */
export function rimMaterial(grow) {
  const material = new THREE.MeshBasicMaterial({ color: COLOUR, side: THREE.BackSide });
  material.onBeforeCompile = (shader) => {
    shader.vertexShader = shader.vertexShader.replace("#include <begin_vertex>", `#include <begin_vertex>\n${grow}`);
  };
  material.customProgramCacheKey = () => grow;
  return material;
}

/**
 * Give instances of a shape their rims, which move with them.
 *
 * @param mesh     a THREE.InstancedMesh
 * @param geometry of the rims, where it is not the shape's own
 */
export function addRim(mesh, material, geometry = mesh.geometry) {
  const rim = new THREE.InstancedMesh(geometry, material, mesh.instanceMatrix.count);
  rim.instanceMatrix = mesh.instanceMatrix;
  rim.frustumCulled = false;
  mesh.add(rim);
  return rim;
}
