/** Curves of energy as a path to draw, for lists and scrubbers. No page. */

/**
 * The path of a curve in a box.
 *
 * @param energies kcal/mol, evenly spread; null where unknown
 * @param width, height of the box
 * @param least kcal/mol that the height stands for, at least, so that noise doesn't fill it
 * @returns text for an SVG path's `d`
 */
export function curvePath(energies, width, height, least = 5) {
  const known = energies.filter((energy) => energy !== null);
  if (!known.length) return "";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const lift = Math.max(least - (high - low), 0) / 2;
  const y = (energy) => (height * (high + lift - energy)) / (high - low + 2 * lift);
  const x = (index) => (energies.length > 1 ? (width * index) / (energies.length - 1) : 0);
  let pen = "M";
  return energies
    .map((energy, index) => {
      if (energy === null) {
        pen = "M";
        return "";
      }
      const piece = `${pen}${x(index).toFixed(1)} ${y(energy).toFixed(1)}`;
      pen = "L";
      return piece;
    })
    .join("");
}

/** "from −3 to +105 kcal/mol", or an empty text where no energy is known. */
export function rangeText(energies) {
  const known = energies.filter((energy) => energy !== null);
  if (!known.length) return "";
  const said = (value) => `${value < -0.5 ? "−" : "+"}${Math.abs(value).toFixed(0)}`;
  return `from ${said(Math.min(...known))} to ${said(Math.max(...known))} kcal/mol`;
}

/** Bytes as "340 kB" or "4.2 MB". */
export function sizeText(bytes) {
  return bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3))} kB`
    : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** What a recording is, in a line: "CH4 + CN · 300 frames · 1.20 ps · 3 runs · 4.2 MB". */
export function recordingText(entry) {
  const parts = [];
  if (entry.formula) parts.push(entry.formula);
  if (entry.frames !== undefined) parts.push(`${entry.frames} ${entry.frames === 1 ? "frame" : "frames"}`);
  if (entry.ps !== undefined) parts.push(`${entry.ps.toFixed(2)} ps`);
  if (entry.runs > 1) parts.push(`${entry.runs} runs`);
  if (entry.apart) parts.push(`${entry.apart} at the end flown apart`);
  parts.push(sizeText(entry.bytes));
  if (entry.writing) parts.push("being written");
  return parts.join(" · ");
}

/** The path of the parts of a scrubber in which fragments have flown apart: boxes over the whole height. */
export function apartPath(apart, frames, width, height) {
  const x = (frame) => ((width * frame) / Math.max(frames - 1, 1)).toFixed(1);
  return apart.map(([first, last]) => `M${x(first)} 0H${x(last)}V${height}H${x(first)}Z`).join("");
}
