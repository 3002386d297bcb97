"""The workflows as a notebook calls them: labels, trainings, and what they refuse."""

import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from atomtug.cli import cli
from atomtug.core.errors import InputError, RecordingError
from atomtug.core.systems import load_system
from atomtug.potential import load_model
from atomtug.trainer.data import DataSet, Molecule, Trajectory, read, write
from atomtug.trainer.fit import NothingToHoldOut, hold_out
from atomtug.workflows import heldout, label, loop, looping, looping_steps

EXAMPLE = Path(__file__).parents[2] / "examples" / "label_and_train.py"


@pytest.fixture(scope="module")
def example():
    return runpy.run_path(str(EXAMPLE))


@pytest.mark.slow
def test_the_example_labels_frames_of_methane_and_trains_a_network(example, tmp_path, capsys):
    labelling, training = example["main"](tmp_path)
    assert (labelling.labelled, labelling.failed, labelling.left) == (3, 0, 0)
    assert (
        len(capsys.readouterr().out.splitlines()) == 3
    )  # the example's own lines, nothing of the workflows'
    molecule = read(tmp_path / "labels.h5").molecules["methane"]
    assert np.all(molecule.energies < -3000.0)  # eV: 20 electrons of C, N and 13 of H
    assert training.planned.learned == {"methane": 3}
    assert training.planned.held_out == {}
    assert load_model(training.path).architecture.hidden == (8,)
    again = label(
        [tmp_path / "methane.h5"],
        tmp_path / "labels.h5",
        select="fps:3",
        theory=read(tmp_path / "labels.h5").theory,
    )
    assert (again.planned.to_label, again.planned.done_before, again.total) == (0, 3, 3)


@pytest.mark.slow
def test_labels_are_made_in_a_folder_that_holds_a_folder_atomtug(example, tmp_path):
    example["record"](tmp_path / "methane.h5", 1)
    (tmp_path / "atomtug").mkdir()
    (tmp_path / "atomtug" / "__init__.py").write_text("raise ImportError('the wrong atomtug')")
    command = [sys.executable, "-P", "-m", "atomtug", "label", "methane.h5", "--out", "out.h5"]
    command += ["--basis", "sto-3g", "--grid", "0", "--workers", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 labelled, 0 failed" in done.stdout
    assert "\r" not in done.stderr  # no progress bar where stderr is no terminal


def test_files_of_a_folder_that_are_no_recordings_are_skipped_and_said(example, tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    example["record"](folder / "methane.h5", 2)
    (folder / "methane.qml.h5").write_bytes(b"an export, not a recording")
    planned = []
    done = label([folder], tmp_path / "out.h5", from_candidates=True, on_plan=planned.append)
    assert [path.name for path, _ in done.planned.skipped] == ["methane.qml.h5"]
    assert done.planned.recordings == 1
    with pytest.raises(RecordingError, match="qml"):
        label([folder / "methane.qml.h5"], tmp_path / "out.h5")
    (folder / "methane.h5").unlink()
    with pytest.raises(InputError, match="There are no recordings"):
        label([folder], tmp_path / "out.h5")


def test_no_marked_frame_is_a_result_and_not_an_error(example, tmp_path):
    example["record"](tmp_path / "methane.h5", 2)
    done = label([tmp_path / "methane.h5"], tmp_path / "out.h5", from_candidates=True)
    assert done.nothing_marked
    assert (done.labelled, done.left) == (0, 0)
    assert not (tmp_path / "out.h5").exists()
    command = ["label", str(tmp_path / "methane.h5"), "--out", str(tmp_path / "out.h5"), "--from-candidates"]
    result = CliRunner().invoke(cli, command)
    assert isinstance(result.exception, InputError)
    assert "holds a marked frame" in str(result.exception)


class OneRound:
    """Steps whose server, hands and training are left out; what ``label`` does is the test's."""

    def __init__(self, monkeypatch, labelled):
        scores = SimpleNamespace(mae_kcal=1.0, force_mae_kcal_A=None)
        evaluation = SimpleNamespace(overall={"network": scores})
        monkeypatch.setattr(looping_steps, "evaluate", lambda *_: evaluation)
        monkeypatch.setattr(looping, "check_heldout", lambda _: None)
        monkeypatch.setattr(looping_steps, "label", labelled)
        monkeypatch.setattr(looping_steps.LoopWork, "steer", lambda *_: ([], 0))


def test_learning_ends_where_no_frame_is_marked_and_says_in_which_round(monkeypatch, tmp_path):
    OneRound(monkeypatch, lambda *_, **__: SimpleNamespace(nothing_marked=True))
    steps = []
    done = loop(
        load_system("methane"),
        tmp_path,
        3,
        model=Path("m.safetensors"),
        heldout=Path("h.h5"),
        on_step=steps.append,
    )
    assert done.nothing_marked_in == 1
    assert [each.number for each in done.rounds] == [0]
    assert [step.kind for step in steps] == ["evaluate", "label"]


def test_an_error_of_labelling_ends_learning_with_that_error(monkeypatch, tmp_path):
    def broken(*_, **__):
        raise InputError("PySCF has no basis set")

    OneRound(monkeypatch, broken)
    with pytest.raises(InputError, match="PySCF has no basis set"):
        loop(load_system("methane"), tmp_path, model=Path("m.safetensors"), heldout=Path("h.h5"))


def test_21_learning_is_not_judged_by_one_geometry(tmp_path):
    path = tmp_path / "heldout.h5"
    data = DataSet(trajectories=[Trajectory("a", "a", "h2", frames=1), Trajectory("b", "b", "h2", frames=1)])
    positions = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.74 + 0.02 * k]] for k in range(2)])
    one = {"positions": positions, "energies": np.full(2, -30.0), "converged": np.ones(2, bool)}
    data.home("h2", np.array([1, 1]), 0, 1)
    data.extend(
        Molecule.build("h2", np.array([1, 1]), 0, 1, **one, trajectory=np.arange(2), frame=np.zeros(2))
    )
    write(data, path)
    with pytest.raises(InputError, match="2 labels and no trajectory with two"):
        heldout.check_heldout(path)


