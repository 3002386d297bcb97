/** Tells whoever waits what for, how long already, and what to do; and after a lost connection what was lost. */

import { reconnectedText, waitingText } from "./waiting_text.js";

const EVERY = 500; // ms between two looks
const NARROW = 400; // px of the window, up to which the header is as wide as it

export class Waiting {
  #connection;
  #figures;
  #pulls;
  #line;
  #seconds;
  #frameAt;
  #openAt = 0;
  #lostAt = null;
  #tries = 0;
  #before = null;
  #clock;

  /** `clock`: ms; a test gives its own. */
  constructor({ connection, figures, pulls, clock = () => performance.now() }) {
    this.#connection = connection;
    this.#figures = figures;
    this.#pulls = pulls;
    this.#clock = clock;
    const pill = Object.assign(document.createElement("p"), { id: "waiting", hidden: true });
    this.#line = Object.assign(document.createElement("span"), { id: "waiting-text" });
    this.#line.setAttribute("role", "status");
    // Once a second is too often for a screen reader.
    this.#seconds = Object.assign(document.createElement("span"), { id: "waiting-seconds" });
    this.#seconds.setAttribute("aria-hidden", "true");
    pill.append(this.#line, this.#seconds);
    document.body.append(pill);
    this.#openAt = this.#frameAt = clock();
    connection.addEventListener("open", () => {
      this.#openAt = clock();
      this.#frameAt = null;
    });
    connection.addEventListener("lost", () => this.#lose());
    connection.addEventListener("frame", () => this.#arrive());
    connection.addEventListener("state", () => this.#reconnected());
    setInterval(() => this.show(), EVERY);
  }

  /** What is waited for now. */
  show() {
    const { frame, state, isOpen } = this.#connection;
    const since = (instant) => (this.#clock() - instant) / 1000;
    const waits = waitingText({
      connected: isOpen,
      lost: this.#lostAt === null ? null : since(this.#lostAt),
      tries: this.#tries,
      placed: frame["playback.frames"] !== undefined,
      loading: state.get("engine.loading") ?? "",
      step: state.get("engine.loading.step") ?? "",
      loadingSeconds: state.get("engine.loading.seconds") ?? 0,
      begun: frame["particle.positions"] !== undefined,
      playing: frame["playback.playing"] !== false,
      still: since(this.#frameAt ?? this.#openAt),
      speed: frame["engine.steps_per_second"] ?? 0,
      engine: frame["engine.name"],
      undo: Boolean(state.get("checkpoint.count")),
    });
    this.#line.parentElement.hidden = waits === null;
    if (waits === null) return;
    this.#place();
    if (this.#line.textContent !== waits.text) this.#line.textContent = waits.text;
    this.#seconds.textContent = waits.seconds === null ? "" : ` ${Math.floor(waits.seconds)} s`;
  }

  /** In a narrow window below the header, which is as high as its words need. */
  #place() {
    const below = window.innerWidth <= NARROW ? document.getElementById("head").getBoundingClientRect().bottom + 6 : 0;
    this.#line.parentElement.style.top = below ? `${below}px` : "";
  }

  #lose() {
    this.#tries++;
    if (this.#lostAt !== null) return this.show();
    this.#lostAt = this.#clock();
    const held = [...this.#pulls.held.values()].flatMap(({ atoms }) => atoms);
    this.#before = this.#connection.place
      ? null
      : { ...this.#now(), held: held.map((atom) => this.#figures.name(atom)), pinned: this.#pulls.pinned.size };
    this.show();
  }

  #arrive() {
    this.#frameAt = this.#clock();
    this.#reconnected();
  }

  /** Frame and state of the new connection are there: say what has become of what was. */
  #reconnected() {
    if (this.#lostAt === null || !this.#connection.isOpen) return;
    const after = this.#now();
    if (after.counter === undefined || (this.#before?.started && !after.started)) return;
    const seconds = (this.#clock() - this.#lostAt) / 1000;
    if (this.#before?.counter !== undefined) this.#figures.say(reconnectedText(this.#before, after, seconds));
    this.#lostAt = this.#before = null;
    this.#tries = 0;
    this.show();
  }

  #now() {
    const { frame, state } = this.#connection;
    return {
      started: state.get("server.started"),
      counter: frame["system.simulation.counter"],
      system: frame["system.simulation.name"],
      recording: frame["recording.name"] ?? "",
    };
  }
}
