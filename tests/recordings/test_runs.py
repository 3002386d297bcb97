"""Runs between resets, and what has flown apart at their ends: marked, never cut."""

from dataclasses import replace
from pathlib import Path

import ase.io
import h5py
import numpy as np
import pytest
from recording_helpers import METHANE, make_frame

from atomtug.core.systems.apart import is_flown_apart
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.recordings import Recording, RecordingWriter, events
from atomtug.recordings.describe import describe
from atomtug.recordings.export import export
from atomtug.recordings.overview import overview
from atomtug.recordings.pulls import find_pulls
from atomtug.recordings.reactions import bond_changes, elapsed_ps
from atomtug.recordings.runs import flown_apart, runs
from atomtug.recordings.summary import summarise

BONDS = perceive_bonds(METHANE.numbers, METHANE.positions)
WITHOUT = BONDS[1:]


def positions(apart: float) -> np.ndarray:
    """Methane, and CN so many angstrom farther away than at the start."""
    moved = METHANE.positions.copy()
    away = moved[5:].mean(axis=0) - moved[:5].mean(axis=0)
    moved[5:] += apart * away / np.linalg.norm(away)
    return moved


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three runs: CN flies off in the first (and comes near once), stays in the second, is away in the third."""
    made = tmp_path / "runs.h5"
    distances = [[0, 2, 20, 3, 20, 30], [0, 1], [20, 30]]
    with RecordingWriter(made, METHANE, {"engine": "pm6"}) as writer:
        for number, run in enumerate(distances):
            if number == 2:
                writer.event(events.RUN)
            for step, distance in enumerate(run):
                # The third begins after the second's last step: only the journal tells.
                frame = replace(make_frame(step + 2 * (number == 2)), positions=positions(distance))
                writer.append(frame, WITHOUT if (number, step) == (0, 5) else BONDS)
    return made


def test_a_run_begins_where_the_step_goes_back_or_the_journal_says_so(path):
    with Recording(path) as recording:
        assert runs(recording) == [range(6), range(6, 8), range(8, 10)]
        assert summarise(recording).resets == 2


@pytest.fixture
def undone(tmp_path: Path) -> Path:
    """A pull, a reset, and an undo to a later step: only the journal tells of that. A hand holds all the time."""
    made = tmp_path / "undone.h5"
    with RecordingWriter(made, METHANE, {"engine": "pm6"}) as writer:
        for steps in ([0, 10, 20], [0, 10], [500, 510]):
            writer.event(events.RUN)
            for step in steps:
                writer.append(make_frame(step, hands=1), BONDS)
    return made


def test_time_and_work_go_on_over_an_undo_to_a_later_step_without_a_leap(undone):
    with Recording(undone) as recording:
        summary = summarise(recording)
        assert 1000.0 * elapsed_ps(recording) == pytest.approx([0, 5, 10, 10, 15, 15, 20])
        assert summary.duration_ps == pytest.approx(0.020)
        assert summary.user_work_kcal_mol == pytest.approx(0.5 * 40 * KCALMOL_PER_EV)


def test_a_hand_that_holds_over_an_undo_pulls_once_in_each_run_and_its_work_is_that_of_all(undone):
    with Recording(undone) as recording:
        pulls = find_pulls(recording)
        assert [(pull.first, pull.last) for pull in pulls] == [(0, 2), (3, 4), (5, 6)]
        assert sum(pull.work_kcal_mol for pull in pulls) == pytest.approx(0.5 * 40 * KCALMOL_PER_EV)


def test_steps_of_plain_h5md_ascend_over_an_undo_as_they_were_made(undone, tmp_path):
    with Recording(undone) as recording:
        export([recording], "h5md", tmp_path / "plain.h5md")
    with h5py.File(tmp_path / "plain.h5md") as file:
        assert file["particles/atoms/position/step"][:].tolist() == [0, 10, 20, 20, 30, 30, 40]


def test_what_has_flown_apart_at_the_end_of_a_run_is_marked_and_there(path):
    with Recording(path) as recording:
        assert len(recording) == 10
        assert [list(flown_apart(recording, run)) for run in runs(recording)] == [[4, 5], [], [8, 9]]
        summary = summarise(recording)
        assert summary.apart == 4
        assert "in 4 frames at the end fragments have flown apart" in describe(summary)


def test_a_bond_that_a_reset_brings_back_was_not_made(path):
    with Recording(path) as recording:
        assert [(change.frame, change.made) for change in bond_changes(recording)] == [(5, False)]


def test_a_look_over_a_recording_has_its_runs_ends_and_energies(path):
    with Recording(path) as recording:
        seen = overview(recording, 4)
    assert seen.runs == [0, 6, 8]
    assert seen.apart == [[4, 5], [8, 9]]
    assert len(seen.energies) == 4
    assert seen.energies[0] == 0.0


def test_exports_keep_runs_apart(path, tmp_path):
    with Recording(path) as recording:
        export([recording], "extxyz", tmp_path / "runs.extxyz")
        export([recording, recording], "qml", tmp_path / "runs.qml.h5")
    told = [atoms.info for atoms in ase.io.iread(tmp_path / "runs.extxyz", index=":")]
    assert [info["run"] for info in told] == [0] * 6 + [1] * 2 + [2] * 2
    assert [bool(info["flown_apart"]) for info in told] == [k in (4, 5, 8, 9) for k in range(10)]
    with h5py.File(tmp_path / "runs.qml.h5") as file:
        assert file["traj_idx"][:].tolist() == [0] * 6 + [1] * 2 + [2] * 2 + [3] * 6 + [4] * 2 + [5] * 2
        assert file["Filenumber"][:].tolist() == 2 * [0, 1, 2, 3, 4, 5, 0, 1, 0, 1]


def test_atoms_linked_by_others_have_not_flown_apart():
    chain = np.zeros((5, 3))
    chain[:, 2] = 7.0 * np.arange(5)
    assert not is_flown_apart(chain)
    chain[4, 2] += 2.0
    assert is_flown_apart(chain)
    assert not is_flown_apart(chain[:1])
