/** The page: a molecule simulated on the server, to be pulled by hand. */

import * as THREE from "three";
import { Connection } from "./connection.js";
import { Figures } from "./figures.js";
import { Hands } from "./hands.js";
import { Molecule } from "./molecule.js";
import { Panel } from "./panel.js";
import { PersonHere } from "./person.js";
import { Pointer } from "./pointer.js";
import { Pulls } from "./pulls.js";
import { View } from "./view.js";
import { VirtualReality } from "./vr.js";

const $ = (id) => document.getElementById(id);
const PN = 1.66054; // piconewton in a kJ/mol/nm

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? sessionStorage.getItem("atomtug.token") ?? "";
const connection = new Connection(token);
const person = new PersonHere();
person.joins(connection);
connection.open(); // first: the line opens while the browser gets its graphics ready
const molecule = new Molecule();
const pulls = new Pulls(connection, person.id);
const view = new View($("stage"));
const pointer = new Pointer(view, molecule, pulls);
view.addControls();
const hands = new Hands(connection, molecule, pulls, person.id);
view.world.add(molecule, hands);
const figures = new Figures($("plots"), $("events"), molecule);
const panel = new Panel({ connection, figures, pulls, molecule, person, redraw: () => view.draw() });
const vr = new VirtualReality({ view, molecule, pulls, person, panel, button: $("vr") });

let shownSystem = null;
let pulledOnce = false;
let drawn = false;
const heldBefore = new Map();

connection.addEventListener("frame", ({ detail: increment }) => {
  const frame = connection.frame;
  molecule.update(frame, increment);
  figures.update(frame, increment["frame.index"] === 0);
  panel.update(frame, increment);
  if (increment["particle.elements"] && frame["system.simulation.name"] !== shownSystem && molecule.positions.length) {
    const { centre, reach } = molecule.extent();
    view.frame(centre, reach, shownSystem === null);
    shownSystem = frame["system.simulation.name"];
  }
  view.draw();
});
connection.addEventListener("state", () => view.draw());

const eye = new THREE.Vector3();
view.before(() => {
  const camera = view.renderer.xr.isPresenting ? view.renderer.xr.getCamera() : view.camera;
  view.world.updateWorldMatrix(true, false);
  hands.update(vr.hovered ?? pointer.hovered, view.world.worldToLocal(camera.getWorldPosition(eye)));
  for (const [hand, { atom }] of pulls.held) {
    if (heldBefore.get(hand) !== atom) figures.watch(atom);
    heldBefore.set(hand, atom);
    pulledOnce = true;
  }
  for (const hand of heldBefore.keys()) if (!pulls.held.has(hand)) heldBefore.delete(hand);
  showPull();
  showHint();
  if (!vr.presenting) person.isAt(document.hasFocus() && (pulls.any || pointer.hovered !== null) ? [{ name: "hand.right", position: pointer.point }] : []);
  if (!drawn && molecule.positions.length) {
    drawn = true;
    requestAnimationFrame(() => performance.mark("molecule-drawn"));
  }
});

/** How hard, beside the hand. */
function showPull() {
  const [[hand, pull] = []] = pulls.held;
  const label = $("pull");
  label.hidden = pull === undefined || pull.atom >= molecule.count || vr.presenting;
  if (label.hidden) return;
  const force = PN * pulls.force(hand, molecule.place(pull.atom));
  const { x, y } = view.project(pull.point);
  label.textContent = force < 1000 ? `${force.toFixed(0)} pN` : `${(force / 1000).toFixed(2)} nN`;
  label.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

/** What to do now; less and less as the visitor learns. */
function showHint() {
  const touch = matchMedia("(pointer: coarse)").matches;
  let text = "";
  if (!connection.isOpen) text = "";
  else if (document.body.classList.contains("paused")) text = "Paused. Press play, and the atoms move again.";
  else if (pulls.any) text = pulledOnce && heldBefore.size ? "Pull farther for more force. Let go when the bond breaks." : "";
  else if (!pulledOnce) {
    text = touch
      ? "Touch an atom and drag it: it comes along on a spring. Drag beside the molecule to look around, pinch to zoom."
      : "Drag an atom: it comes along on a spring. Drag beside the molecule to look around, scroll to zoom.";
  }
  if ($("hint").textContent !== text) $("hint").textContent = text;
}

connection.addEventListener("open", () => {
  $("door").close();
  document.body.classList.remove("lost");
  $("subtitle").textContent = "waiting for the first frame…";
});
connection.addEventListener("lost", ({ detail }) => {
  document.body.classList.add("lost");
  $("subtitle").textContent = detail;
});
connection.addEventListener("refused", ({ detail }) => {
  $("subtitle").textContent = "not connected";
  $("door-text").textContent = detail;
  $("token").hidden = !detail.includes("token");
  if (!$("door").open) $("door").showModal();
});
$("door-form").onsubmit = () => {
  connection.token = $("token").value;
  sessionStorage.setItem("atomtug.token", $("token").value);
  connection.open();
};

/** For scripts and tests: where an atom is in the window, what it sees and holds. */
window.atomtug = {
  connection,
  molecule,
  pulls,
  pointer,
  figures,
  vr,
  view,
  person,
  screen: (atom) => view.project(molecule.place(atom)),
};
