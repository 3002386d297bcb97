"""Bonds from distances: sensible, independent of order, and without flicker."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from atomtug.core.systems import load_system
from atomtug.core.systems.bonds import (
    BREAK_TOLERANCE,
    FORM_TOLERANCE,
    BondPerception,
    fragments,
    perceive_bonds,
)

CH = 0.76 + 0.31  # covalent radii (Cordero et al. 2008), angstrom
FORMS, BREAKS = CH + FORM_TOLERANCE, CH + BREAK_TOLERANCE


def carbon_and_hydrogen(distance: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([6, 1]), np.array([[0.0, 0, 0], [distance, 0, 0]])


def bonded(distance: float, previous=None) -> bool:
    return len(perceive_bonds(*carbon_and_hydrogen(distance), previous)) == 1


def test_a_bond_forms_near_its_length_and_breaks_well_beyond():
    bond = np.array([[0, 1]])
    assert bonded(FORMS - 0.01)
    assert not bonded(FORMS + 0.01)
    assert bonded(BREAKS - 0.01, bond)
    assert not bonded(BREAKS + 0.01, bond)
    assert not bonded(BREAKS - 0.01, np.zeros((0, 2), dtype=int))


def test_a_bond_that_vibrates_about_a_limit_does_not_flicker():
    for limit in (FORMS, BREAKS):
        changes, bonds = 0, perceive_bonds(*carbon_and_hydrogen(1.09))
        for step in range(200):
            now = perceive_bonds(*carbon_and_hydrogen(limit + 0.05 * np.sin(step)), bonds)
            changes += len(now) != len(bonds)
            bonds = now
        assert changes <= 1


def test_stretched_and_brought_back_a_bond_goes_and_returns_once():
    way = np.concatenate([np.linspace(1.1, 2.0, 100), np.linspace(2.0, 1.1, 100)])
    bonds, seen = np.array([[0, 1]]), []
    for distance in way:
        bonds = perceive_bonds(*carbon_and_hydrogen(distance), bonds)
        seen.append(len(bonds))
    changes = np.flatnonzero(np.diff(seen))
    assert seen[0] == seen[-1] == 1
    assert len(changes) == 2
    assert way[changes[0]] == pytest.approx(BREAKS, abs=0.02)
    assert way[changes[1]] == pytest.approx(FORMS, abs=0.02)


def test_methane_and_the_radical_are_two_molecules():
    system = load_system("methane")
    bonds = perceive_bonds(system.numbers, system.positions)
    assert bonds.tolist() == [[0, 1], [0, 2], [0, 3], [0, 4], [5, 6]]
    assert fragments(7, bonds) == [[0, 1, 2, 3, 4], [5, 6]]


positions = arrays.arrays(np.float64, (6, 3), elements=st.floats(-2.0, 2.0))
numbers = arrays.arrays(np.int64, 6, elements=st.sampled_from([1, 6, 7, 8]))


@given(numbers=numbers, first=positions, second=positions)
def test_pairs_are_sorted_and_each_is_there_for_a_reason(numbers, first, second):
    perceive = BondPerception(numbers)
    before = perceive(first)
    now = perceive(second, before)
    pairs = [tuple(pair) for pair in now.tolist()]
    assert pairs == sorted(set(pairs))
    assert all(i < j for i, j in pairs)
    fresh = {tuple(pair) for pair in perceive(second).tolist()}
    held = {tuple(pair) for pair in before.tolist()}
    assert fresh <= set(pairs) <= fresh | held


@given(numbers=numbers, place=positions, data=st.data())
def test_the_order_of_atoms_does_not_matter(numbers, place, data):
    order = np.array(data.draw(st.permutations(range(6))))
    straight = {frozenset(pair) for pair in perceive_bonds(numbers, place).tolist()}
    shuffled = {
        frozenset(order[list(pair)].tolist())
        for pair in perceive_bonds(numbers[order], place[order]).tolist()
    }
    assert shuffled == straight


@given(pairs=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12))
def test_fragments_are_the_connected_parts(pairs):
    parts = fragments(8, np.array(pairs, dtype=int).reshape(-1, 2))
    assert sorted(atom for part in parts for atom in part) == list(range(8))
    assert [part[0] for part in parts] == sorted(part[0] for part in parts)
    where = {atom: k for k, part in enumerate(parts) for atom in part}
    assert all(where[i] == where[j] for i, j in pairs)
    # Not merged without a reason: as many parts as the graph's rank allows.
    adjacency = np.zeros((8, 8))
    for i, j in pairs:
        adjacency[i, j] = adjacency[j, i] = 1
    laplacian = np.diag(adjacency.sum(axis=0)) - adjacency
    assert len(parts) == 8 - np.linalg.matrix_rank(laplacian)


def test_a_single_atom_has_no_bonds():
    assert perceive_bonds(np.array([6]), np.zeros((1, 3))).shape == (0, 2)
