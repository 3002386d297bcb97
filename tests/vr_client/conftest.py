"""A live server that the client's tests share."""

from collections.abc import Iterator

import pytest

from atomtug.server.app import RunningServer, ServerOptions, running_server
from atomtug.systems import load_system
from atomtug.vr_client import Client


@pytest.fixture(scope="session")
def live_server(tmp_path_factory) -> Iterator[RunningServer]:
    """Methane + CN on PM6, as fast as it goes."""
    folder = tmp_path_factory.mktemp("recordings")
    with running_server(ServerOptions([load_system("methane")], fps=0.0, recordings=folder)) as server:
        yield server


@pytest.fixture
def client(live_server) -> Iterator[Client]:
    with Client.connect(live_server.address) as made:
        made.run("playback/play")
        yield made
