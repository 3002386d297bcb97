"""Fragments that have flown so far apart that they no longer interact."""

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.systems.bonds import fragments

FLOWN_APART = 8.0
"""angstrom between a fragment's nearest atom and the rest, from which on the two no longer interact."""


def is_flown_apart(positions: Floats, distance: float = FLOWN_APART) -> bool:
    """Whether atoms fall into groups with no two atoms of different groups within a distance.

    Args:
        positions: (N, 3) angstrom
        distance: angstrom
    """
    i, j = np.triu_indices(len(positions), k=1)
    near = np.linalg.norm(positions[i] - positions[j], axis=-1) < distance
    if near.all():
        return False
    return len(fragments(len(positions), np.stack([i[near], j[near]], axis=1))) > 1
