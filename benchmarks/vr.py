"""The headset client's loop: what a moment costs, and how soon a pressed trigger is at the server.

python benchmarks/vr.py [--json] [--quick]

The real OpenXR loader with a runtime without a device (tests/vr_client/xr_runtime, built by gcc), headless, at 90
moments a second; methane + CN on PM6 at 30 frames/s in a server process of its own.

- CPU: thread time of the loop a moment, OpenXR calls included, nothing drawn; and the whole client's process time.
- press: from the moment the runtime has the trigger pressed to the interaction in the server's shared state, as
  another client sees it. One moment (11 ms) is the time a press may wait to be looked at.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from report import print_json, print_table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "vr_client"))

from xr_double import XrDouble, missing  # noqa: E402

from atomtug.vr_client import Client  # noqa: E402
from atomtug.vr_client.xr.app import VrApp, VrOptions  # noqa: E402

RIGHT = 1
LONGEST = 10.0
"""Seconds within which a press must be seen."""

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="a third of the time, less sure figures")
    options = parser.parse_args()
    if why := missing():
        raise SystemExit(f"This can't be measured here: {why}.")
    with tempfile.TemporaryDirectory() as folder:
        double = XrDouble(Path(folder))
        os.environ["XR_RUNTIME_JSON"] = str(double.manifest)  # and no validation layer
        command = [sys.executable, "-m", "atomtug", "serve", "methane", "--port", "0", "--no-record"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1].rstrip(".")
            watcher = PullWatcher(address)
            app = VrApp(lambda: Client.connect(address), VrOptions(headless=True))
            thread = threading.Thread(target=app.run)
            thread.start()
            try:
                wait_for(lambda: len(app.controllers.room) == 7)
                cpu, process, rate = measure_cpu(app, 4.0 if options.quick else 12.0)
                took = measure_presses(app, double, watcher, 60 if options.quick else 200)
            finally:
                app.stop()
                thread.join(10.0)
                watcher.close()
        finally:
            server.terminate()
            server.wait(timeout=30)
    press = {"p50": 1e3 * median(took), "p99": 1e3 * quantiles(took, n=100)[98]}
    print_table(
        f"Headless, methane + CN on PM6, {rate:.0f} moments/s; {len(took)} presses",
        ("figure", "measured", "bar"),
        [
            ("CPU of the loop a moment, ms", cpu, "< 3"),
            ("CPU of the whole client a moment, ms", process, ""),
            ("press to server, p50 ms", press["p50"], "< 11 + network"),
            ("press to server, p99 ms", press["p99"], "< 11 + network"),
        ],
    )
    if options.json:
        print_json({"xr_frame_cpu_ms": cpu, "press_to_server_ms": press})


if __name__ == "__main__":
    main()
