"""NanoVer's own client of today against our server, and its recordings in both directions."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from nanover_env import nanover_python

from atomtug.cli import cli
from atomtug.core.systems import load_system
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, running_server

# The environment is made on first use: some 900 MB come from the package index.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

VISITOR = Path(__file__).parent / "nanover_visitor.py"
SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"


@pytest.fixture(scope="module")
def python() -> Path:
    return nanover_python()


def visitor(python: Path, *arguments: object) -> dict:
    done = subprocess.run(
        [python, VISITOR, *map(str, arguments)], capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_todays_client_connects_watches_pulls_commands_and_records(python, tmp_path):
    methane = load_system("methane")
    systems = [methane, load_system("ethane")]
    recorded = tmp_path / "visit.nanover.zip"
    with running_server(ServerOptions(systems, web_port=0, recordings=tmp_path, temperature=100.0)) as server:
        seen = visitor(python, "visit", server.websocket, recorded)
    assert seen["elements"] == methane.numbers.tolist()
    assert seen["name"] == "methane"
    assert seen["bonds"] == [[0, 1], [0, 2], [0, 3], [0, 4], [5, 6]]
    assert seen["shape"] == [7, 3]
    assert seen["kinetic"] > 0
    assert seen["potential"] < -1000
    assert seen["held"] == seen["forced"] == [1]
    assert seen["after"] < 0.5 * seen["before"]
    assert seen["simulations"] == ["methane", "ethane"]
    assert {"playback/reset", "recording/start", "engine/list"} <= set(seen["commands"])
    assert "no command 'dance'" in seen["refused"]

    opened = visitor(python, "open", recorded)
    assert opened["frames"] > 10
    assert opened["elements"] == methane.numbers.tolist()
    assert len(opened["hands"]) == 1


def test_a_recording_of_ours_opens_in_nanover(python, tmp_path):
    path = tmp_path / "sample.nanover.zip"
    with pytest.raises(SystemExit) as ended:
        cli(["export", str(SAMPLE), "--to", "nanover", "--out", str(path)], prog_name="atomtug")
    assert ended.value.code == 0
    opened = visitor(python, "open", path)
    with Recording(SAMPLE) as recording:
        assert opened["frames"] == len(recording)
        assert opened["elements"] == recording.system.numbers.tolist()
        for place, positions in ((0, opened["first"]), (len(recording) - 1, opened["last"])):
            np.testing.assert_allclose(positions, recording.frame(place).positions / 10, atol=1e-6)
    assert opened["hands"]
    [[atoms, length]] = visitor(python, "analyse", path)["universes"]
    assert (atoms, length) == (len(opened["elements"]), opened["frames"])
