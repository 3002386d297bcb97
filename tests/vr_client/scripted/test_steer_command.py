"""``atomtug steer``, from the command line to the recordings."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from atomtug.cli.steer import command
from atomtug.core.errors import AtomtugError, EngineError, RecordingError
from atomtug.core.systems import load_system
from atomtug.recordings import Recording
from atomtug.recordings.pulls import find_pulls
from atomtug.recordings.summary import state_changes
from atomtug.server.app import ServerOptions, running_server
from atomtug.vr_client.scripted.outcome import Outcome
from atomtug.vr_client.scripted.script import LetGo, Script
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.steering import TrialRun

OH_AND_CH4 = """7

C  0.0000  0.0000  0.0000
H  0.6276  0.6276  0.6276
H -0.6276 -0.6276  0.6276
H -0.6276  0.6276 -0.6276
H  0.6276 -0.6276 -0.6276
O  3.2000  0.0000  0.0000
H  4.1700  0.0000  0.0000
"""
FAR_APART = OH_AND_CH4.replace("3.2000", "6.2000").replace("4.1700", "7.1700")
SLUGGISH = ("--temperature", 50, "--friction", 20)
"""With this the two do not meet while they are pulled about, whenever the hands come to act."""
WAIT = '[[step]]\nhold = "CH4:C"\n[[step]]\nwait = 0.05\n'


def steer(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def last_line(result):
    assert result.exit_code == 0, result.output + str(result.exception)
    return json.loads(result.stdout.splitlines()[-1])


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((), "Name a system, e.g. `atomtug steer methane`"),
            (("methane", "--system", "ethane"), "Which one, methane or ethane?"),
            (("methane", "--temperature", "warm"), "'warm' is neither a number nor LOW:HIGH."),
            (("methane", "--temperature", "400:300"), "is no range from a lower to a higher temperature"),
            (("methane", "--trajectories", 0), "0 is not in the range x>=1"),
            (("methane", "--server", "localhost:1"), "The system can't be chosen with --server"),
            (("--engine", "am1", "--server", "localhost:1"), "--engine can't be chosen with --server"),
            (("--learn-every", 9, "--server", "localhost:1"), "--learn-every can't be chosen with --server"),
            (("methane", "--learn-every", 9), "--learn-every does nothing without --learn"),
            (("methane", "--token-file", __file__), "--token-file does nothing without --server"),
        ],
    )
    def test_options_that_make_no_sense_are_usage_errors(self, arguments, sentence):
        result = steer(*arguments)
        assert result.exit_code == 2
        assert sentence in " ".join(result.output.split())

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("butter",), "There is no system called 'butter'"),
            (
                ("methane", "--script", "tickle"),
                "tickle is no script: use abstract, graze, stretch or a .toml",
            ),
            (("methane", "--site", "tertiary"), "There is no tertiary hydrogen here, only methane"),
            (("methane", "--site", "CH4:H9"), "There is no atom CH4:H9"),
            (("methane", "--engine", "b3lyp"), "There is no engine called 'b3lyp'"),
            (("methane", "--timestep", "-1"), "timestep"),
            (("--server", "localhost:1"), "No atomtug server can be reached at localhost:1"),
        ],
    )
    def test_what_cannot_be_done_is_a_sentence(self, arguments, sentence, tmp_path):
        where = () if "--server" in arguments else ("--out", tmp_path)
        result = steer(*arguments, *where)
        assert isinstance(result.exception, AtomtugError)
        assert sentence in str(result.exception)


@pytest.fixture
def oh_and_ch4(tmp_path):
    path = tmp_path / "oh_ch4.xyz"
    path.write_text(OH_AND_CH4)
    return path


class TestWithoutACnRadical:
    """A hydroxyl radical and methane."""

    @pytest.mark.parametrize("script", ["abstract", "graze", "add", "substitute", "associate"])
    def test_what_needs_two_molecules_says_where_to_get_another_and_what_works(self, script, tmp_path):
        result = steer("methane + OH", "--script", script, "--out", tmp_path, "--attacker", "CN")
        assert "'CN' means no atom here" in str(result.exception)
        result = steer("C", "--script", script, "--out", tmp_path)
        assert isinstance(result.exception, AtomtugError)
        told = str(result.exception)
        assert told.startswith("CH4 has no free CN radical or other molecule to attack with")
        assert f"{script} needs two molecules" in told
        assert "`atomtug systems`" in told
        assert "--script stretch" in told

    @pytest.mark.slow
    def test_a_hydrogen_is_taken_and_told_as_a_reaction(self, oh_and_ch4, tmp_path):
        result = steer(oh_and_ch4, "--seed", 1, "--out", tmp_path, "--json")
        (run,) = last_line(result)["trajectories"]
        assert run["reaction"] == "CH4 + OH -> CH3 + H2O"
        assert run["smiles"] == "C.[OH]>>O.[CH3]"
        assert run["product"] == "H2O"
        assert run["abstracted"]
        assert re.search(r"oh_ch4-any-s1-000  methane H\d -> H2O at \d\.\d\d ps", result.stdout)
        header = next(line for line in result.stdout.splitlines() if line.startswith("came off"))
        assert header.split("  ")[-3].strip() == "H2O"
        assert "HCN" not in header

    @pytest.mark.slow
    def test_stretch_works_and_energies_are_in_kcal_mol(self, oh_and_ch4, tmp_path):
        oh_and_ch4.write_text(FAR_APART)
        result = steer(oh_and_ch4, "--script", "stretch", *SLUGGISH, "--out", tmp_path, "--json")
        (run,) = last_line(result)["trajectories"]
        assert run["as_intended"]
        assert run["product"] == ""
        assert run["work_kcal_mol"] != 0.0  # of either sign: what was stretched may push back
        assert 0.0 < run["peak_force_nn"] < 15.0
        assert f"work {run['work_kcal_mol']:.0f} kcal/mol" in result.stdout
        with Recording(run["path"]) as recording:
            pulls = find_pulls(recording)
            pulled = {name for pull in pulls for name in pull.names}
            work = sum(pull.work_kcal_mol for pull in pulls)
            # A change of state between two pulls is in the work in all, and in none of theirs.
            work -= sum(
                change.fall_kcal_mol
                for change in state_changes(recording)
                if not any(pull.first <= change.frame <= pull.last + 1 for pull in pulls)
            )
        assert pulled <= {"C", "H1", "H2", "H3", "H4", "HO:O", "HO:H"}
        assert len(pulled) >= 4
        assert work == pytest.approx(run["work_kcal_mol"], abs=3.0)

    def test_an_engine_that_does_not_converge_is_answered_with_what_to_check(self, oh_and_ch4, tmp_path):
        result = steer(
            oh_and_ch4, "--script", "stretch", "--engine", "ase:tblite.ase.TBLite", "--out", tmp_path
        )
        told = str(result.exception)
        assert "SCF not converged" in told
        assert "charge 0 and multiplicity 2" in told
        assert "--multiplicity" in told


def runs_that_end(*stopped):
    """In place of :func:`atomtug.workflows.steering.steer`: runs that ended so."""

    def steered(*_arguments, **_options):
        for number, broken in enumerate(stopped):
            reason = "The simulation stopped: SCF not converged" if broken else ""
            yield TrialRun(f"run-{number}", f"runs/run-{number}.h5", Outcome(reason), broken)

    return steered


class TestASimulationThatStops:
    def test_is_told_with_what_to_check_and_fails_where_all_do(self, monkeypatch):
        monkeypatch.setattr("atomtug.cli.steer.steer", runs_that_end(True, True))
        result = steer("methane", "--trajectories", 2)
        assert result.exit_code == 1
        assert "2 of 2 ended before the script did" in result.stderr
        assert "  stopped  (" in result.stdout
        assert "charge 0 and multiplicity 2" in result.stderr
        assert "0 of 2 went as intended" in result.stdout

    def test_does_not_fail_a_series_in_which_others_went_on(self, monkeypatch):
        monkeypatch.setattr("atomtug.cli.steer.steer", runs_that_end(True, False))
        result = steer("methane", "--trajectories", 2)
        assert result.exit_code == 0
        assert "1 of 2 ended before the script did" in result.stderr

    def test_leaves_what_was_done_before_an_error_in_the_summary(self, monkeypatch):
        def steered(*_arguments, **_options):
            yield from runs_that_end(False)()
            raise EngineError("pm6 failed.")

        monkeypatch.setattr("atomtug.cli.steer.steer", steered)
        result = steer("methane", "--trajectories", 2)
        assert "1 of 1 went as intended" in result.stdout
        assert str(result.exception).startswith("pm6 failed. methane was simulated with charge 0")


def test_recordings_are_named_after_what_was_tried():
    tertiary, hydrogen = SteeringSeries(site="tertiary", seed=1), SteeringSeries(site="C5H12:H7", seed=12)
    assert tertiary.recording_name("isopentane", 7) == "isopentane-tertiary-s1-007"
    assert hydrogen.recording_name("mine", 100) == "mine-C5H12-H7-s12-100"
    assert SteeringSeries("graze").recording_name("mine.xyz", 0) == "mine-graze-s0-000"
    assert (
        SteeringSeries(Script((LetGo(),), "to and fro")).recording_name("mine", 0) == "mine-to-and-fro-s0-000"
    )


def test_a_script_of_ones_own_is_played_and_recorded(tmp_path):
    script = tmp_path / "hold.toml"
    script.write_text(WAIT)
    done = last_line(steer("methane", "--script", script, "--out", tmp_path, "--seed", 3, "--json"))
    (run,) = done["trajectories"]
    assert run["name"] == "methane-hold-s3-000"
    assert run["as_intended"]
    assert run["product"] == "CN"
    assert 0.0499 <= run["duration"] < 0.5
    with Recording(tmp_path / "methane-hold-s3-000.h5") as recording:
        assert len(recording) >= 20
        assert recording.system.name == "methane"


def test_a_recording_that_ends_before_its_trajectory_fails_the_series(tmp_path, monkeypatch):
    script = tmp_path / "hold.toml"
    script.write_text(WAIT)
    monkeypatch.setattr("atomtug.recordings.writer.FLUSH_INTERVAL", 0.0)
    full = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr("atomtug.recordings.writer.shutil.disk_usage", lambda _: full)
    result = steer("methane", "--script", script, "--out", tmp_path, "--seed", 3)
    assert isinstance(result.exception, RecordingError)
    path = tmp_path / "methane-hold-s3-000.h5"
    told = (
        f"1 of 1 was not recorded to the end. Recording to {path} stopped because the disk is full: what was"
    )
    assert str(result.exception).startswith(told)
    assert "(recorded in part)" in result.stdout
    assert "0 of 1 went as intended" in result.stdout


@pytest.mark.slow
def test_trajectories_are_made_reported_and_summed_up(tmp_path):
    result = steer(
        "methane", "--trajectories", 2, "--seed", 1, "--temperature", "250:350", "--out", tmp_path, "--json"
    )
    done = last_line(result)
    assert done["seed"] == 1
    assert [run["name"] for run in done["trajectories"]] == ["methane-any-s1-000", "methane-any-s1-001"]
    for run in done["trajectories"]:
        assert run["abstracted"]
        assert run["site"] == "methane"
        assert 0.0 < run["time"] < run["duration"]
        assert (tmp_path / f"{run['name']}.h5").is_file()
    # A trajectory is driven in real time: what its radical ends as is told, whatever it is.
    product = done["trajectories"][0]["product"]
    assert re.search(rf"ok  methane-any-s1-000  methane H\d -> {product} at \d\.\d\d ps", result.stdout)
    assert "2 of 2 went as intended." in result.stdout
    temperatures = []
    for run in done["trajectories"]:
        with Recording(run["path"]) as recording:
            temperatures.append(recording.provenance["dynamics"]["temperature"])
    assert len(set(temperatures)) == 2
    assert all(250.0 <= temperature <= 350.0 for temperature in temperatures)


def test_20_cooling_after_a_pull_is_recorded(tmp_path):
    script = tmp_path / "wait.toml"
    script.write_text(WAIT.replace("CH4:C", "C"))
    done = last_line(
        steer("methane", "--script", script, "--out", tmp_path, "--cool-after-pull", 20, "--json")
    )
    with Recording(done["trajectories"][0]["path"]) as recording:
        assert recording.provenance["dynamics"]["cool_after_pull"] == 20.0


@pytest.mark.slow
def test_a_server_that_runs_already_is_steered(tmp_path):
    options = ServerOptions([load_system("methane")], fps=0.0, recordings=tmp_path)
    with running_server(options) as server:
        done = last_line(
            steer(
                "--server", server.address, "--trajectories", 2, "--seed", 1, "--temperature", 320, "--json"
            )
        )
    assert sum(run["as_intended"] for run in done["trajectories"]) >= 1
    for run in done["trajectories"]:
        with Recording(run["path"]) as recording:
            assert recording.provenance["dynamics"]["temperature"] == 320.0


@pytest.mark.slow
def test_ctrl_c_ends_cleanly_and_keeps_what_is_recorded(tmp_path):
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "atomtug",
            "steer",
            "methane",
            "--trajectories",
            "500",
            "--out",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 90.0
        while len(list(tmp_path.glob("*.h5"))) < 2:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the group
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert re.search(r"Stopped after \d+ of 500 trajectories", stderr)
    assert "Traceback" not in stderr
    assert "went as intended" in stdout
    for path in tmp_path.glob("*.h5"):
        with Recording(path) as recording:
            assert len(recording) > 0


def test_a_reaction_without_an_attacker_is_not_called_nothing():
    from atomtug.cli.steer_report import _line

    happened = Outcome("", reaction="C2H6 -> CH3 + CH3", smiles="CC>>[CH3].[CH3]", duration=1.0)
    line = _line(TrialRun("a", "runs/a.h5", happened, False))
    assert line == "ok  a  a reaction, 1.00 ps, work 0 kcal/mol\n    C2H6 -> CH3 + CH3   CC>>[CH3].[CH3]"
    assert "nothing" in _line(TrialRun("b", "runs/b.h5", Outcome("", reaction="C2H6"), False))
