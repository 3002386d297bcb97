/** What a visitor who waits is told, and what was lost with a connection. Sentences only: no page, no clock. */

const QUIET = 1; // s that something may take without a word
const STILL = 3; // s without a frame, while the simulation runs

/** How fast the engine is: "1200 steps/s", "2.5 steps/s", "a step in 4 s". */
export function speedText(speed) {
  if (speed >= 9.95) return `${speed.toFixed(0)} steps/s`;
  if (speed >= 1) return `${speed.toFixed(1)} steps/s`;
  return `a step in ${(1 / speed).toFixed(speed > 0.1 ? 1 : 0)} s`;
}

/**
 * What is waited for.
 *
 * @param is {connected, lost, tries, placed, loading, step, loadingSeconds, begun, playing, still, speed, engine, undo}:
 *   `lost` and `still` are the seconds since the connection and the last frame, `begun` whether there was a frame,
 *   `placed` whether this is a recording, `undo` whether there is something to undo
 * @returns {text, seconds}, or null where nothing is
 */
export function waitingText(is) {
  if (!is.connected) {
    if (is.lost === null) return null;
    const again = is.tries > 1 ? ` (${is.tries} times so far)` : "";
    return { text: `The connection was lost; trying again${again}.`, seconds: is.lost };
  }
  if (is.loading && is.loadingSeconds >= QUIET) {
    const step = is.step ? ` ${is.step}` : " gets ready";
    const long = is.step.includes("compile") ? " This is done once for a molecule and can take a minute." : "";
    return { text: `${is.loading}${step}.${long}`, seconds: is.loadingSeconds };
  }
  if (is.loading) return null;
  if (!is.begun) return is.still < QUIET ? null : { text: "Waiting for the first frame.", seconds: is.still };
  if (is.placed || !is.playing) return null;
  const engine = is.engine || "The engine";
  if (is.still >= Math.max(STILL, 3 * secondsAFrame(is))) {
    const back = is.undo
      ? "Undo goes back to before the last pull, Reset to the start"
      : "Reset goes back to the start";
    return { text: `No step: ${engine} is busy with this geometry. ${back}.`, seconds: is.still };
  }
  if (is.speed > 0 && is.speed < 1) {
    const text = `${engine} is slow here: ${speedText(is.speed)}. A faster engine (Settings) or a smaller molecule helps.`;
    return { text, seconds: null };
  }
  return null;
}

/** Of an engine with less than a step a second a frame takes long, and nothing is wrong with that. */
const secondsAFrame = ({ speed, frameSteps }) => (speed > 0 ? (frameSteps ?? 1) / speed : 0);

/**
 * What became of things while there was no connection.
 *
 * @param before {started, counter, system, recording, held, pinned}: the server's start, the simulation and its file then,
 *   the names of the atoms that were held, and the number of pins
 * @param after  {started, counter, system, recording}
 * @param seconds without a connection
 */
export function reconnectedText(before, after, seconds) {
  const said = [`Connected again after ${Math.max(1, Math.round(seconds))} s.`];
  if (before.held.length) said.push(`${listed(before.held)} ${before.held.length > 1 ? "were" : "was"} let go.`);
  if (before.pinned) said.push(before.pinned > 1 ? `${before.pinned} pins are gone.` : "The pin is gone.");
  if (before.started !== after.started) {
    said.push("The server was started again: the simulation begins anew, and there is nothing to undo.");
    if (before.recording) said.push(`What was recorded until then is in ${before.recording}.`);
  } else if (before.system !== after.system) said.push(`Meanwhile ${after.system} was loaded.`);
  else if (before.counter !== after.counter) said.push("Meanwhile somebody began anew, or undid a pull.");
  else said.push("The simulation went on meanwhile; nothing of it is lost.");
  return said.join(" ");
}

const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
