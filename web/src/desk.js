/** What has to do with recordings: the list, saving what has just happened, and the page while one is played. */

import { Player } from "./player.js";
import { Recordings } from "./recordings.js";

const $ = (id) => document.getElementById(id);

const BUTTONS = `
  <button id="save-last" title="Nothing is recorded now: keep what happened in the last minute all the same" hidden>
    Save the last minute</button>
  <button id="shelf" title="What was recorded: open, rename, download" hidden>Recordings</button>`;

export class Desk {
  #connection;
  #figures;
  #pulls;
  #player;
  #recordings;
  #has = () => false;
  #right = "own";
  #told = false;

  constructor({ connection, figures, pulls }) {
    this.#connection = connection;
    this.#figures = figures;
    this.#pulls = pulls;
    const say = (text, kind) => figures.say(text, kind);
    const box = Object.assign(document.createElement("div"), { id: "desk", innerHTML: BUTTONS });
    $("settings").before(box);
    this.#player = new Player({ connection, say, leave: () => this.#go("") });
    this.#recordings = new Recordings({ connection, say, open: (entry) => this.#play(entry) });
    $("shelf").onclick = () => this.#recordings.show();
    $("save-last").onclick = () => this.#saveLast();
    connection.addEventListener("open", () => this.#ask());
    $("stage").addEventListener("pointerdown", () => this.#explain());
  }

  /** A frame came. */
  update(frame, increment) {
    this.#player.update(frame, increment);
    const plays = this.#player.shown;
    document.body.classList.toggle("playback", plays);
    this.#pulls.allowed = !plays && this.#right !== "watch";
    $("save-last").hidden = plays || !this.#has("recording/save_last") || Boolean(frame["recording.name"]);
  }

  /** What stands where it is said what to do, when atoms can't be pulled; empty where they can. */
  get hint() {
    if (this.#player.shown) return "This is a recording. Drag to look around; the slider goes through it.";
    return this.#right === "watch" ? "You may watch here. Drag to look around." : "";
  }

  /** Whoever presses on the picture may mean to pull. */
  #explain() {
    if (this.#pulls.allowed || this.#told || !this.#player.shown) return;
    this.#told = true;
    this.#figures.say("This is a recording: its atoms can't be pulled.");
  }

  async #saveLast() {
    try {
      const { path, frames, seconds } = await this.#connection.run("recording/save_last");
      this.#figures.say(`Saved ${frames} frames, the last ${Math.max(1, Math.round(seconds))} s, to ${path}`);
    } catch (error) {
      this.#figures.say(error.message, "trouble");
    }
  }

  #play({ name, index }) {
    this.#recordings.close();
    if (index === undefined) this.#go(name);
    else this.#connection.run("playback/load", { index }).then(() => this.#ask());
  }

  /** Play a recording, for this page alone; an empty name: be live again. */
  #go(name) {
    this.#pulls.releaseAll();
    const fragment = new URLSearchParams(location.hash.slice(1));
    if (name) fragment.set("play", name);
    else fragment.delete("play");
    history.replaceState(null, "", `${location.pathname}${location.search}${fragment.size ? `#${fragment}` : ""}`);
    this.#told = false;
    this.#connection.go(name);
  }

  async #ask() {
    const answer = await this.#connection.run("commands/list").catch(() => null);
    if (!answer) return;
    this.#right = answer.right ?? "own";
    this.#has = (name) => name in answer.list;
    $("shelf").hidden = !this.#has("recordings/list");
    this.#recordings.offer(this.#has);
    this.update(this.#connection.frame, {});
    if (this.#has("playback/seek") || this.#player.shown) await this.#player.offer(this.#has);
  }
}
