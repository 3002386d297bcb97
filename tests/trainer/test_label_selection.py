"""Which frames are labelled."""

import numpy as np
import pytest
from trainer_helpers import CN, H2, HCN, record, stretched

from atomtug.core.errors import InputError
from atomtug.trainer.labels.frames import open_runs, sort_out
from atomtug.trainer.labels.selection import Selection, describe, farthest_points


def line(distances):
    """H2 at several distances, (F, 2, 3)."""
    return np.array([[[0.0, 0, 0], [0, 0, distance]] for distance in distances])


@pytest.mark.parametrize("text", ["", "everything", "stride", "stride:0", "random:-1", "fps:x", "all:3"])
def test_a_selection_that_means_nothing_is_refused(text):
    with pytest.raises(InputError, match="selects nothing"):
        Selection.parse(text)


def test_all_and_stride_take_from_each_recording():
    trajectories = [line(np.arange(1.0, 1.5, 0.1)), line([1.0, 2.0])]
    assert [list(c) for c in Selection.parse("all").choose(H2.numbers, trajectories)] == [
        [0, 1, 2, 3, 4],
        [0, 1],
    ]
    assert [list(c) for c in Selection.parse("stride:3").choose(H2.numbers, trajectories)] == [[0, 3], [0]]


@pytest.mark.parametrize("kind", ["random", "fps"])
def test_more_asked_for_later_only_adds(kind):
    trajectories = [line(np.linspace(0.7, 2.0, 30)), line(np.linspace(1.0, 3.0, 20))]
    few = Selection.parse(f"{kind}:7", seed=3).choose(H2.numbers, trajectories)
    many = Selection.parse(f"{kind}:15", seed=3).choose(H2.numbers, trajectories)
    assert sum(map(len, few)) == 7
    assert sum(map(len, many)) == 15
    assert all(set(a) <= set(b) for a, b in zip(few, many, strict=True))
    assert all(np.array_equal(chosen, np.sort(chosen)) for chosen in many)


def test_more_than_there_are_is_all_of_them():
    assert list(Selection.parse("random:9").choose(H2.numbers, [line([1.0, 2.0])])[0]) == [0, 1]


def test_the_seed_decides_a_random_selection():
    trajectories = [line(np.linspace(0.7, 2.0, 50))]
    one, same, other = (
        Selection("random", 10, seed).choose(H2.numbers, trajectories)[0] for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_farthest_points_pass_near_duplicates_over():
    points = np.array([[0.0], [0.001], [0.002], [1.0], [1.001], [0.5]])
    assert set(farthest_points(points, 3) // 3) == {0, 1}
    values = np.sort(points[farthest_points(points, 3), 0])
    assert np.all(np.diff(values) > 0.4)


def test_the_fingerprint_does_not_tell_equal_atoms_apart():
    positions = np.random.default_rng(0).normal(size=(1, 5, 3))
    numbers = np.array([6, 1, 1, 1, 7])
    swapped = positions[:, [0, 3, 1, 2, 4]]
    assert describe(numbers, positions) == pytest.approx(describe(numbers, swapped))


def test_broken_frames_are_set_aside_and_counted():
    positions = line([0.7, 0.5, 9.0, np.nan, 1.0])
    sound, aside = sort_out(positions)
    assert sound.tolist() == [0, 4]
    assert aside == {"not finite": 1, "atoms too close": 1, "flown apart": 1}


def test_atoms_far_from_each_other_but_linked_by_others_are_no_fragments():
    chain = np.zeros((1, 5, 3))
    chain[0, :, 2] = np.arange(5) * 3.0
    assert sort_out(chain)[0].tolist() == [0]


def test_a_recording_becomes_labelled_frames_in_our_units(tmp_path):
    path = record(tmp_path / "run.h5", HCN, stretched(HCN, 5))
    [source] = open_runs(path)
    assert source.positions.shape == (5, 3, 3)
    assert source.engines == ["pm6"] * 5
    assert source.engine_energies == pytest.approx(np.arange(5.0))
    assert source.engine_forces[3] == pytest.approx(np.full((3, 3), 0.3), rel=1e-6)
    assert source.trajectory.name == "run"


def test_a_recordings_key_is_its_own_and_stays_with_it(tmp_path):
    first = record(tmp_path / "a.h5", HCN, stretched(HCN, 5))
    other = record(tmp_path / "b.h5", HCN, stretched(HCN, 5))
    cn = record(tmp_path / "c.h5", CN, stretched(CN, 5))
    keys = {source.trajectory.key for path in (first, other, cn) for source in open_runs(path)}
    assert len(keys) == 3
    moved = first.rename(tmp_path / "elsewhere.h5")
    assert open_runs(moved)[0].trajectory.key in keys
