/** The stage: camera, light, and drawing only when something has changed. */

import * as THREE from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

/** Whether this browser can draw in three dimensions; it can't without WebGL, as on some remote desktops. */
export function canDraw() {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

export class Stage {
  scene = new THREE.Scene();
  /** What is in the molecule's space (nm); in VR this is moved and scaled. */
  world = new THREE.Group();
  camera = new THREE.PerspectiveCamera(35, 1, 0.01, 60);

  #wanted = true;
  #before = [];
  #flight = null;

  constructor(canvas) {
    this.canvas = canvas;
    this.renderer = new THREE.WebGLRenderer({
      canvas,
      antialias: true,
      alpha: true,
      powerPreference: "high-performance",
    });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.xr.enabled = true;
    this.scene.add(this.world);
    this.scene.add(new THREE.HemisphereLight(0xdfe9ff, 0x1a1e27, 1.5));
    const sun = new THREE.DirectionalLight(0xffffff, 2.2);
    sun.position.set(0.6, 1, 0.8);
    this.camera.add(sun); // the light comes from over the viewer's shoulder
    this.scene.add(this.camera);
    this.camera.position.set(0, 0, 2);
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
    this.renderer.setAnimationLoop((time, xrFrame) => this.#tick(xrFrame));
  }

  /** Looking around; made after other listeners of the canvas, which may keep a gesture for themselves. */
  addControls() {
    this.controls = new OrbitControls(this.camera, this.canvas);
    Object.assign(this.controls, { enableDamping: true, dampingFactor: 0.12, minDistance: 0.2, maxDistance: 20 });
    this.controls.addEventListener("change", () => this.draw());
    this.controls.addEventListener("start", () => (this.#flight = null));
  }

  /** Have the next picture drawn. */
  draw() {
    this.#wanted = true;
  }

  /** Call something before each picture. */
  before(callback) {
    this.#before.push(callback);
  }

  /** Look at all of something, from where the camera is now. */
  frame(centre, reach, instantly = false) {
    const angle = Math.min(
      this.camera.fov,
      2 * Math.atan(Math.tan((this.camera.fov * Math.PI) / 360) * this.camera.aspect) * (180 / Math.PI),
    );
    const distance = Math.max((1.22 * reach) / Math.sin((angle * Math.PI) / 360), 0.6);
    const direction = this.camera.position.clone().sub(this.controls.target).normalize();
    this.#flight = {
      target: centre.clone(),
      position: centre.clone().addScaledVector(direction, distance),
      left: instantly ? 1 : 25,
    };
    this.draw();
  }

  /** Where a point of the molecule's space is on the canvas, in CSS pixels. */
  project(point) {
    const seen = point.clone().applyMatrix4(this.world.matrixWorld).project(this.camera);
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((seen.x + 1) / 2) * box.width + box.left,
      y: ((1 - seen.y) / 2) * box.height + box.top,
      depth: seen.z,
    };
  }

  /** The ray under a point of the window. */
  ray(x, y) {
    const box = this.canvas.getBoundingClientRect();
    const pointer = new THREE.Vector2(((x - box.left) / box.width) * 2 - 1, 1 - ((y - box.top) / box.height) * 2);
    const caster = new THREE.Raycaster();
    caster.setFromCamera(pointer, this.camera);
    return caster.ray;
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || this.renderer.xr.isPresenting) return;
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    // On a wide screen the figures stand at the right: what matters moves a little to the left of the middle.
    const aside = width > 900 ? 130 : 0;
    if (aside) this.camera.setViewOffset(width, height, aside, 0, width, height);
    else this.camera.clearViewOffset();
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  #tick(xrFrame) {
    if (!xrFrame) {
      if (this.#flight) this.#fly();
      this.controls?.update();
      if (!this.#wanted) return;
      this.#wanted = false;
    }
    for (const callback of this.#before) callback(xrFrame);
    this.renderer.render(this.scene, this.camera);
  }

  #fly() {
    const flight = this.#flight;
    const share = 1 / Math.max(flight.left, 1) + (flight.left > 1 ? 0.08 : 0);
    this.controls.target.lerp(flight.target, Math.min(share, 1));
    this.camera.position.lerp(flight.position, Math.min(share, 1));
    if (--flight.left <= 0) this.#flight = null;
    this.draw();
  }
}
