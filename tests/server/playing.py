"""A server with three systems to choose from, and what tests of its commands do again and again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rpc_client import Log, RawClient

from atomtug.core.systems import load_system
from atomtug.server.app import RunningServer, ServerOptions, running_server

STEPS = 5
SYSTEMS = ("methane", "ethane", "methane")


@contextmanager
def server_of_three(recordings: Path) -> Iterator[RunningServer]:
    options = ServerOptions(
        systems=[load_system(name) for name in SYSTEMS],
        fps=100.0,
        steps_per_frame=STEPS,
        recordings=recordings,
    )
    with running_server(options) as running:
        yield running


def playing(client: RawClient) -> Log:
    """Every frame; the first system plays."""
    client.run("trajectory/set-dynamics-interval", interval=0.01)
    made = client.frames(every=True)
    counter = made.wait_for("system.simulation.counter")
    client.run("playback/load", index=0)
    client.run("playback/play")
    made.wait_for("system.simulation.counter", lambda value: value > counter)
    made.wait_for("playback.playing", bool)
    made.wait_for("system.simulation.step", lambda step: step > 0)
    del made.messages[:]
    return made


def paused(client: RawClient, log: Log) -> int:
    """The step at which it stands still."""
    client.run("playback/pause")
    log.wait_for("playback.playing", lambda playing: not playing)
    # Whatever was on its way is here before the frame of a step, and the step is over when it is said to stand
    # still for the second time: when it begins, and after its frame.
    start = len(log.messages)
    client.run("playback/step")
    log.wait(
        lambda: sum(values.get("playback.playing") is False for _, values in log.messages[start:]) >= 2,
        "one more frame",
    )
    return int(log.current["system.simulation.step"])


def step_once(client: RawClient, log: Log) -> int:
    before = log.current["system.simulation.step"]
    client.run("playback/step")
    return log.wait_for("system.simulation.step", lambda step: step > before)
