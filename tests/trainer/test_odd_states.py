"""Labels of another electronic state than their neighbours' are marked, told and not learned from."""

from dataclasses import replace

import numpy as np
import pytest
from trainer_helpers import TINY

from atomtug.trainer.data import DataSet, Molecule, Trajectory, read, summary, write
from atomtug.trainer.data.summary import as_dict
from atomtug.trainer.dft import Label, Labeller, state_check
from atomtug.trainer.dft.state_check import CONTRADICTED, check_state
from atomtug.trainer.exchange import load, save
from atomtug.trainer.fit import gather
from atomtug.trainer.labels.odd_states import mark_odd_states

FRAMES = 12
SPRING = 3.0
"""eV/angstrom^2"""


def trajectory(charge=0.0, spin=0.0, spin_square=0.75, energy=0.0, where=(), moved=0.02):
    """CH and N on a spring, each a fragment; in the frames ``where`` all this is added to the usual state."""
    odd = np.isin(np.arange(FRAMES), where)
    stretch = moved * np.arange(FRAMES)
    positions = np.zeros((FRAMES, 3, 3))
    positions[:, 1, 2], positions[:, 2, 2] = 1.1, -3.0 - stretch
    forces = np.zeros_like(positions)
    forces[:, 2, 2], forces[:, 0, 2] = SPRING * stretch, -SPRING * stretch
    apart = np.array([0.5, 0.5, -1.0])
    data = DataSet(TINY, [Trajectory("a", "run a", "chn", frames=FRAMES)])
    data.home("chn", np.array([6, 1, 7]), 0, 3)
    data.extend(
        Molecule.build(
            "chn", np.array([6, 1, 7]), 0, 3, positions=positions,
            energies=-2500.0 + 0.5 * SPRING * stretch**2 + energy * odd, forces=forces, trajectory=np.zeros(FRAMES),
            frame=10 * np.arange(FRAMES), converged=np.ones(FRAMES, bool),
            spin_square=np.where(odd, spin_square, 0.75), charges=0.02 + charge * odd[:, None] * apart,
            spins=np.array([0.0, 0.0, 1.0]) + spin * odd[:, None] * apart, fragment=np.tile([0, 0, 1], (FRAMES, 1)),
            gap=np.full(FRAMES, 4.0),
        )
    )  # fmt: skip
    mark_odd_states(data)
    return data


def marked(data):
    return np.flatnonzero(~data.molecules["chn"].learnable).tolist()


@pytest.mark.parametrize(
    ("state", "where"),
    [
        ({"charge": 0.8}, [5]),
        ({"spin": 0.9}, [4, 5]),
        ({"charge": 0.8, "moved": 0.3}, [6]),
        ({"spin_square": 1.6, "energy": 0.5}, [5]),
        ({"spin_square": 1.6, "energy": 0.5}, [0]),
    ],
    ids=["charges", "spins of two", "charges, far apart", "<S^2> and energy", "the first"],
)
def test_a_label_whose_state_differs_from_its_neighbours_is_marked(state, where):
    assert marked(trajectory(**state, where=where)) == where


@pytest.mark.parametrize(
    ("state", "where"),
    [
        ({}, []),
        ({"charge": 0.2}, [5]),
        ({"charge": 0.8}, range(6, FRAMES)),
        ({"charge": 0.8}, range(1, FRAMES, 2)),
        ({"spin_square": 1.6}, [5]),
        ({"spin_square": 1.6, "energy": 0.5, "moved": 0.3}, [5]),
    ],
    ids=[
        "all alike",
        "a little",
        "a change that lasts",
        "states that take turns",
        "the energy fits",
        "too far to tell",
    ],
)
def test_a_label_of_the_trajectorys_state_is_not_marked(state, where):
    assert marked(trajectory(**state, where=where)) == []


def test_a_marked_label_is_kept_told_and_not_learned_from(tmp_path):
    path = tmp_path / "data.h5"
    write(trajectory(charge=0.8, where=[5]), path)
    data = read(path)
    assert marked(data) == [5]
    assert "frame 50 is not learned from" in summary(data)
    assert "charges +0.84, -0.78" in summary(data)
    assert as_dict(data)["molecules"]["chn"]["trajectories"]["run a"]["odd_state"] == 1
    assert [sample.frame for sample in gather([data])] == [10 * k for k in range(FRAMES) if k != 5]


def test_charges_and_spins_of_labels_are_in_extended_xyz(tmp_path):
    path = tmp_path / "data.extxyz"
    data = trajectory(charge=0.8, where=[5])
    save(data, path, "extxyz")
    import ase.io

    atoms = ase.io.read(path, 5)
    np.testing.assert_allclose(atoms.get_charges(), data.molecules["chn"].charges[5])
    np.testing.assert_allclose(atoms.arrays["spins"], data.molecules["chn"].spins[5])
    assert "unlike frame" in atoms.info["odd_state"]
    again = next(iter(load(path, check_units=False)))
    assert (again.charge, again.multiplicity) == (0, 3)


def label(charges, spins, fragment=(0, 0, 1)):
    return Label(
        -1.0, np.zeros((3, 3)), 0.75, 9, True, "fast", charges=np.array(charges), spins=np.array(spins),
        fragment=np.array(fragment), gap=4.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs", "contradicted"),
    [
        (([0.1, 0.1, -0.2], [0, 0, 1]), ([0.0, 0.0, 0.0], [0, 0, 1]), False),
        (([0.3, 0.3, -0.6], [0.4, 0, 0.6]), ([0.0, 0.0, 0.0], [0, 0, 1]), True),
        (([0.0, 0.0, 0.0], [0.6, 0, 0.4]), ([0.0, 0.0, 0.0], [0, 0, 1]), True),
    ],
)
def test_a_hybrid_contradicts_a_state_with_other_charges_or_spins(monkeypatch, ours, theirs, contradicted):
    monkeypatch.setattr(Labeller, "label", lambda *_: label(*theirs))
    checked = check_state(np.array([6, 1, 7]), 0, 3, np.zeros((3, 3)), label(*ours))
    assert checked.contradicted == contradicted
    assert checked.check.startswith(CONTRADICTED) == contradicted
    assert "WB97X" in checked.check


def test_a_label_that_the_hybrid_contradicts_stays_marked(tmp_path):
    data = trajectory()
    text = f"{CONTRADICTED} WB97X"
    marks = data.molecules["chn"].odd_state.copy()
    marks[3] = text
    data.molecules["chn"] = replace(data.molecules["chn"], odd_state=marks)
    mark_odd_states(data)
    write(data, tmp_path / "data.h5")
    assert marked(read(tmp_path / "data.h5")) == [3]


def test_a_large_molecule_is_not_checked(monkeypatch):
    monkeypatch.setattr(state_check, "LARGEST", 2)
    checked = check_state(np.array([6, 1, 7]), 0, 3, np.zeros((3, 3)), label([0, 0, 0], [0, 0, 1]))
    assert checked.check == "not checked: more than 2 atoms"
    assert not checked.contradicted


@pytest.mark.slow
def test_a_hybrid_agrees_with_the_label_of_two_hydrogen_atoms():
    hydrogens, apart = np.array([1, 1]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 3.0]])
    good = Labeller(hydrogens, 0, 1, replace(TINY, basis="6-31g")).label(apart)
    checked = check_state(hydrogens, 0, 1, apart, good)
    assert not checked.contradicted
    assert "agrees" in checked.check
    closed = replace(good, spins=np.zeros(2))
    assert check_state(hydrogens, 0, 1, apart, closed).contradicted
