"""The scripts that ship, and the Python in docs/scripts.md, are what they say."""

import re
from pathlib import Path

import pytest
from fake_simulation import FakeSimulation, drive, make_frame

from atomtug.systems import load_system
from atomtug.vr_client import ScriptReport, load_script, play_script
from atomtug.vr_client.play import bind_script
from atomtug.vr_client.selection import Names

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))


def system_of(path):
    return load_system(re.search(r"atomtug steer (\S+)", path.read_text())[1])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_the_system_that_it_names(path):
    script = load_script(path)
    assert len(bind_script(script, Names.of(make_frame(system_of(path))))) == len(script.steps)


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_to_its_end(path):
    simulation = FakeSimulation(system_of(path), seed=2)
    report = drive(simulation, play_script(simulation.frame, load_script(path)), longest=30.0)
    assert report.finished, report.reason


@pytest.mark.slow
def test_the_python_in_the_docs_runs(client, live_server, capsys):
    text = (ROOT / "docs" / "scripts.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    printed = []
    client.run("playback/reset")
    exec(code.replace("localhost:38801", live_server.address), {"print": printed.append})
    assert isinstance(printed[0], ScriptReport)
    assert printed[1].target in range(1, 5)
    assert isinstance(printed[2], float)
