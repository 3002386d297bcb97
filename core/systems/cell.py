"""Molecules in periodic cells: whole in it, or torn by its border."""

from itertools import product

import numpy as np
from ase.data import covalent_radii

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import FORM_TOLERANCE


def torn_bond(numbers: Ints, positions: Floats, cell: Floats) -> tuple[int, int] | None:
    """Two atoms that are bonded across the border of the cell, or None where there are none.

    Args:
        numbers: (N,) atomic numbers
        positions: (N, 3) angstrom
        cell: (3, 3) its vectors as rows, angstrom
    """
    reach = covalent_radii[numbers][:, None] + covalent_radii[numbers][None] + FORM_TOLERANCE
    for shift in product((-1, 0, 1), repeat=3):
        if shift > (0, 0, 0):  # the others are the same pairs, seen from the other atom
            away = positions[:, None] - (positions + np.array(shift) @ cell)[None]
            near = np.argwhere(np.einsum("ijk,ijk->ij", away, away) < reach**2)
            if len(near):
                return int(near[0, 0]), int(near[0, 1])
    return None
