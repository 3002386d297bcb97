"""Which geometry of a running session is labelled next, and where its label is kept."""

import numpy as np
import pytest

from atomtug.core.errors import InputError
from atomtug.trainer.data import Row, Trajectory, read
from atomtug.trainer.dft.theory import Label, Theory
from atomtug.trainer.labels.candidates import Candidate, CandidatePool
from atomtug.trainer.labels.store import LabelStore

NUMBERS = np.array([1, 1])


def candidate(distance, frame=0):
    positions = np.array([[0.0, 0.0, 0.0], [distance, 0.0, 0.0]])
    return Candidate(frame, positions, "ann:toy", -1.0, np.zeros((2, 3)))


def filled(*distances, **options):
    pool = CandidatePool(NUMBERS, **options)
    for frame, distance in enumerate(distances):
        assert pool.add(candidate(distance, frame))
    return pool


def test_the_most_different_from_all_that_is_labelled_or_taken_comes_first():
    pool = filled(0.8, 1.0, 1.01, 2.0)
    pool.know(candidate(1.0).positions)
    taken = [pool.take_most_different().frame for _ in range(3)]
    assert taken == [3, 0, 2]  # 1/distance is what counts: 0.5 and 1.25 against 1
    assert len(pool) == 1


def test_of_too_many_the_one_most_like_what_is_labelled_goes():
    pool = CandidatePool(NUMBERS, most=2)
    pool.know(candidate(1.0).positions)
    for frame, distance in enumerate((0.8, 1.001, 2.0)):
        pool.add(candidate(distance, frame))
    assert {pool.take_most_different().frame for _ in range(2)} == {0, 2}


def test_what_is_judged_by_is_drawn_at_random_with_a_seed():
    drawn = [[filled(*np.linspace(0.7, 2.0, 20), seed=s).take_random().frame] for s in (1, 1, 2, 3, 4)]
    assert drawn[0] == drawn[1]
    assert len({frame for (frame,) in drawn}) > 1


def test_broken_geometries_are_no_candidates():
    pool = CandidatePool(np.array([6, 7]))
    assert not pool.add(candidate(0.76))  # CN pressed by a network's error: 800 kcal/mol
    assert not pool.add(candidate(9.0))
    assert pool.add(candidate(1.0))


def test_an_empty_pool_says_so_and_a_cleared_one_still_knows_what_is_labelled():
    pool = filled(1.0)
    pool.clear()
    for take in (pool.take_random, pool.take_most_different):
        with pytest.raises(IndexError):
            take()
    pool.know(candidate(2.0).positions)
    pool.add(candidate(2.0, 1))
    pool.add(candidate(1.0, 2))
    assert pool.take_most_different().frame == 2


def label(energy):
    return Label(energy, np.zeros((2, 3)), 0.0, 5, True, "fast")


def keep(store, frame, energy):
    row = Row("key", frame, candidate(0.8 + 0.1 * frame).positions, label(energy), "ann:toy")
    store.add(row, Trajectory("key", "live", "H2", frames=frame + 1), NUMBERS, 0, 1)


def test_labels_are_on_the_disk_at_once_and_gone_on_with(tmp_path):
    path, theory = tmp_path / "labels.h5", Theory()
    with LabelStore(path, theory) as store:
        keep(store, 0, -30.0)
        assert not path.exists()
        assert len(read(path)) == 1  # from the journal
        with pytest.raises(InputError, match="Another"):
            LabelStore(path, theory)
        store.save()
        keep(store, 1, -31.0)
    with LabelStore(path, theory) as store:
        assert (len(store), store.last_frame("key"), store.last_frame("other")) == (2, 1, -1)
        keep(store, 2, -32.0)
    assert list(read(path).molecules["H2"].energies) == pytest.approx([-30.0, -31.0, -32.0])
    assert [each.name for each in tmp_path.iterdir()] == ["labels.h5"]
    with pytest.raises(InputError, match="another folder"):
        LabelStore(path, Theory(basis="sto-3g"))
