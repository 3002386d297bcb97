/**
 * The connection to the server: NanoVer's WebSocket protocol. It opens again by itself when it breaks.
 */

import { decode, encode } from "@msgpack/msgpack";
import { addFrame, addState } from "./frame.js";

const RETRY = 1000; // ms
const NOT_PLAYED = 4404; // the code with which the server closes where it can't play a recording

/**
 * Events: "frame" (detail: the increment), "state" (detail: the changes), "open", "lost" (detail: a sentence),
 * "refused" (detail: a sentence; the server asked for a token or turned the page away), "error" (a sentence). Others of
 * the page add "commands" (detail: {commands, right}, what this visitor may run) and "systems" (there are others now).
 */
export class Connection extends EventTarget {
  frame = {};
  state = new Map();
  /** The recording that is played, for this page alone; empty where the page is live. */
  place = "";

  #browser;
  #socket = null;
  #token;
  #pending = new Map();
  #lastId = 0;

  /**
   * @param token   sent to the server; empty for none
   * @param browser where WebSocket, fetch, location and setTimeout are; a test gives its own
   */
  constructor(token = "", browser = globalThis) {
    super();
    this.#token = token;
    this.#browser = browser;
  }

  get isOpen() {
    return this.#socket?.readyState === this.#browser.WebSocket.OPEN;
  }

  get token() {
    return this.#token;
  }

  set token(token) {
    this.#token = token;
  }

  /** Connect, and again whenever the connection breaks. */
  open() {
    const place = this.place ? `./play/${encodeURIComponent(this.place)}` : "./";
    const url = new URL(place, this.#browser.location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    url.search = this.#query();
    const socket = new this.#browser.WebSocket(url);
    socket.binaryType = "arraybuffer";
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.frame = {};
      this.state = new Map();
      this.#emit("open");
    };
    socket.onmessage = (event) => this.#receive(decode(new Uint8Array(event.data)));
    socket.onclose = (event) => {
      if (event.code === NOT_PLAYED && this.place) return this.go("");
      for (const { reject } of this.#pending.values()) reject(new Error("The connection was lost."));
      this.#pending.clear();
      if (opened) {
        this.#emit("lost", event.reason || "The connection was lost; trying again…");
        this.#retry();
      } else {
        this.#askWhy();
      }
    };
    this.#socket = socket;
  }

  /** Play a recording of the server's, or with an empty name be live again: leave this connection for another. */
  go(place) {
    this.place = place;
    const left = this.#socket;
    if (left) {
      left.onopen = left.onmessage = left.onclose = null;
      left.close();
    }
    this.#pending.clear();
    this.open();
  }

  /** Change the shared state. */
  update(updates, removals = []) {
    this.#send({ state: { updates, removals } });
  }

  /** Run a command; a promise of its result. */
  run(name, args = {}) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(new Error("There is no connection to the server."));
      this.#pending.set(id, { resolve, reject });
      this.#send({ command: { request: { name, arguments: args, id } } });
    });
  }

  #query() {
    return this.#token ? `?token=${encodeURIComponent(this.#token)}` : "";
  }

  /** A WebSocket that did not open doesn't say why; the same question by HTTP does. */
  async #askWhy() {
    try {
      const answer = await this.#browser.fetch(`./access${this.#query()}`, { cache: "no-store" });
      if (answer.ok) return this.#retry();
      this.#emit("refused", (await answer.text()).trim());
    } catch {
      this.#emit("lost", "The server does not answer; trying again…");
      this.#retry();
    }
  }

  #retry() {
    this.#browser.setTimeout(() => this.open(), RETRY);
  }

  #send(message) {
    if (this.isOpen) this.#socket.send(encode(message));
  }

  #receive(message) {
    if (message.frame) {
      addFrame(this.frame, message.frame);
      this.#emit("frame", message.frame);
    }
    if (message.state) {
      addState(this.state, message.state);
      this.#emit("state", message.state);
    }
    if (message.error) this.#emit("error", message.error);
    if (message.command) {
      for (const answer of [message.command].flat()) this.#settle(answer);
    }
  }

  #settle({ request, response, exception }) {
    const pending = this.#pending.get(request?.id);
    if (!pending) return;
    this.#pending.delete(request.id);
    if (exception === undefined) pending.resolve(response);
    else pending.reject(new Error(exception));
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
