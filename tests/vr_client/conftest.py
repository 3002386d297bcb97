"""A live server that the client's tests share; an OpenXR runtime without a device."""

from collections.abc import Iterator

import pytest

from atomtug.core.systems import load_system
from atomtug.server.app import RunningServer, ServerOptions, running_server
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


@pytest.fixture(scope="session")
def built_xr_double(tmp_path_factory):
    """The double, compiled."""
    from xr_double import XrDouble, missing

    if why := missing():
        pytest.skip(why)
    return XrDouble(tmp_path_factory.mktemp("xr"))


@pytest.fixture
def xr_double(built_xr_double, monkeypatch):
    """The double as the runtime that the loader finds; at the end nothing may be left over or complained of."""
    built_xr_double.reset()
    for name, value in built_xr_double.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DISPLAY", raising=False)
    yield built_xr_double
    assert built_xr_double.complaints == ""
    assert built_xr_double.objects == 0
