/** The server's recordings in a list: each with a curve of its energy, to open, rename, download or delete. */

import { element } from "./dom.js";
import { fetchRecording, keepFile } from "./download.js";
import { curvePath, rangeText, recordingText } from "./scrubber.js";

const [WIDTH, HEIGHT] = [120, 28];
const FORMATS = [
  ["h5", "HDF5"],
  ["extxyz", "extended XYZ"],
  ["nanover", "NanoVer"],
];

export class Recordings {
  #connection;
  #say;
  #open;
  #dialog;
  #list;
  #note;
  #has = () => false;

  /**
   * @param connection runs the commands
   * @param say        shows a sentence (text, kind)
   * @param open       plays a recording, by its entry in the list
   */
  constructor({ connection, say, open }) {
    this.#connection = connection;
    this.#say = say;
    this.#open = open;
    this.#list = element("ul", { id: "recordings-list" });
    this.#note = element("p", { id: "recordings-note", role: "status" });
    const close = element("button", {
      id: "recordings-close",
      textContent: "Close",
      onclick: () => this.#dialog.close(),
    });
    this.#dialog = element(
      "dialog",
      { id: "recordings", "aria-labelledby": "recordings-title" },
      element("h2", { id: "recordings-title", textContent: "Recordings" }),
      this.#note,
      this.#list,
      close,
    );
    document.body.append(this.#dialog);
  }

  /** What this server lets be done: `has` says whether a command may be run. */
  offer(has) {
    this.#has = has;
  }

  close() {
    this.#dialog.close();
  }

  /** Show the list as it is now. */
  async show() {
    if (!this.#dialog.open) this.#dialog.showModal();
    if (!this.#list.children.length) this.#note.textContent = "Looking…";
    const found = await this.#run("recordings/list");
    if (!found) return;
    const { recordings, total } = found;
    this.#note.textContent =
      total === 0
        ? "There is none yet. Record writes what happens to the server's folder."
        : total > recordings.length
          ? `The newest ${recordings.length} of ${total}.`
          : "";
    this.#list.replaceChildren(...recordings.map((entry) => this.#row(entry)));
  }

  #row(entry) {
    const title = element("b", { textContent: entry.name });
    const about = element("small", { textContent: entry.error ?? recordingText(entry) });
    if (entry.error) about.className = "trouble";
    const row = element("li", {}, curve(entry), element("div", { className: "about" }, title, about));
    const actions = element("div", { className: "actions" });
    if (!entry.error && entry.frames) {
      actions.append(button("Open", entry.name, () => this.#open(entry)));
      if (!entry.writing) actions.append(this.#downloads(entry, about));
    }
    if (!entry.writing && this.#has("recordings/rename"))
      actions.append(button("Rename", entry.name, () => this.#rename(entry, title)));
    if (!entry.writing && this.#has("recordings/delete"))
      actions.append(button("Delete", entry.name, ({ currentTarget }) => this.#delete(entry, currentTarget)));
    row.append(actions);
    return row;
  }

  #downloads(entry, about) {
    const choice = element("select", { "aria-label": `Download ${entry.name}` }, new Option("Download", ""));
    for (const [format, name] of FORMATS) choice.append(new Option(name, format));
    choice.onchange = async () => {
      const format = choice.value;
      choice.value = "";
      choice.disabled = true;
      try {
        about.textContent = "Making the file…";
        const progress = (share) => (about.textContent = `Downloading, ${Math.round(100 * share)} %`);
        keepFile(await fetchRecording(this.#connection, entry.name, format, progress));
        about.textContent = recordingText(entry);
      } catch (error) {
        about.textContent = error.message;
      }
      choice.disabled = false;
    };
    return choice;
  }

  #rename(entry, title) {
    const field = element("input", {
      value: entry.name.replace(/\.h5$/, ""),
      maxLength: 100,
      "aria-label": "New name",
    });
    const form = element("form", { className: "rename" }, field, element("button", { textContent: "Rename" }));
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (await this.#run("recordings/rename", { name: entry.name, to: field.value.trim() })) await this.show();
    };
    field.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      form.replaceWith(title);
    };
    title.replaceWith(form);
    field.select();
  }

  /** The first press asks, the second deletes. */
  async #delete(entry, pressed) {
    if (!pressed.classList.contains("sure")) {
      const ask = (sure) => {
        pressed.classList.toggle("sure", sure);
        pressed.textContent = sure ? "Delete for good?" : "Delete";
        pressed.setAttribute("aria-label", `${pressed.textContent} ${entry.name}`);
      };
      ask(true);
      pressed.onblur = () => ask(false);
      return;
    }
    if (await this.#run("recordings/delete", { name: entry.name })) await this.show();
  }

  async #run(name, args) {
    try {
      return (await this.#connection.run(name, args)) ?? {};
    } catch (error) {
      this.#note.textContent = error.message;
      this.#say(error.message, "trouble");
      return null;
    }
  }
}

/** What is read aloud says of which recording. */
function button(text, name, onclick) {
  return element("button", { textContent: text, "aria-label": `${text} ${name}`, onclick });
}

function curve({ curve: energies = [] }) {
  const SVG = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", rangeText(energies) ? `Energy ${rangeText(energies)}` : "No energy");
  path.setAttribute("d", curvePath(energies, WIDTH, HEIGHT));
  picture.append(path);
  return picture;
}
