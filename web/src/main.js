/** The page: a molecule simulated on the server, to be pulled by hand. */

import { Connection } from "./connection.js";
import { ControlPanel } from "./control_panel.js";
import { ElectronsPanel } from "./electrons_panel.js";
import { Figures } from "./figures.js";
import { Learning } from "./learning.js";
import { MoleculeView } from "./molecule_view.js";
import { openPicture } from "./picture.js";
import { Pulls } from "./pulls.js";
import { Visitor } from "./visitor.js";

const $ = (id) => document.getElementById(id);

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? sessionStorage.getItem("atomtug.token") ?? "";
const connection = new Connection(token);
const person = new Visitor();
person.attach(connection);
connection.open(); // first: the connection opens while the browser gets its graphics ready
const molecule = new MoleculeView();
const pulls = new Pulls(connection, person.id);
const figures = new Figures($("plots"), $("events"), molecule);
const electrons = new ElectronsPanel(figures, molecule);
const learning = new Learning(connection, figures, $("plots"));
let picture = null;
const redraw = () => picture?.stage.draw();
const panel = new ControlPanel({ connection, figures, pulls, molecule, person, redraw });
picture = openPicture({ connection, molecule, pulls, person, figures, panel, showHint });
document.body.classList.toggle("blind", picture === null);
$("no-picture").hidden = picture !== null;

let shownSystem = null;

connection.addEventListener("frame", ({ detail: increment }) => {
  const frame = connection.frame;
  molecule.update(frame, increment);
  learning.update(frame, increment["frame.index"] === 0);
  figures.update(frame, increment["frame.index"] === 0);
  panel.update(frame, increment);
  electrons.update(frame, increment);
  if (picture === null) return;
  if (increment["particle.elements"] && frame["system.simulation.name"] !== shownSystem && molecule.positions.length) {
    const { centre, reach } = molecule.extent();
    picture.stage.frame(centre, reach, shownSystem === null);
    shownSystem = frame["system.simulation.name"];
  }
  redraw();
});
connection.addEventListener("state", redraw);

/** What to do now; less and less as the visitor learns. `pulledOnce`: whether an atom was ever held here. */
function showHint(pulledOnce) {
  const touch = matchMedia("(pointer: coarse)").matches;
  let text = "";
  if (!connection.isOpen) text = "";
  else if (document.body.classList.contains("paused")) text = "Paused. Press play, and the atoms move again.";
  else if (pulls.any) text = "Pull farther for more force. Let go when the bond breaks.";
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
  figures,
  person,
  pointer: picture?.pointer,
  vr: picture?.vr,
  view: picture?.stage,
  screen: (atom) => picture?.stage.project(molecule.place(atom)),
};
