/** All that needs three-dimensional graphics: the molecule on its stage, pointers that hold atoms, the headset. */

import * as THREE from "three";
import { atomText } from "./electrons.js";
import { elementName } from "./elements.js";
import { forceText } from "./format.js";
import { HandsLayer } from "./hands_layer.js";
import { MeasureMarks } from "./measure_marks.js";
import { Pointer } from "./pointer.js";
import { Stage, canDraw } from "./stage.js";
import { VirtualReality } from "./vr.js";

const $ = (id) => document.getElementById(id);

/**
 * Draw the molecule, and let people hold its atoms.
 *
 * @returns {stage, pointer, vr}, or null where this browser has no WebGL
 */
export function openPicture({ connection, molecule, pulls, person, figures, panel, guide, measuring, showHint }) {
  if (!canDraw()) return null;
  const stage = new Stage($("stage"));
  const pointer = new Pointer(stage, molecule, pulls, guide, measuring);
  stage.addControls();
  stage.held = () => pulls.any;
  stage.canvas.addEventListener("dblclick", (event) => {
    if (pointer.pick(event.clientX, event.clientY, "mouse") === null) stage.centre();
  });
  const hands = new HandsLayer(connection, molecule, pulls, person.id);
  const marks = new MeasureMarks(measuring, molecule);
  stage.world.add(molecule, hands, marks);
  const vr = new VirtualReality({
    view: stage,
    molecule,
    pulls,
    person,
    panel,
    button: $("vr"),
    whole: () => pointer.whole,
    page: boardOf({ connection, figures, panel }),
  });
  const eye = new THREE.Vector3();
  const heldBefore = new Map();
  let pulledOnce = false;
  let drawn = false;

  stage.before(() => {
    const camera = stage.renderer.xr.isPresenting ? stage.renderer.xr.getCamera() : stage.camera;
    stage.world.updateWorldMatrix(true, false);
    molecule.layOut(stage.world.worldToLocal(camera.getWorldPosition(eye)));
    hands.update(vr.hovered ?? pointer.hovered, guide, eye);
    marks.update(eye);
    for (const [hand, { atom }] of pulls.held) {
      if (heldBefore.get(hand) !== atom) figures.watch(atom);
      heldBefore.set(hand, atom);
      pulledOnce = true;
    }
    for (const hand of heldBefore.keys()) if (!pulls.held.has(hand)) heldBefore.delete(hand);
    showForce(stage, molecule, pulls, vr);
    showAtom(stage, molecule, connection.frame, figures, pulls, pulls.any || vr.presenting ? null : pointer.hovered);
    showHint(pulledOnce);
    if (!vr.presenting) {
      const here = document.hasFocus() && (pulls.any || pointer.hovered !== null);
      person.showAt(here ? [{ name: "hand.right", position: pointer.point }] : []);
    }
    if (!drawn && molecule.positions.length) {
      drawn = true;
      requestAnimationFrame(() => performance.mark("molecule-drawn"));
    }
  });
  return { stage, pointer, vr };
}

/** What the headset's board shows and does. */
function boardOf({ connection, figures, panel }) {
  return {
    frame: () => connection.frame,
    energy: () => figures.energy,
    state: () => panel.state,
    press: (name) => panel.press(name),
  };
}

/** How hard the first hand pulls, beside it. */
function showForce(stage, molecule, pulls, vr) {
  const [[hand, pull] = []] = pulls.held;
  const label = $("pull");
  label.hidden = pull === undefined || pull.atom >= molecule.count || vr.presenting;
  if (label.hidden) return;
  const { x, y } = stage.project(pull.point);
  label.textContent = forceText(pulls.force(hand, molecule.place(pull.atom)));
  label.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

/** What the atom under the pointer is called, and its charge and spin where the engine gives them, beside it. */
function showAtom(stage, molecule, frame, figures, pulls, atom) {
  const label = $("atom");
  label.hidden = atom === null || atom >= molecule.count;
  if (label.hidden) return;
  const { x, y } = stage.project(molecule.place(atom));
  const said = [figures.name(atom), elementName(molecule.elements[atom]), atomText(frame, atom)];
  if (pulls.pinned.has(atom)) said.push("pinned");
  const text = said.filter(Boolean).join(" · ");
  if (label.textContent !== text) label.textContent = text;
  label.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}
