/** A molecule of the visitor's own, where the server's owner allows it: typed, chosen, or dropped on the page. */

import { element } from "./dom.js";

const LARGEST = 2 ** 20; // bytes of a file that the server takes
const ENDINGS = ".xyz,.extxyz,.mol,.sdf,.mol2,.smi,.cdxml,.pdb,.cif,.log,.out";

const $ = (id) => document.getElementById(id);

export class MoleculeLoader {
  #connection;
  #figures;
  #pulls;
  #allowed = false;
  #status = element("p", { id: "load-status", className: "note", role: "status", hidden: true });
  #over = element("p", { id: "drop", hidden: true });
  #charge = element("input", { id: "load-charge", type: "number", placeholder: "as written", step: 1 });
  #multiplicity = element("input", { id: "load-multiplicity", type: "number", placeholder: "lowest", min: 1, step: 1 });
  #file = element("input", { id: "load-file", type: "file", accept: ENDINGS, "aria-label": "File" });
  #more = element("details", { id: "load-more", hidden: true }, element("summary", {}, "File, charge, multiplicity"));

  constructor(connection, figures, pulls) {
    this.#connection = connection;
    this.#figures = figures;
    this.#pulls = pulls;
    this.#more.append(
      element("div", { className: "row" }, this.#file),
      element("label", { className: "row" }, "Charge", this.#charge),
      element("label", { className: "row" }, "Multiplicity", this.#multiplicity),
    );
    $("load-row").after(this.#status, this.#more);
    document.body.append(this.#over);
    connection.addEventListener("commands", ({ detail }) => this.#allow("system/load" in detail.commands));
    $("load-row").onsubmit = (event) => {
      event.preventDefault();
      this.#load({ text: $("load").value.trim() });
    };
    this.#file.onchange = () => this.#read(this.#file.files[0]);
    this.#followDrags();
  }

  #allow(allowed) {
    this.#allowed = allowed;
    $("load-row").hidden = this.#more.hidden = !allowed;
  }

  /** A file that is dropped where it is not wanted must not take the page's place: whoever holds an atom would let go. */
  #followDrags() {
    const show = (text) => {
      this.#over.textContent = text;
      this.#over.hidden = !text;
    };
    addEventListener("dragover", (event) => {
      event.preventDefault();
      event.dataTransfer.dropEffect = this.#allowed ? "copy" : "none";
      show(
        this.#allowed
          ? "Let go, and this molecule is simulated."
          : "This server simulates only what it was started with: its owner can allow others with --allow-systems.",
      );
    });
    addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) show("");
    });
    addEventListener("drop", (event) => {
      event.preventDefault();
      show("");
      if (!this.#allowed) return;
      const file = event.dataTransfer.files[0];
      if (file) this.#read(file);
      else this.#load({ text: event.dataTransfer.getData("text/plain").trim() });
    });
  }

  async #read(file) {
    if (!file) return;
    if (file.size > LARGEST) return this.#say(`${file.name} is too large: a molecule's file has 1 MB at most.`, true);
    await this.#load({ file: await file.text(), name: file.name });
    this.#file.value = "";
  }

  /** Begin with a molecule: `text`, or `file` and its `name`. What is simulated now goes on until it is ready. */
  async #load(molecule) {
    if (molecule.text === "") return;
    for (const [name, input] of Object.entries({ charge: this.#charge, multiplicity: this.#multiplicity })) {
      if (input.value !== "") molecule[name] = Number(input.value);
    }
    $("load").disabled = this.#file.disabled = true;
    this.#say(`${molecule.name ?? molecule.text} is read and made ready; the simulation goes on meanwhile.`);
    try {
      const done = await this.#connection.run("system/load", molecule);
      this.#pulls.releaseAll();
      this.#say("");
      this.#figures.say(`Loaded ${done.name}: charge ${done.charge}, multiplicity ${done.multiplicity}`);
      $("load").value = this.#charge.value = this.#multiplicity.value = "";
      this.#connection.dispatchEvent(new Event("systems"));
    } catch (error) {
      this.#say(error.message, true);
      this.#figures.say(error.message, "trouble");
    } finally {
      $("load").disabled = this.#file.disabled = false;
    }
  }

  #say(text, isTrouble = false) {
    this.#status.textContent = text;
    this.#status.hidden = !text;
    this.#status.classList.toggle("trouble", isTrouble);
  }
}
