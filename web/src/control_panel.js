/** Buttons and settings: what they do, and when they are there. */

import { ColourChooser } from "./colour_chooser.js";
import { speedText } from "./waiting_text.js";

const $ = (id) => document.getElementById(id);

/** What the token allows, where it is not everything. */
const RIGHTS = { watch: "You may watch.", pull: "You may watch and pull." };

export class ControlPanel {
  #connection;
  #figures;
  #pulls;
  #molecule;
  #person;
  #colours;
  #view;
  #records = false;
  #commands = {};

  /**
   * `redraw` has the next picture drawn, where the simulation stands still and no frame would; `centre` shows all
   * atoms; `pin` keeps the atom under the mouse; `whole` says whether a press takes whole molecules.
   */
  constructor({ connection, figures, pulls, molecule, person, redraw, centre, pin, whole }) {
    this.#colours = new ColourChooser(molecule, redraw);
    this.#view = { centre, pin, whole };
    this.#connection = connection;
    this.#figures = figures;
    this.#pulls = pulls;
    this.#molecule = molecule;
    this.#person = person;
    this.#buttons();
    this.#choices();
    connection.addEventListener("open", () => this.#ask());
    connection.addEventListener("systems", () => this.#ask());
    connection.addEventListener("state", () => this.#showState());
    connection.addEventListener("error", ({ detail }) => figures.say(detail, "trouble"));
  }

  /** A frame came: what it says about the server. */
  update(frame, increment) {
    const playing = frame["playback.playing"] !== false;
    document.body.classList.toggle("paused", !playing);
    $("play").querySelector("span").textContent = playing ? "Pause" : "Play";
    const recording = frame["recording.name"];
    $("record").hidden = recording === undefined || !this.#records;
    $("record").classList.toggle("on", Boolean(recording));
    $("record").querySelector("span").textContent = recording ? "Recording" : "Record";
    $("record").title = recording
      ? `Recording to ${recording}; press to stop`
      : "Record what happens to a file on the server";
    for (const key of ["system.simulation.exception", "recording.error"]) {
      if (increment[key]) this.#figures.say(increment[key], "trouble");
    }
    this.#colours.update(frame);
    const speed = frame["engine.steps_per_second"];
    const name = frame["system.simulation.name"] ?? "";
    $("molecule").textContent = name || "Atomtug";
    const engine = frame["engine.name"];
    const parts = [`${this.#molecule.count} atoms`];
    if (engine) parts.push(engine);
    if (speed) parts.push(speedText(speed));
    $("subtitle").textContent = parts.join(" · ");
    if (increment["system.simulation.name"]) $("system").value = name;
  }

  /** What the headset's board shows on its buttons, see board.js. */
  get state() {
    const state = this.#connection.state;
    return {
      playing: !document.body.classList.contains("paused"),
      relaxing: state.get("dynamics.thermostat") === "relax",
      canUndo: Boolean(state.get("checkpoint.count")),
      may: (command) => command in this.#commands,
      colour: this.#colours.chosen,
      colours: this.#colours.choices,
    };
  }

  /** A button of the headset's board was pressed. */
  press(name) {
    const does = { play: () => this.play(), undo: () => this.undo(), relax: () => this.relax() };
    const more = { reset: () => $("reset").click(), colour: () => this.#colours.next() };
    ({ ...does, ...more })[name]();
  }

  play() {
    const playing = !document.body.classList.contains("paused");
    this.#run(playing ? "playback/pause" : "playback/play");
  }

  undo() {
    this.#pulls.releaseAll();
    this.#run("checkpoint/restore");
  }

  async relax() {
    const done = await this.#run("user/relax");
    if (done) this.#figures.say(done.result);
  }

  async #run(name, args) {
    try {
      return await this.#connection.run(name, args);
    } catch (error) {
      this.#figures.say(error.message, "trouble");
      return null;
    }
  }

  #buttons() {
    $("play").onclick = () => this.play();
    $("undo").onclick = () => this.undo();
    $("relax").onclick = () => this.relax();
    $("reset").onclick = () => {
      this.#pulls.unpinAll();
      this.#run("playback/reset");
    };
    $("centre").onclick = () => this.#view.centre();
    $("record").onclick = async () => {
      const recording = this.#connection.frame["recording.name"];
      const done = await this.#run(recording ? "recording/stop" : "recording/start");
      if (done)
        this.#figures.say(recording ? `Saved ${done.frames} frames to ${done.path}` : `Recording to ${done.path}`);
    };
    $("more").onclick = () => {
      const open = document.body.classList.toggle("side");
      $("more").setAttribute("aria-expanded", open);
    };
    addEventListener("keydown", (event) => {
      if (event.target.matches("input, select") || event.altKey) return;
      if (event.key === " " && !event.target.matches("button, summary")) {
        event.preventDefault();
        this.play();
      } else if (event.key.toLowerCase() === "z" && !$("undo").disabled) {
        event.preventDefault();
        this.undo();
      } else if (event.ctrlKey || event.metaKey) {
        return;
      } else if (event.key.toLowerCase() === "c") {
        this.#view.centre();
      } else if (event.key.toLowerCase() === "p") {
        this.#view.pin();
      } else if (event.key.toLowerCase() === "r" && !$("relax").hidden) {
        this.relax();
      }
    });
  }

  #choices() {
    $("system").onchange = () => this.#run("playback/load", { index: $("system").selectedIndex });
    $("engine").onchange = async () => {
      await this.#run("engine/load", { engine: $("engine").value });
      this.#showState();
    };
    $("grip").onchange = () => (this.#pulls.stiffness = Number($("grip").value));
    this.#pulls.stiffness = Number($("grip").value);
    $("take").onchange = () => this.#view.whole($("take").value === "molecule");
    $("name").value = this.#person.name;
    $("name").onchange = () => (this.#person.name = $("name").value);
  }

  /** What this server can do: a playback has no engine, an old server no undo. */
  async #ask() {
    const answer = await this.#run("commands/list");
    const commands = answer?.list ?? {};
    $("right").textContent = RIGHTS[answer?.right] ?? "";
    $("right").hidden = !$("right").textContent;
    this.#commands = commands;
    const has = (name) => name in commands;
    const detail = { commands, right: answer?.right ?? "own" };
    this.#connection.dispatchEvent(new CustomEvent("commands", { detail }));
    $("undo").hidden = !has("checkpoint/restore");
    $("relax").hidden = !has("user/relax");
    $("play").hidden = !has("playback/play");
    $("reset").hidden = !has("playback/reset");
    this.#records = has("recording/start");
    $("record").hidden = !this.#records || this.#connection.frame["recording.name"] === undefined;
    const systems = has("playback/list") ? ((await this.#run("playback/list"))?.simulations ?? []) : [];
    fill($("system"), systems);
    $("system").value = this.#connection.frame["system.simulation.name"] ?? systems[0];
    $("system-row").hidden = systems.length < 2 || !has("playback/load");
    const list = has("engine/list") && has("engine/load") ? await this.#run("engine/list") : null;
    const engines = list?.engines ?? [];
    fill($("engine"), engines);
    $("engine").value = list?.current;
    $("engine-row").hidden = engines.length < 2;
  }

  #showState() {
    const state = this.#connection.state;
    $("undo").disabled = !state.get("checkpoint.count");
    const relaxes = state.get("dynamics.thermostat") === "relax";
    $("relax").classList.toggle("on", relaxes);
    $("relax").querySelector("span").textContent = relaxes ? "Relaxing" : "Relax";
    this.#showNotes(state.get("system.notes") ?? []);
    $("engine-warning").textContent = state.get("engine.warning") ?? "";
    $("engine-warning").hidden = !state.get("engine.warning");
    const [loading, failed] = [state.get("engine.loading"), state.get("engine.error")];
    if (state.has("engine.current") && !loading) $("engine").value = state.get("engine.current");
    $("engine").disabled = Boolean(loading);
    $("engine-note").hidden = !(loading || failed);
    $("engine-note").textContent = loading
      ? `${loading} gets ready; the simulation goes on meanwhile.`
      : (failed ?? "");
    $("engine-note").classList.toggle("trouble", Boolean(failed && !loading));
  }

  /** Where charge and multiplicity are from: one sentence to a line, folded until somebody asks. */
  #showNotes(notes) {
    $("notes").hidden = notes.length === 0;
    $("notes-list").replaceChildren(
      ...notes.map((note) => Object.assign(document.createElement("li"), { textContent: note })),
    );
  }
}

function fill(select, names) {
  select.replaceChildren(...names.map((name) => new Option(name, name)));
}
