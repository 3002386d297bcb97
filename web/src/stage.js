/** The stage: camera, light, and drawing only when something has changed. */

import * as THREE from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { CameraFollow } from "./camera_follow.js";
import { DepthFog } from "./depth.js";

const HINT = 44; // px above the buttons, where a sentence of one line stands
const ABOVE_HINT = 14; // px

/** Whether this browser can draw in three dimensions; it can't without WebGL, as on some remote desktops. */
export function canDraw() {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

/** The part of the window (px) that no panel covers; `hint`: px that the sentence above the buttons takes. */
function freeArea(width, height, hint) {
  const box = (id) => document.getElementById(id).getBoundingClientRect();
  const [head, side, bar] = [box("head"), box("side"), box("bar")];
  const beside = side.width > 0 && side.left > width / 2; // at the right, as on wide screens
  const below = side.width > 0 && !beside;
  const bottom = Math.min(bar.top, below ? side.top : height) - hint;
  return {
    left: 0,
    right: beside ? side.left : width,
    top: Math.min(head.top + 64, height / 4),
    bottom: Math.max(bottom, height / 2.5),
  };
}

export class Stage {
  scene = new THREE.Scene();
  /** What is in the molecule's space (nm); in VR this is moved and scaled. */
  world = new THREE.Group();
  camera = new THREE.PerspectiveCamera(35, 1, 0.01, 60);

  /** Whether the camera has to rest, as while an atom is dragged. */
  held = () => false;

  #wanted = true;
  #before = [];
  #follow = new CameraFollow();
  #atoms = null;
  #last = 0;
  #looking = false;
  #free = { width: 1, height: 1 };
  #depth = new DepthFog();
  #hint = HINT;

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
    this.scene.fog = this.#depth.fog;
    this.scene.add(new THREE.HemisphereLight(0xdfe9ff, 0x1a1e27, 1.5));
    const sun = new THREE.DirectionalLight(0xffffff, 2.2);
    sun.position.set(0.6, 1, 0.8);
    this.camera.add(sun); // the light comes from over the viewer's shoulder
    this.scene.add(this.camera);
    this.camera.position.set(0, 0, 2);
    new ResizeObserver(() => this.resize()).observe(canvas);
    // A longer sentence takes more room; it is not given back, or the molecule would hop with every sentence.
    new ResizeObserver(([{ borderBoxSize }]) => {
      const needed = borderBoxSize[0].blockSize + ABOVE_HINT;
      if (needed <= this.#hint) return;
      this.#hint = needed;
      this.resize();
    }).observe(document.getElementById("hint"));
    this.resize();
    this.renderer.setAnimationLoop((time, xrFrame) => this.#tick(time, xrFrame));
  }

  /** Looking around; made after other listeners of the canvas, which may keep a gesture for themselves. */
  addControls() {
    this.controls = new OrbitControls(this.camera, this.canvas);
    Object.assign(this.controls, { enableDamping: true, dampingFactor: 0.12, minDistance: 0.2, maxDistance: 20 });
    this.controls.addEventListener("change", () => this.draw());
    this.#noteLooking();
  }

  /** Have the next picture drawn. */
  draw() {
    this.#wanted = true;
  }

  /** Call something before each picture. */
  before(callback) {
    this.#before.push(callback);
  }

  /** All atoms are in this sphere now ({centre, reach} in nm): the camera follows, smoothly. */
  track(atoms) {
    this.#atoms = atoms;
  }

  /** Have all atoms in the middle again, at the distance that shows them; `instantly`, or smoothly. */
  centre(instantly = false) {
    this.#follow.centre();
    if (instantly) this.#show({ centre: this.#atoms.centre, reach: 1.15 * this.#atoms.reach });
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

  /** Have the molecule in the middle of what is free, after a panel has come or gone. */
  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || this.renderer.xr.isPresenting) return;
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    // What matters is in the middle of what nothing covers.
    const { left, right, top, bottom } = freeArea(width, height, this.#hint);
    this.#free = { width: (right - left) / width, height: (bottom - top) / height };
    this.camera.setViewOffset(width, height, (width - left - right) / 2, (height - top - bottom) / 2, width, height);
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  #tick(time, xrFrame) {
    if (!xrFrame) {
      this.follow(Math.min((time - this.#last) / 1000, 0.25));
      this.#last = time;
      this.controls?.update();
      if (!this.#wanted) return;
      this.#wanted = false;
    }
    for (const callback of this.#before) callback(xrFrame);
    const atoms = this.#atoms;
    this.#depth.update(xrFrame || !atoms ? null : this.camera.position.distanceTo(atoms.centre), atoms?.reach ?? 1);
    this.renderer.render(this.scene, this.camera);
  }

  /** How far from its middle the free part of the window reaches, as the tangent of an angle. */
  #spread() {
    const upwards = Math.tan((this.camera.fov * Math.PI) / 360);
    return Math.min(upwards * this.#free.height, upwards * this.camera.aspect * this.#free.width);
  }

  /** The sphere that fits into the free part of the window now. */
  #shown() {
    const { target } = this.controls;
    return { centre: target, reach: this.camera.position.distanceTo(target) * Math.sin(Math.atan(this.#spread())) };
  }

  #show({ centre, reach }) {
    const { target } = this.controls;
    const direction = this.camera.position.clone().sub(target).normalize();
    target.copy(centre);
    this.camera.position
      .copy(centre)
      .addScaledVector(direction, Math.max(reach / Math.sin(Math.atan(this.#spread())), 0.3));
    this.draw();
  }

  /** The camera goes after the atoms for so many seconds. */
  follow(seconds) {
    if (!this.#atoms || this.#looking || this.held()) return;
    const next = this.#follow.update(this.#shown(), this.#atoms, seconds);
    if (next) this.#show(next);
  }

  /** A person looks around: what they change is theirs until the view is centred. */
  #noteLooking() {
    let before = null;
    this.controls.addEventListener("start", () => {
      before = { distance: this.controls.getDistance(), target: this.controls.target.clone() };
      this.#looking = true;
      this.#follow.rest();
    });
    this.controls.addEventListener("end", () => (this.#looking = false));
    this.controls.addEventListener("change", () => {
      if (!this.#looking || !before) return;
      const { distance, target } = before;
      if (Math.abs(this.controls.getDistance() / distance - 1) > 0.01) this.#follow.zoomed = true;
      if (this.controls.target.distanceTo(target) > 0.01 * distance) this.#follow.panned = true;
    });
  }
}
