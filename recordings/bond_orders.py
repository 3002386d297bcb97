"""Bond orders of a frame, as a recording keeps them: with each atom, those of its bonds to atoms behind it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.recordings.layout import BOND_ORDER


def recorded_orders(matrix: Floats, bonds: NDArray[np.integer[Any]]) -> Floats:
    """(N, 6) the orders of a frame's bonds; NaN where an atom has no more. Bonds beyond six an atom have no place.

    Args:
        matrix: (N, N) bond orders
        bonds: (B, 2) indices of bonded atoms
    """
    orders = np.full((len(matrix), BOND_ORDER.width), np.nan)
    atoms, others, places = _places(bonds)
    orders[atoms, places] = matrix[atoms, others]
    return orders


def matrix_of(orders: Floats, bonds: Ints) -> Floats | None:
    """(N, N) orders of the bonds, zero between other atoms; None where none were recorded.

    Args:
        orders: (N, 6) as :func:`recorded_orders` gave them
        bonds: (B, 2) of the same frame
    """
    if np.isnan(orders).all():
        return None
    matrix = np.zeros((len(orders), len(orders)))
    atoms, others, places = _places(bonds)
    matrix[atoms, others] = matrix[others, atoms] = np.nan_to_num(orders[atoms, places].astype(np.float64))
    return matrix


def _places(bonds: NDArray[np.integer[Any]]) -> tuple[Ints, Ints, Ints]:
    """The first and second atom of each bond, sorted, and its place among those of the first."""
    pairs = np.unique(np.sort(np.asarray(bonds, dtype=np.int64).reshape(-1, 2), axis=1), axis=0)
    atoms = pairs[:, 0]
    places = np.arange(len(atoms)) - np.searchsorted(atoms, atoms)
    kept = places < BOND_ORDER.width
    return atoms[kept], pairs[kept, 1], places[kept]
