"""The headset client: what a moment costs, how soon a press is at the server, what is in reach, what Ctrl-C does.

python benchmarks/vr.py [--json] [--quick]

The real OpenXR loader with a runtime without a device (tests/vr_client/xr_runtime, built by gcc), at 90 moments a
second.

- CPU, headless: thread time of the loop a moment, OpenXR calls included, nothing drawn; and the whole client's
  process time. Methane + CN on PM6 at 30 frames/s in a server process of its own.
- CPU with pictures: thread time of the loop a moment with everything drawn for both eyes (panel, hands and sign
  too), by a software OpenGL whose rasteriser has threads of its own, which are not counted. Methane + CN on PM6,
  squalane + CN on the shipped network.
- press: from the moment the runtime has the trigger pressed to the interaction in the server's shared state, as
  another client sees it. One moment (11 ms) is the time a press may wait to be looked at.
- reach: the part of a minute at rest in which every atom of methane + CN is where a stretched arm takes hold.
- interrupted sessions: the runtime waits in a system call, Ctrl-C or SIGTERM comes just then; sessions that don't end
  in good order have failed.
"""

import argparse
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from report import print_json, print_table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "vr_client"))

from xr_double import XrDouble, missing  # noqa: E402

from atomtug.vr_client import Client  # noqa: E402
from atomtug.vr_client.xr.app import VrApp, VrOptions  # noqa: E402
from atomtug.vr_client.xr.grab import REACH  # noqa: E402
from atomtug.vr_client.xr.signals import ending_on_signals  # noqa: E402

LEFT, RIGHT = 0, 1
LONGEST = 120.0
"""Seconds within which what is waited for must happen: a network is compiled, too."""
ARM = 0.65
"""From a shoulder to the fingertips, metres."""
SHOULDERS = np.array([[-0.18, -0.25, 0.0], [0.18, -0.25, 0.0]])
"""Seen from the head."""
HEAD = np.array([0.0, 1.6, 0.0])
"""Where the runtime has the head."""
CALLS = (
    "xrSyncActions",
    "xrPollEvent",
    "xrLocateSpace",
    "xrGetActionStateFloat",
    "xrWaitFrame",
    "xrEndFrame",
)
"""Calls of the runtime that are interrupted; the last two are made with pictures only."""

WATCHER = """
import json, sys, time
from atomtug.protos import state_pb2
from atomtug.vr_client.client.channel import Channel
from atomtug.wire import state_keys

channel = Channel(sys.argv[1])
stream = channel.stream("SubscribeStateUpdates", state_pb2.SubscribeStateUpdatesRequest(update_interval=0.0))
print("ready", flush=True)
for message in stream:
    now = time.monotonic()
    for key, value in message.changed_keys.fields.items():
        if key.startswith(state_keys.INTERACTION_PREFIX):
            print(json.dumps([key, now, value.WhichOneof("kind") == "null_value"]), flush=True)
"""


class PullWatcher:
    """Another client, a process of its own: when each interaction appeared."""

    def __init__(self, address: str) -> None:
        command = [sys.executable, "-c", WATCHER, address]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()
        self.appeared: dict[str, float] = {}
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            key, now, ended = json.loads(line)
            if not ended:
                self.appeared.setdefault(key, now)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)


