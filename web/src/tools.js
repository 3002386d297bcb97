/** What a visitor needs besides the molecule: settings of the dynamics, keys, pictures, links, light. */

import { DynamicsDrawer } from "./dynamics_drawer.js";
import { element } from "./dom.js";
import { KeyHelp } from "./key_help.js";
import { Keyboard } from "./keyboard.js";
import { MoleculeLoader } from "./molecule_loader.js";
import { ShareDialog } from "./share_dialog.js";
import { fileName, picture, save } from "./screenshot.js";
import { Theme } from "./theme.js";
import "./tools.css";

const FOG = { light: 0xe2e9f1, dark: 0x121924 }; // as the ground behind the molecule

/**
 * Add them to the page.
 *
 * @param drawn {stage, pointer, vr}, or null where this browser has no WebGL
 */
export function addTools({ connection, figures, molecule, pulls, drawn, redraw }) {
  const side = document.getElementById("side");
  const light = (is) => {
    drawn?.stage.scene.fog?.color.set(is ? FOG.light : FOG.dark);
    redraw();
  };
  new DynamicsDrawer(connection, figures, side);
  new MoleculeLoader(connection, figures, pulls);
  const [help, share, theme] = [new KeyHelp(), new ShareDialog(connection), new Theme(light)];
  const keyboard = drawn && new Keyboard({ ...drawn, molecule, pulls, figures });

  async function takePicture() {
    const frame = connection.frame;
    const system = frame["system.simulation.name"] ?? "";
    const text = [system, frame["engine.name"], "Atomtug"].filter(Boolean).join(" · ");
    const name = fileName(system, new Date());
    save(await picture(drawn.stage, text), name);
    figures.say(`Saved ${name}`);
  }

  const tools = [
    ["Picture", "Save a picture (S)", takePicture, "s", drawn !== null],
    ["Share", "Let others in: a link and its QR code", () => share.open(), null, true],
    ["Light", "Light or dark (L)", () => theme.toggle(), "l", true],
    ["Keys", "Which keys do what (?)", () => help.toggle(), "?", true],
  ].filter((tool) => tool[4]);
  side.append(
    element(
      "div",
      { id: "tools", role: "group", "aria-label": "Tools" },
      ...tools.map(([text, title, onclick]) =>
        element("button", { type: "button", id: `tool-${text.toLowerCase()}`, title, onclick }, text),
      ),
    ),
  );
  addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const found = tools.find((tool) => tool[3] === key);
    if (!found || (document.querySelector("dialog[open]") && key !== "?")) return;
    event.preventDefault();
    found[2]();
  });
  // A panel that comes or goes leaves another part of the window to the molecule.
  if (drawn) new ResizeObserver(() => drawn.stage.resize()).observe(side);
  return { keyboard };
}
