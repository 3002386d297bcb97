"""When a geometry is worth a search for a lower state."""

import numpy as np

from atomtug.server.engines.stretched_bonds import MOVED, StretchedBonds

HYDROGEN = np.array([1, 1])


def apart(distance: float) -> np.ndarray:
    return np.array([[0.0, 0.0, 0.0], [0.0, 0.0, distance]])


def watched(*distances: float) -> list[bool]:
    bonds = StretchedBonds(HYDROGEN)
    return [bonds.moved(apart(distance)) for distance in distances]


def test_a_bond_that_vibrates_is_no_reason():
    assert watched(0.74, 0.85, 0.65, 0.95) == [False] * 4


def test_a_stretched_bond_is_a_reason_each_time_it_has_moved():
    assert watched(0.74, 1.2, 1.2 + 0.4 * MOVED, 1.2 + 1.1 * MOVED, 1.2 + 1.2 * MOVED) == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_it_moves_either_way():
    assert watched(0.74, 1.6, 1.6 - 1.1 * MOVED, 0.74) == [False, True, True, False]


def test_a_broken_bond_is_forgotten_until_it_forms_again():
    assert watched(0.74, 2.0, 3.2, 2.0, 0.74, 2.0) == [False, True, False, False, False, True]


def test_atoms_that_were_never_bonded_are_no_reason():
    assert watched(2.0, 1.5, 1.2) == [False] * 3


def test_forgetting():
    bonds = StretchedBonds(HYDROGEN)
    bonds.moved(apart(0.74))
    assert bonds.moved(apart(1.5))
    assert bonds.any_stretched
    bonds.forget()
    assert not bonds.any_stretched
    assert not bonds.moved(apart(1.5))


CARBONS = np.array([6, 6])


def carbons(*path: tuple[float, float]) -> list[bool]:
    """Lengths of a bond between two carbons with the order that the engine gives it there."""
    bonds = StretchedBonds(CARBONS)
    found = []
    for length, order in path:
        bonds.moved(apart(length), lambda *_, order=order: order)  # type: ignore[misc]
        found.append(bonds.any_stretched)
    return found


def test_a_double_bond_is_stretched_long_before_a_single_one():
    assert carbons((1.33, 2.0), (1.40, 1.9), (1.53, 1.8)) == [False, False, True]
    assert carbons((1.53, 1.0), (1.40, 1.0), (1.60, 1.0), (1.95, 0.9)) == [False, False, False, True]


def test_a_double_bond_that_became_a_single_one_is_not_stretched():
    assert carbons((1.33, 2.0), (1.51, 1.0), (1.53, 1.0)) == [False, False, False]
