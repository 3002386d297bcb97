/** The page: a molecule simulated on the server, to be pulled by hand. */

import { Connection } from "./connection.js";
import { ControlPanel } from "./control_panel.js";
import { Desk } from "./desk.js";
import { ElectronsPanel } from "./electrons_panel.js";
import { Figures } from "./figures.js";
import { Guide } from "./guide.js";
import { Learning } from "./learning.js";
import { MeasurePanel } from "./measure_panel.js";
import { MoleculeView } from "./molecule_view.js";
import { openPicture } from "./picture.js";
import { Pulls } from "./pulls.js";
import { Restraints } from "./restraints.js";
import { StartScreen } from "./start_screen.js";
import { addTools } from "./tools.js";
import { Visitor } from "./visitor.js";
import { Waiting } from "./waiting.js";

const HINTS = 150; // ms between two looks at what a visitor might do next

const $ = (id) => document.getElementById(id);

const fragment = new URLSearchParams(location.hash.slice(1));
const token = fragment.get("token") ?? sessionStorage.getItem("atomtug.token") ?? "";
const connection = new Connection(token);
connection.place = fragment.get("play") ?? "";
const person = new Visitor();
person.attach(connection);
connection.open(); // first: the connection opens while the browser gets its graphics ready
const molecule = new MoleculeView();
const pulls = new Pulls(connection, person.id, molecule);
const figures = new Figures($("plots"), $("events"), molecule);
const electrons = new ElectronsPanel(figures, molecule);
const guide = new Guide();
const restraints = new Restraints(connection, person.id, molecule, () => pulls.allowed);
const measuring = new MeasurePanel($("plots"), { molecule, figures, restraints });
const learning = new Learning(connection, figures, $("plots"));
const desk = new Desk({ connection, figures, pulls });
new Waiting({ connection, figures, pulls });
new StartScreen(connection, (text, kind) => figures.say(text, kind));
let picture = null;
const redraw = () => picture?.stage.draw();
const panel = new ControlPanel({
  connection,
  figures,
  pulls,
  molecule,
  person,
  redraw,
  centre: () => picture?.stage.centre(),
  pin: () => pin(),
  whole: (is) => picture && (picture.pointer.whole = is),
});
picture = openPicture({ connection, molecule, pulls, person, figures, panel, guide, measuring, showHint });
addTools({ connection, figures, molecule, pulls, drawn: picture, redraw });
document.body.classList.toggle("blind", picture === null);
$("no-picture").hidden = picture !== null;

let shownSystem = null;

/** Keep the atom under the mouse where it is, or no longer. */
function pin() {
  const atom = picture?.pointer.hovered ?? null;
  if (atom === null) return figures.say("Point at an atom, then press P to pin it where it is.");
  figures.say(`${figures.name(atom)} is ${pulls.pin(atom) ? "pinned: it stays where it is" : "free again"}`);
}

connection.addEventListener("frame", ({ detail: increment }) => {
  const frame = connection.frame;
  molecule.update(frame, increment);
  if (increment["particle.elements"]) {
    pulls.unpinAll();
    restraints.clear();
  }
  pulls.settle(frame["particle.velocities"], frame["system.simulation.time"]);
  learning.update(frame, increment["frame.index"] === 0);
  figures.update(frame, increment["frame.index"] === 0);
  measuring.update(increment["frame.index"] === 0);
  panel.update(frame, increment);
  desk.update(frame, increment);
  electrons.update(frame, increment);
  if (picture === null) return;
  if (molecule.positions.length) picture.stage.track(molecule.extent());
  const system = frame["system.simulation.name"];
  const begins = increment["frame.index"] === 0 && frame["system.simulation.step"] === 0;
  if (molecule.positions.length && (system !== shownSystem || begins)) {
    picture.stage.centre(shownSystem === null);
    shownSystem = system;
  }
  redraw();
});
connection.addEventListener("state", redraw);

$("take").addEventListener("change", () => {
  if (picture) picture.pointer.measures = $("take").value === "measure";
});

addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key.toLowerCase() === "m") measuring.pick(picture?.pointer.hovered ?? null);
  else if (event.key.toLowerCase() === "x") measuring.removeLast();
  else return;
  redraw();
});

figures.onBonds = (changes) => {
  const held = [...pulls.held.values()].flatMap(({ atoms }) => atoms);
  const before = guide.reaction;
  guide.changed(changes, molecule, held, performance.now());
  if (guide.reaction && guide.reaction !== before) figures.say(guide.reaction, "formed");
};
figures.onBegin = () => guide.begin(molecule);
figures.onUndo = () => guide.undone(molecule);

let guided = -Infinity;

/** What to do now; less and less as the visitor learns. `pulledOnce`: whether an atom was ever held here. */
function showHint(pulledOnce) {
  const now = performance.now();
  if (now - guided < HINTS) return;
  guided = now;
  const touch = matchMedia("(pointer: coarse)").matches;
  const held = [...pulls.held.values()];
  let text = guide.update(molecule, held, touch, pulledOnce, now);
  if (desk.hint) [text, guide.target, guide.suggested] = [desk.hint, null, null];
  if (!connection.isOpen) text = "";
  else if (!desk.hint && document.body.classList.contains("paused"))
    text = "Paused. Press play, and the atoms move again.";
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
  const asked = detail.includes("token");
  $("door-title").textContent = !asked
    ? "Not connected"
    : detail.includes("asks for")
      ? "A token, please"
      : "Wrong token";
  $("token").hidden = !asked;
  $("token").value = "";
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
  figures,
  guide,
  measuring,
  person,
  pointer: picture?.pointer,
  vr: picture?.vr,
  view: picture?.stage,
  screen: (atom) => picture?.stage.project(molecule.place(atom)),
};
