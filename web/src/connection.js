/**
 * The line to the server: NanoVer's WebSocket protocol. It opens again by itself when it breaks.
 */

import { decode, encode } from "@msgpack/msgpack";
import { addFrame, addState } from "./frame.js";

const RETRY = 1000; // ms

/**
 * Events: "frame" (detail: the increment), "state" (detail: the changes), "open", "lost" (detail: a sentence),
 * "refused" (detail: a sentence; the server asked for a token or turned the page away), "error" (a sentence).
 */
export class Connection extends EventTarget {
  frame = {};
  state = new Map();

  #socket = null;
  #token;
  #asked = new Map();
  #number = 0;

  constructor(token = "") {
    super();
    this.#token = token;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  set token(token) {
    this.#token = token;
  }

  /** Connect, and again whenever the line breaks. */
  open() {
    const url = new URL("./", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    url.search = this.#query();
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.frame = {};
      this.state = new Map();
      this.#tell("open");
    };
    socket.onmessage = (event) => this.#take(decode(new Uint8Array(event.data)));
    socket.onclose = (event) => {
      for (const { reject } of this.#asked.values()) reject(new Error("The connection was lost."));
      this.#asked.clear();
      if (opened) this.#tell("lost", event.reason || "The connection was lost; trying again…");
      else this.#askWhy();
      if (opened) setTimeout(() => this.open(), RETRY);
    };
    this.#socket = socket;
  }

  /** Change the shared state. */
  update(updates, removals = []) {
    this.#send({ state: { updates, removals } });
  }

  /** Run a command; a promise of its result. */
  run(name, args = {}) {
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(new Error("There is no connection to the server."));
      this.#asked.set(id, { resolve, reject });
      this.#send({ command: { request: { name, arguments: args, id } } });
    });
  }

  #query() {
    return this.#token ? `?token=${encodeURIComponent(this.#token)}` : "";
  }

  /** A WebSocket that did not open doesn't say why; the same question by HTTP does. */
  async #askWhy() {
    try {
      const answer = await fetch(`./access${this.#query()}`, { cache: "no-store" });
      if (answer.ok) return this.#again();
      this.#tell("refused", (await answer.text()).trim());
    } catch {
      this.#tell("lost", "The server does not answer; trying again…");
      this.#again();
    }
  }

  #again() {
    setTimeout(() => this.open(), RETRY);
  }

  #send(message) {
    if (this.isOpen) this.#socket.send(encode(message));
  }

  #take(message) {
    if (message.frame) {
      addFrame(this.frame, message.frame);
      this.#tell("frame", message.frame);
    }
    if (message.state) {
      addState(this.state, message.state);
      this.#tell("state", message.state);
    }
    if (message.error) this.#tell("error", message.error);
    if (message.command) {
      for (const answer of [message.command].flat()) this.#answer(answer);
    }
  }

  #answer({ request, response, exception }) {
    const asked = this.#asked.get(request?.id);
    if (!asked) return;
    this.#asked.delete(request.id);
    if (exception === undefined) asked.resolve(response);
    else asked.reject(new Error(exception));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
