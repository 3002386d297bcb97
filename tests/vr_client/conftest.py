"""A live server that the client's tests share; an OpenXR runtime without a device."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from atomtug.core.errors import DeviceMissing
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


@pytest.fixture(scope="module")
def context():
    from atomtug.vr_client.xr.contexts import EglContext

    try:
        made = EglContext()
    except DeviceMissing as error:
        pytest.skip(f"no OpenGL without a window here: {error}")
    yield made
    made.close()


@pytest.fixture
def x_server(xr_double, monkeypatch):
    """An X server that nobody looks at."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is missing, an X server without a screen")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            monkeypatch.setenv("DISPLAY", f":{told.readline().strip()}")
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)
