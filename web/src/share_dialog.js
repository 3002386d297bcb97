/** Let others in: a link, and its QR code for phones and headsets. */

import { element } from "./dom.js";
import { invitations, isLoopback } from "./invitation.js";

const RIGHTS = { watch: "watch", pull: "watch and pull", own: "do everything" };
const MODULE = 6; // px of the code's squares
const MARGIN = 4; // squares of white around it: readers need them

export class ShareDialog {
  #connection;
  #right = "own";
  #asks = false;
  #links = {};
  #dialog;
  #choice = element("select", { id: "share-right", onchange: () => this.#show() });
  #link = element("input", {
    id: "share-link",
    readOnly: true,
    "aria-label": "Link",
    onfocus: (e) => e.target.select(),
  });
  #code = element("canvas", { id: "share-code", role: "img", "aria-label": "The link as a QR code" });
  #note = element("p", { id: "share-note" });
  #copied = element("span", { role: "status" });

  constructor(connection) {
    this.#connection = connection;
    const close = element("button", { type: "button", onclick: () => this.#dialog.close() }, "Close");
    const copy = element("button", { type: "button", onclick: () => this.#copy() }, "Copy");
    this.#dialog = element(
      "dialog",
      { id: "share", "aria-labelledby": "share-title" },
      element("h2", { id: "share-title" }, "Let others in"),
      element("label", { className: "row" }, "Who opens it may", this.#choice),
      this.#code,
      element("div", { className: "row" }, this.#link, copy),
      this.#note,
      element("div", { className: "row" }, this.#copied, close),
    );
    document.body.append(this.#dialog);
    connection.addEventListener("commands", ({ detail: { commands, right } }) => {
      this.#right = right;
      this.#asks = "share/links" in commands;
    });
  }

  async open() {
    const told = this.#asks ? await this.#connection.run("share/links").catch(() => null) : null;
    this.#links = invitations(location.href, this.#connection.token, this.#right, told);
    const offered = Object.keys(RIGHTS).filter((right) => right in this.#links);
    this.#choice.replaceChildren(...offered.map((right) => new Option(RIGHTS[right], right)));
    this.#choice.disabled = offered.length < 2;
    this.#copied.textContent = "";
    await this.#show();
    this.#dialog.showModal();
  }

  async #show() {
    const link = this.#links[this.#choice.value];
    this.#link.value = link;
    this.#note.textContent = isLoopback(link)
      ? "Only this machine can open it: start the server with --share to let others in."
      : link.startsWith("https:")
        ? "The browser warns of this machine's own certificate: choose Advanced, then Proceed."
        : "Headsets need HTTPS to enter VR: start the server with --share.";
    // Loaded when somebody asks: few visitors do.
    const { generate } = await import("lean-qr");
    draw(this.#code, generate(link));
  }

  async #copy() {
    this.#link.select();
    try {
      await navigator.clipboard.writeText(this.#link.value);
      this.#copied.textContent = "Copied.";
    } catch {
      this.#copied.textContent = "The link is selected: copy it by Ctrl+C.";
    }
  }
}

function draw(canvas, code) {
  const size = (code.size + 2 * MARGIN) * MODULE;
  [canvas.width, canvas.height] = [size, size];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, size, size);
  pen.fillStyle = "#000";
  for (let y = 0; y < code.size; y++)
    for (let x = 0; x < code.size; x++)
      if (code.get(x, y)) pen.fillRect((x + MARGIN) * MODULE, (y + MARGIN) * MODULE, MODULE, MODULE);
}
