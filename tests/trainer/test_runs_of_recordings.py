"""Each run between two resets is a trajectory of its own in a data set, without what has flown apart."""

from dataclasses import replace

import numpy as np
from trainer_helpers import HCN, record, stretched

from atomtug.recordings import Recording, RecordingWriter
from atomtug.recordings.runs import runs
from atomtug.trainer.data import DataSet
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.labels.frames import open_runs
from atomtug.trainer.labels.labelling import make_plan
from atomtug.trainer.labels.selection import Selection
from atomtug.workflows.label_sources import open_sources


def of_two_runs(folder):
    """Five frames of HCN, then after a reset three more, the last of which has flown apart."""
    with Recording(record(folder / "once.h5", HCN, stretched(HCN, 5))) as once:
        frames, bonds, facts = list(once.frames()), once.bonds(0), once.provenance
    away = np.array(frames[0].positions)
    away[0] -= 40.0
    later = [frames[0], frames[1], replace(frames[2], positions=away)]
    with RecordingWriter(folder / "runs.h5", HCN, {"engine": facts["engine"]}) as writer:
        for step, frame in enumerate([*frames, *later]):
            writer.append(replace(frame, step=step if step < 5 else step - 5), bonds, wall_clock=100.0 + step)
    (folder / "once.h5").unlink()
    return folder / "runs.h5"


def test_runs_are_trajectories_of_their_own_and_what_has_flown_apart_is_left_out(tmp_path):
    path = of_two_runs(tmp_path)
    first, second = open_runs(path)
    assert [first.trajectory.name, second.trajectory.name] == ["runs", "runs-run-2"]
    assert first.trajectory.key != second.trajectory.key
    assert (first.sound.tolist(), second.sound.tolist()) == ([0, 1, 2, 3, 4], [0, 1])
    assert second.trajectory.set_aside["flown apart"] == 1
    assert second.trajectory.provenance["first_frame"] == 5
    with Recording(path) as recording:
        assert [len(run) for run in runs(recording)] == [5, 3]  # all is still there
        np.testing.assert_array_equal(second.positions, recording.positions[5:])
        np.testing.assert_array_equal(second.engine_energies, recording.energies[5:])
    data = DataSet()
    plan = make_plan(data, open_sources([path], 0.6, 8.0, False).frames, Selection.parse("all"), Theory())
    assert [(task.trajectory, task.frame) for task in plan.tasks] == [
        *((first.trajectory.key, frame) for frame in range(5)),
        *((second.trajectory.key, frame) for frame in range(2)),
    ]
    assert [entry.frames for entry in data.trajectories] == [5, 3]
