import assert from "node:assert/strict";
import { test } from "node:test";
import { reconnectedText, speedText, waitingText } from "../src/waiting_text.js";

const fine = {
  connected: true,
  lost: null,
  tries: 0,
  placed: false,
  loading: "",
  step: "",
  loadingSeconds: 0,
  begun: true,
  playing: true,
  still: 0.1,
  speed: 300,
  engine: "pm6",
  undo: true,
};

test("a speed is never nought: below a step a second it is said how long a step takes", () => {
  assert.deepEqual([1234.4, 10, 2.46, 0.25, 0.02].map(speedText), [
    "1234 steps/s",
    "10 steps/s",
    "2.5 steps/s",
    "a step in 4.0 s",
    "a step in 50 s",
  ]);
});

test("nothing is said where nothing is waited for, and where somebody has paused", () => {
  assert.equal(waitingText(fine), null);
  assert.equal(waitingText({ ...fine, playing: false, still: 500 }), null);
  assert.equal(waitingText({ ...fine, placed: true, still: 500 }), null);
});

test("an engine that is being loaded is told with what it does and for how long", () => {
  const loading = { ...fine, begun: false, loading: "ann:alkanes", step: "compiles the dynamics", loadingSeconds: 12 };
  const { text, seconds } = waitingText(loading);
  assert.match(text, /^ann:alkanes compiles the dynamics\. This is done once/);
  assert.equal(seconds, 12);
  assert.equal(waitingText({ ...loading, loadingSeconds: 0 }), null);
  assert.equal(waitingText({ ...loading, step: "", loadingSeconds: 2 }).text, "ann:alkanes gets ready.");
});

test("a simulation that makes no step is told, with what to do", () => {
  const { text, seconds } = waitingText({ ...fine, still: 12 });
  assert.match(text, /^No step: pm6 is busy/);
  assert.match(text, /Undo goes back to before the last pull/);
  assert.equal(seconds, 12);
  assert.doesNotMatch(waitingText({ ...fine, still: 12, undo: false }).text, /Undo/);
  assert.match(waitingText({ ...fine, speed: 0.25, still: 3.5 }).text, /slow here: a step in 4\.0 s/);
});

test("a lost connection is told with the time and the tries", () => {
  assert.equal(waitingText({ ...fine, connected: false }), null);
  assert.deepEqual(waitingText({ ...fine, connected: false, lost: 3, tries: 1 }), {
    text: "The connection was lost; trying again.",
    seconds: 3,
  });
  assert.match(waitingText({ ...fine, connected: false, lost: 30, tries: 8 }).text, /8 times so far/);
});

test("after a lost connection it is said what was lost, and what was not", () => {
  const now = { started: 1, counter: 2, system: "methane", recording: "" };
  const before = { ...now, held: ["H1", "CN:C"], pinned: 1 };
  assert.equal(
    reconnectedText(before, now, 12.2),
    "Connected again after 12 s. H1 and CN:C were let go. The pin is gone. " +
      "The simulation went on meanwhile; nothing of it is lost.",
  );
  const free = { ...now, held: [], pinned: 0 };
  assert.match(
    reconnectedText({ ...free, recording: "a.h5" }, { ...now, started: 9 }, 1),
    /started again.* is in a\.h5/,
  );
  assert.match(reconnectedText(free, { ...now, counter: 3 }, 1), /began anew/);
  assert.match(reconnectedText(free, { ...now, system: "ethane" }, 1), /Meanwhile ethane was loaded/);
});
