/** The molecule as it is seen now, as a picture in a file. */

const EDGE = 18; // px

/** A PNG of the stage on the page's ground, with a line of text at its lower left. */
export function picture(stage, text) {
  const { renderer, scene, camera, canvas } = stage;
  renderer.render(scene, camera); // what WebGL has drawn is there only until the browser has shown it
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const pen = copy.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  pen.fillStyle = style.getPropertyValue("--ground");
  pen.fillRect(0, 0, copy.width, copy.height);
  pen.drawImage(canvas, 0, 0);
  const scale = canvas.width / canvas.clientWidth;
  pen.fillStyle = style.getPropertyValue("--quiet");
  pen.font = `${Math.round(13 * scale)}px system-ui, sans-serif`;
  pen.fillText(text, EDGE * scale, copy.height - EDGE * scale);
  return new Promise((resolve) => copy.toBlob(resolve, "image/png"));
}

/** Have the browser save a file. */
export function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** A name for a picture: the molecule and the time, in letters that any system takes. */
export function fileName(system, time) {
  const plain = system.replace(/[^\p{L}\p{N}+-]+/gu, "_").replace(/^_+|_+$/g, "");
  return `${plain || "molecule"}-${time.toISOString().slice(0, 19).replaceAll(":", "")}.png`;
}
