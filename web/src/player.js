/** A recording that is played: a scrubber over its energy, steps, speed, loop, and the way back to what is live. */

import { apartPath, curvePath, rangeText } from "./scrubber.js";

const [WIDTH, HEIGHT] = [400, 40];
const USUAL = 1 / 30; // s between two frames at speed 1
const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];

const LAYOUT = `
  <div id="track">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
      <path id="track-apart" /><path id="track-runs" /><path id="track-energy" /><path id="track-place" />
    </svg>
    <input id="scrub" type="range" min="0" max="0" value="0" aria-label="Frame" />
  </div>
  <div id="player-row">
    <button id="step-back" title="One frame back (comma)" aria-label="−1, one frame back"><span>−1</span></button>
    <button id="step" title="One frame on (full stop)" aria-label="+1, one frame on"><span>+1</span></button>
    <span id="place"></span>
    <label>Speed <select id="speed">${SPEEDS.map((speed) => `<option value="${speed}">${speed}×</option>`).join("")}</select></label>
    <label><input id="loop" type="checkbox" /> Loop</label>
    <button id="live" title="Leave the recording: back to what is simulated now" hidden><span>Back to live</span></button>
  </div>`;

export class Player {
  #connection;
  #say;
  #box;
  #frames = 0;
  #held = false;
  #wanted = null;
  #seeking = false;

  /**
   * @param connection where the recording is played
   * @param say        shows a sentence (text, kind)
   * @param leave      goes back to what is live
   */
  constructor({ connection, say, leave }) {
    this.#connection = connection;
    this.#say = say;
    this.#box = Object.assign(document.createElement("section"), { id: "player", innerHTML: LAYOUT, hidden: true });
    this.#box.setAttribute("aria-label", "Recording");
    document.getElementById("bar").prepend(this.#box);
    this.#listen(leave);
  }

  /** Whether a recording is played here. */
  get shown() {
    return !this.#box.hidden;
  }

  /** A frame came. */
  update(frame, increment) {
    const frames = frame["playback.frames"];
    this.#box.hidden = frames === undefined;
    if (frames === undefined) return;
    if (increment["playback.frames"] !== undefined) {
      this.#frames = frames;
      this.#part("scrub").max = Math.max(frames - 1, 0);
      this.#part("live").hidden = !this.#connection.place;
    }
    const place = frame["playback.frame"] ?? 0;
    if (!this.#held) this.#part("scrub").value = place;
    const time = frame["system.simulation.time"];
    const text = `${place + 1} of ${this.#frames}${time === undefined ? "" : ` · ${time.toFixed(3)} ps`}`;
    this.#part("place").textContent = text;
    this.#part("scrub").setAttribute("aria-valuetext", `frame ${text}`);
    const x = (WIDTH * place) / Math.max(this.#frames - 1, 1);
    this.#part("track-place").setAttribute("d", `M${x} 0V${HEIGHT}`);
  }

  /** What this server lets be done: `has` says whether a command may be run. */
  async offer(has) {
    for (const [part, command] of [
      ["scrub", "playback/seek"],
      ["step-back", "playback/seek"],
      ["step", "playback/step"],
      ["speed", "trajectory/set-dynamics-interval"],
      ["loop", "playback/loop"],
    ])
      this.#part(part).disabled = !has(command);
    if (!has("playback/overview")) return;
    const seen = await this.#run("playback/overview");
    if (seen) this.#draw(seen);
    const loops = await this.#run("playback/loop");
    if (loops) this.#part("loop").checked = loops.loop;
    const { interval } = (await this.#run("trajectory/get-dynamics-interval")) ?? { interval: USUAL };
    const near = (speed) => Math.abs(Math.log((speed * interval) / USUAL));
    this.#part("speed").value = [...SPEEDS].sort((a, b) => near(a) - near(b))[0];
  }

  step(by) {
    this.#run(by > 0 ? "playback/step" : "playback/step_back");
  }

  #draw({ frames, energies, runs, apart }) {
    const x = (frame) => ((WIDTH * frame) / Math.max(frames - 1, 1)).toFixed(1);
    this.#part("track-energy").setAttribute("d", curvePath(energies, WIDTH, HEIGHT));
    const marks = runs.filter((frame) => frame > 0);
    this.#part("track-runs").setAttribute("d", marks.map((frame) => `M${x(frame)} 0V${HEIGHT}`).join(""));
    this.#part("track-apart").setAttribute("d", apartPath(apart, frames, WIDTH, HEIGHT));
    const said = [`Energy ${rangeText(energies)}`];
    if (marks.length) said.push(`${marks.length + 1} runs`);
    if (apart.length) said.push("shaded: fragments have flown apart, not labelled");
    this.#part("track").title = said.join("; ");
  }

  #listen(leave) {
    const scrub = this.#part("scrub");
    scrub.onpointerdown = () => (this.#held = true);
    scrub.onpointerup = scrub.onpointercancel = scrub.onblur = () => (this.#held = false);
    scrub.oninput = () => this.#seek(Number(scrub.value));
    this.#part("step-back").onclick = () => this.step(-1);
    this.#part("step").onclick = () => this.step(1);
    this.#part("speed").onchange = ({ target }) =>
      this.#run("trajectory/set-dynamics-interval", { interval: USUAL / Number(target.value) });
    this.#part("loop").onchange = ({ target }) => this.#run("playback/loop", { loop: target.checked });
    this.#part("live").onclick = leave;
    addEventListener("keydown", (event) => {
      if (!this.shown || event.target.matches("input:not([type=range]), select")) return;
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === ",") this.step(-1);
      else if (event.key === ".") this.step(1);
    });
  }

  /** One request at a time: of those that come meanwhile the last counts. */
  async #seek(frame) {
    this.#wanted = frame;
    if (this.#seeking) return;
    this.#seeking = true;
    while (this.#wanted !== null) {
      const next = this.#wanted;
      this.#wanted = null;
      await this.#run("playback/seek", { frame: next });
    }
    this.#seeking = false;
  }

  async #run(name, args) {
    try {
      return await this.#connection.run(name, args);
    } catch (error) {
      this.#say(error.message, "trouble");
      return null;
    }
  }

  #part(id) {
    return this.#box.querySelector(`#${id}`);
  }
}
