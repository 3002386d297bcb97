"""``atomtug vr`` from the command line: a process of its own, its sentences, its end."""

import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from test_xr_connection import PATIENCE

from atomtug.cli import cli
from atomtug.core.errors import DeviceMissing, InputError
from atomtug.vr_client.xr.contexts import EglContext


class VrProcess:
    """``atomtug vr ...``, its lines as they come."""

    def __init__(self, *arguments, **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "atomtug", "vr", "--server", "localhost:1", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def says(self, text):
        """Wait for a line."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            line = self.process.stdout.readline()
            if text in line:
                return
            assert line, self.process.stderr.read()
        raise AssertionError(f"it never said {text!r}")

    def ends(self, how=signal.SIGINT):
        """Stop it as a person does; returns the exit code and what it said on stderr."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


@pytest.mark.parametrize(("how", "call"), [(signal.SIGINT, "xrSyncActions"), (signal.SIGTERM, "xrPollEvent")])
def test_it_runs_without_pictures_and_ends_when_asked_in_the_midst_of_a_call(xr_double, how, call):
    """The runtime sends the signal itself, while the client waits for it in a system call."""
    with VrProcess("--headless", ATOMTUG_XR_DOUBLE_INTERRUPT=f"{int(how)} {call} 20") as command:
        command.says("In no headset at all by atomtug's double, without pictures.")
        _, said = command.process.communicate(timeout=PATIENCE)
    assert command.process.returncode == 0, said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_it_runs_with_pictures_and_ends_without_a_crash(xr_double):
    try:
        EglContext().close()
    except DeviceMissing as error:
        pytest.skip(f"no OpenGL without a window here: {error}")
    with VrProcess("--graphics", "egl") as command:
        command.says("In no headset at all by atomtug's double.")
        time.sleep(1.0)
        code, said = command.ends()
    assert code == 0, said
    assert "Traceback" not in said


def test_what_is_missing_is_one_sentence(xr_double, tmp_path):
    with VrProcess("--headless", XR_RUNTIME_JSON=str(tmp_path / "none.json")) as command:
        _, said = command.process.communicate(timeout=PATIENCE)
        assert command.process.returncode == 1
    (sentence,) = said.splitlines()
    assert sentence.startswith("atomtug: No OpenXR runtime answers")


def test_a_port_that_does_not_exist_is_an_error_at_once():
    result = CliRunner().invoke(cli, ["vr", "--server", "localhost:70000"])
    assert isinstance(result.exception, InputError)
    assert "There is no port 70000" in str(result.exception)
