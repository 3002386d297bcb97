"""Putting the radical beside the molecule."""

import numpy as np
import pytest

from atomtug.core.systems import System, load_system
from atomtug.core.systems.placement import APART, CN_LENGTH, place_radical

COMPLEX = load_system("ethane")
ETHANE = System("ethane", COMPLEX.numbers[:-2], COMPLEX.positions[:-2])


@pytest.mark.parametrize("direction", [None, [0, 1, 0], [1, -2, 0.5]])
def test_it_is_clear_of_every_atom_and_no_farther_than_needed(direction):
    placed = place_radical(ETHANE, None if direction is None else np.array(direction, dtype=float))
    assert placed.multiplicity == 2
    assert placed.numbers[-2:].tolist() == [6, 7]
    gaps = np.linalg.norm(placed.positions[:-2, None] - placed.positions[None, -2:], axis=-1)
    assert APART <= gaps.min() < APART + 0.1
    assert np.linalg.norm(placed.positions[-1] - placed.positions[-2]) == pytest.approx(CN_LENGTH)


def test_it_starts_from_the_atom_asked_for_and_points_where_asked():
    placed = place_radical(ETHANE, np.array([0, 0, 1.0]), target=2, apart=4.0, axis=np.array([1.0, 0, 0]))
    carbon, nitrogen = placed.positions[-2:]
    np.testing.assert_allclose(carbon[:2], ETHANE.positions[2, :2])
    np.testing.assert_allclose(nitrogen - carbon, [CN_LENGTH, 0, 0])


def test_carbon_is_nearer_than_nitrogen():
    placed = place_radical(ETHANE)
    gaps = np.linalg.norm(placed.positions[:-2, None] - placed.positions[None, -2:], axis=-1).min(axis=0)
    assert gaps[0] < gaps[1]