def wait_for(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not until():
        if time.monotonic() > deadline:
            raise SystemExit("The client or the server did not do what was waited for.")
        time.sleep(0.0005)


def measure_presses(app: VrApp, double: XrDouble, watcher: PullWatcher, times: int) -> list[float]:
    """Seconds from the press to the interaction, again and again."""
    took: list[float] = []
    while len(took) < times:
        double.point(RIGHT, app.controllers.room[len(took) % 7])
        snapshot = app.moments
        wait_for(lambda snapshot=snapshot: app.moments > snapshot + 2)
        if app.controllers.hands["right"].near is None:
            continue
        known = len(watcher.appeared)
        # Not in step with the loop.
        time.sleep(0.011 * ((7 * len(took)) % 10) / 10)
        pressed = time.monotonic()
        double.press(RIGHT, "trigger/value", 0.3)
        wait_for(lambda known=known: len(watcher.appeared) > known)
        took.append(list(watcher.appeared.values())[-1] - pressed)
        double.press(RIGHT, "trigger/value", 0.0)
        wait_for(lambda: app.controllers.hands["right"].hold is None)
    return took


def measure_cpu(app: VrApp, seconds: float) -> tuple[float, float, float]:
    """Thread and process CPU ms a moment, and moments a second."""
    moments, busy, process, began = app.moments, app.busy, time.process_time(), time.monotonic()
    time.sleep(seconds)
    count = app.moments - moments
    return (
        1e3 * (app.busy - busy) / count,
        1e3 * (time.process_time() - process) / count,
        count / (time.monotonic() - began),
    )


def measure_reach(app: VrApp, seconds: float) -> float:
    """The part of the time in which every atom is in reach of one of the hands."""
    shoulders, seen, reached = HEAD + SHOULDERS, 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        away = np.linalg.norm(app.controllers.room[:, None] - shoulders, axis=2).min(axis=1)
        seen += 1
        reached += bool(away.max() < ARM + REACH)
        time.sleep(0.02)
    return reached / seen


def interrupted_session(number: int) -> None:
    """One session that a signal ends, in a process of its own."""
    how = signal.SIGINT if number % 2 else signal.SIGTERM
    call = CALLS[number // 2 % len(CALLS)]
    os.environ["ATOMTUG_XR_DOUBLE_INTERRUPT"] = f"{int(how)} {call} {1 + number % 23}"
    drawn = call in CALLS[-2:]
    app = VrApp(lambda: Client.connect("localhost:1"), VrOptions(headless=not drawn, graphics="egl"))
    with ending_on_signals(app.stop):
        app.run()


def count_failures(sessions: int) -> int:
    """How many of so many interrupted sessions did not end in good order."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["atomtug.vr_client.xr.app", "atomtug.vr_client"])
    failures = 0
    for number in range(sessions):
        process = context.Process(target=interrupted_session, args=(number,))
        process.start()
        process.join(LONGEST)
        failures += process.exitcode != 0
        process.kill()
    return failures


class LiveServer:
    """``atomtug serve`` in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "atomtug", "serve", *arguments, "--port", "0", "--no-record"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().split()[-1].rstrip(".")

    def __enter__(self) -> str:
        return self.address

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)


class RunningApp:
    """The client in a thread."""

    def __init__(self, address: str, options: VrOptions) -> None:
        self._app = VrApp(lambda: Client.connect(address, patience=LONGEST), options)
        self._thread = threading.Thread(target=self._app.run)

    def __enter__(self) -> VrApp:
        self._thread.start()
        wait_for(lambda: len(self._app.controllers.room) > 0 and self._app.moments > 100)
        return self._app

    def __exit__(self, *_: object) -> None:
        self._app.stop()
        self._thread.join(LONGEST)


def measure_drawing(double: XrDouble, *serve: str, seconds: float) -> float:
    """Thread CPU ms a moment with pictures."""
    double.reset()
    double.keep_pictures(False)
    double.point(LEFT, (-0.3, 1.2, -0.4))
    double.point(RIGHT, (0.1, 1.2, -0.4))
    with LiveServer(*serve) as address, RunningApp(address, VrOptions(graphics="egl")) as app:
        return measure_cpu(app, seconds)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="a third of the time, less sure figures")
    options = parser.parse_args()
    if why := missing():
        raise SystemExit(f"This can't be measured here: {why}.")
    short = options.quick
    with tempfile.TemporaryDirectory() as folder:
        double = XrDouble(Path(folder))
        os.environ["XR_RUNTIME_JSON"] = str(double.manifest)  # and no validation layer
        os.environ.pop("DISPLAY", None)
        failures = count_failures(30 if short else 200)
        with LiveServer("methane") as address, RunningApp(address, VrOptions(headless=True)) as app:
            cpu, process, rate = measure_cpu(app, 4.0 if short else 12.0)
            reach = measure_reach(app, 20.0 if short else 60.0)
            watcher = PullWatcher(address)
            took = measure_presses(app, double, watcher, 60 if short else 200)
            watcher.close()
        seconds = 4.0 if short else 12.0
        drawn = {
            "methane": measure_drawing(double, "methane", seconds=seconds),
            "squalane": measure_drawing(double, "squalane", "--engine", "ann:alkanes", seconds=seconds),
        }
    press = {"p50": 1e3 * median(took), "p99": 1e3 * quantiles(took, n=100)[98]}
    print_table(
        f"Methane + CN on PM6, headless {rate:.0f} moments/s; {len(took)} presses",
        ("figure", "measured", "bar"),
        [
            ("CPU of the loop a moment, headless, ms", cpu, "< 3"),
            ("CPU of the whole client a moment, headless, ms", process, ""),
            ("CPU of the loop a moment, methane drawn, ms", drawn["methane"], "<= 2"),
            ("CPU of the loop a moment, squalane drawn, ms", drawn["squalane"], "<= 4"),
            ("press to server, p50 ms", press["p50"], "< 11 + network"),
            ("press to server, p99 ms", press["p99"], "< 11 + network"),
            ("part of the time in reach", reach, ">= 0.95"),
            ("interrupted sessions that failed", failures, "0"),
        ],
    )
    if options.json:
        print_json(
            {
                "xr_frame_cpu_ms": cpu,
                "press_to_server_ms": press,
                "cpu_ms": drawn,
                "eintr_failures": failures,
                "reach_fraction": reach,
            }
        )


if __name__ == "__main__":
    main()
