/** The drawer with the settings of the dynamics: what the server's owner may change while it runs. */

import { element } from "./dom.js";
import { SLIDERS, fromSlider, toSlider } from "./sliders.js";

const CHOICES = [
  {
    name: "thermostat",
    label: "Motion",
    key: "dynamics.thermostat",
    options: { langevin: "with thermostat", nve: "at constant energy", relax: "downhill (relax)" },
  },
  {
    name: "force_law",
    label: "Force law",
    key: "imd.force_law",
    options: { narupa: "Narupa", "nanover-2026": "NanoVer 2026" },
  },
];

export class DynamicsDrawer {
  #connection;
  #figures;
  #inputs = new Map();
  #outputs = new Map();
  #drawer;

  /** `parent`: what the drawer is put into. */
  constructor(connection, figures, parent) {
    this.#connection = connection;
    this.#figures = figures;
    this.#drawer = element("details", { id: "dynamics", hidden: true }, element("summary", {}, "Simulation"));
    for (const choice of CHOICES) this.#addChoice(choice);
    for (const slider of SLIDERS) this.#addSlider(slider);
    parent.append(this.#drawer);
    connection.addEventListener("commands", ({ detail }) => {
      this.#drawer.hidden = !("dynamics/set" in detail.commands);
    });
    connection.addEventListener("state", () => this.#show());
  }

  #addChoice({ name, label, options }) {
    const select = element(
      "select",
      { id: `set-${name}`, onchange: () => this.#set(name, select.value) },
      ...Object.entries(options).map(([value, text]) => new Option(text, value)),
    );
    this.#inputs.set(name, select);
    this.#drawer.append(element("label", { className: "row" }, label, select));
  }

  #addSlider(slider) {
    const { name, label, low, high, step, help } = slider;
    const output = element("output", { htmlFor: `set-${name}` });
    const input = element("input", { id: `set-${name}`, type: "range", min: low, max: high, step });
    const shown = () => this.#write(slider, fromSlider(slider, Number(input.value)));
    input.oninput = shown;
    input.onchange = () => this.#set(name, fromSlider(slider, Number(input.value)));
    this.#inputs.set(name, input);
    this.#outputs.set(name, output);
    this.#write(slider, fromSlider(slider, low));
    this.#drawer.append(
      element(
        "div",
        { className: "slider", title: help },
        element("label", { htmlFor: `set-${name}` }, label),
        output,
        input,
      ),
    );
  }

  #write({ name, text }, value) {
    const written = text(value);
    this.#outputs.get(name).value = written;
    this.#inputs.get(name).setAttribute("aria-valuetext", written);
  }

  async #set(name, value) {
    try {
      await this.#connection.run("dynamics/set", { [name]: value });
    } catch (error) {
      this.#figures.say(error.message, "trouble");
      this.#show();
    }
  }

  /** What is in force, whoever set it; a slider that is being moved stays in its hand. */
  #show() {
    const { state } = this.#connection;
    const settings = { ...state.get("dynamics.settings"), force_cap: state.get("imd.force_cap") };
    for (const slider of SLIDERS) {
      const value = settings[slider.name];
      const input = this.#inputs.get(slider.name);
      if (value === undefined || input.matches(":active")) continue;
      input.value = toSlider(slider, value);
      this.#write(slider, value);
    }
    for (const { name, key } of CHOICES) {
      if (state.has(key)) this.#inputs.get(name).value = state.get(key);
    }
  }
}
