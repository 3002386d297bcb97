"""A live server with three systems to choose from, unless a module has a server of its own."""

from collections.abc import Iterator

import pytest
from playing import STEPS, SYSTEMS
from rpc_client import Log, RawClient

from atomtug.core.systems import load_system
from atomtug.server.app import RunningServer, ServerOptions, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[RunningServer]:
    options = ServerOptions(
        systems=[load_system(name) for name in SYSTEMS],
        fps=100.0,
        steps_per_frame=STEPS,
        recordings=tmp_path_factory.mktemp("recordings"),
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def log(client: RawClient) -> Log:
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
