"""The scripts that ship, and the Python in docs/scripts.md, are what they say."""

import re
import runpy
from pathlib import Path

import pytest
from fake_simulation import FakeSimulation, drive, make_frame

from atomtug.core.systems import load_system
from atomtug.vr_client import ScriptReport, load_script, play_script
from atomtug.vr_client.scripted.play import bind_script
from atomtug.vr_client.scripted.selection import Names

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


def run_example(name, *arguments):
    runpy.run_path(str(ROOT / "examples" / f"{name}.py"))["main"](*arguments)


@pytest.mark.slow
def test_the_example_in_python_pulls_and_lets_go(client, live_server, capsys):
    client.run("playback/reset")
    run_example("pull_from_python", live_server.address)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 3
    assert all("ps   C-H" in line and "kJ/mol" in line for line in lines)
    assert not any(key.startswith("interaction.") for key in live_server.session.state.values)


def test_the_example_reads_a_recording_in_two_ways(capsys):
    run_example("read_recording")
    said = capsys.readouterr().out
    assert "241 frames of methane on pm6" in said
    low_ev, low_kj = (float(line.split()[2]) for line in said.splitlines() if line.startswith("energies"))
    assert low_kj == pytest.approx(low_ev * 96.485, rel=1e-4)


def test_every_example_in_python_is_tested():
    # label_and_train is run in tests/workflows.
    tested = {"pull_from_python", "read_recording", "label_and_train"}
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == tested
