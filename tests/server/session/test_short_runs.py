"""Resets within seconds of each other make one file, in which each run is a trajectory of its own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from toy_engines import HarmonicEngine

from atomtug.core.systems import System, load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.recordings import Recording
from atomtug.recordings.runs import runs
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.session.frame_stream import FrameStream
from atomtug.server.session.recording_control import RecordingControl

METHANE = load_system("methane")
BONDS = perceive_bonds(METHANE.numbers, METHANE.positions)
FRAME = Simulation(METHANE, HarmonicEngine(METHANE.positions), DynamicsSettings()).frame()


class Recorded:
    """A session's recordings, with runs of so many frames."""

    def __init__(self, folder: Path, always: bool, clock) -> None:
        self.folder = folder
        self.system = METHANE
        self.control = RecordingControl(
            folder, always, FrameStream(), self._begin, lambda: None, self._remember, clock
        )

    def _begin(self, name: str | None):
        return self.control.recorder.start(self.system, {}, name)

    def _remember(self) -> None:
        self.control.recorder.remember(self.system, {})

    def run(self, frames: int, first: int = 0) -> None:
        self.control.run_begins(self.system)
        for step in range(first, first + frames):
            self.control.recorder.frame(replace(FRAME, step=step), BONDS)

    def files(self) -> dict[str, list[int]]:
        """The numbers of frames of the runs in each file, in the order of their names."""
        self.control.recorder.close()
        found = {}
        for path in sorted(self.folder.glob("*.h5")):
            with Recording(path) as recording:
                found[path.name] = [len(run) for run in runs(recording)]
        return found


def test_a_short_run_shares_its_file_with_the_next_and_a_long_one_does_not(tmp_path, clock):
    made = Recorded(tmp_path, True, clock)
    made.run(3)
    for frames in (1, 2, 4):  # reset at once, undone, reset
        clock.now += 2.0
        made.run(frames, first=1 if frames == 2 else 0)
    clock.now += 60.0
    made.run(5)
    assert sorted(made.files().values()) == [[3, 1, 2, 4], [5]]


def test_another_molecule_has_a_file_of_its_own(tmp_path, clock):
    made = Recorded(tmp_path, True, clock)
    made.run(3)
    made.system = System("other", METHANE.numbers, METHANE.positions, 0, 2)
    made.run(2)
    files = made.files()
    assert sorted(files.values()) == [[2], [3]]
    assert any(name.startswith("other-") for name in files)


def test_runs_that_nothing_records_are_apart_when_they_are_saved(tmp_path, clock):
    made = Recorded(tmp_path, False, clock)
    made.run(3)
    made.run(2)
    saved = made.control.recorder.save_last("both")
    assert saved is not None
    saved.path.result(timeout=120)
    assert made.files() == {"both.h5": [3, 2]}


def test_a_run_at_the_same_step_as_the_one_before_is_still_its_own(tmp_path, clock):
    made = Recorded(tmp_path, True, clock)
    for _ in range(3):
        made.run(1)  # paused, and reset each time
    [lengths] = made.files().values()
    assert lengths == [1, 1, 1]
    assert np.array_equal(FRAME.positions, METHANE.positions)