def test_21_trajectories_of_one_geometry_are_not_judged_by():
    samples = [sample("a", "long")] * 6 + [sample("a", "one"), sample("a", "another")]
    with pytest.raises(NothingToHoldOut, match="two geometries or more"):
        hold_out(samples, 0.2, 0)
    samples += [sample("a", "short")] * 2
    for seed in range(10):
        assert list(hold_out(samples, 0.2, seed)[1]) == [8, 9]


def sample(molecule, trajectory):
    return SimpleNamespace(molecule=molecule, trajectory=trajectory)


def test_at_least_half_of_the_geometries_are_learned_from():
    samples = [sample("a", "long")] * 7 + [sample("a", "short")] * 3
    for seed in range(10):
        which, judged = hold_out(samples, 0.1, seed)
        assert (len(which), len(judged)) == (7, 3)


def test_a_split_that_leaves_next_to_nothing_is_refused():
    with pytest.raises(InputError, match="2 of 4 geometries would be left to learn from"):
        hold_out([sample("a", "x")] * 2 + [sample("a", "y")] * 2, 0.1, 0)
    with pytest.raises(InputError, match="label more"):
        hold_out([sample("a", "x")], 0.0, 0)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [("--sets", "no list of training sets such as 1,6"), ("--size", "no list of sizes such as 150,600")],
)
def test_numbers_that_are_none_are_named_for_what_they_are(option, sentence):
    result = CliRunner().invoke(cli, ["table1", option, "x,y"])
    assert result.exit_code == 2
    assert sentence in " ".join(result.output.split())


def test_labels_without_pyscf_are_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyscf", None)  # as if it were not installed
    frames = tmp_path / "h2.xyz"
    frames.write_text("2\n\nH 0 0 0\nH 0 0 0.7\n")
    done = CliRunner().invoke(cli, ["label", str(frames), "--out", str(tmp_path / "labels.h5")])
    assert isinstance(done.exception, InputError)
    assert str(done.exception) == "Labels are computed by PySCF, and it is not installed: pip install pyscf."
    assert list(tmp_path.iterdir()) == [frames]
