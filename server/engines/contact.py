"""Geometries that lead from molecules in contact to where they are: a way to a density that a fresh guess misses.

A chlorine or oxygen atom far from everything has several states of nearly the same energy, between which a
self-consistent field may swing for ever. Near another molecule one of them is lowest by far; followed back from
there, step by step, it converges.
"""

from collections.abc import Iterator

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import fragments, perceive_bonds

NEARER = (0.5, 1.0, 0.75)
"""angstrom by which the smallest molecule is brought nearer to the rest, tried in turn."""
STEPS = 5
CLOSEST = 1.4
"""angstrom: no atoms are brought nearer than this."""


def ways_from_contact(numbers: Ints, positions: Floats) -> Iterator[list[Floats]]:
    """Ways of geometries (N, 3), each ending at ``positions`` (N, 3) angstrom; none for a single molecule.

    Args:
        numbers: (N,) atomic numbers
        positions: where the atoms are
    """
    parts = fragments(len(numbers), perceive_bonds(numbers, positions))
    if len(parts) < 2:
        return
    moved = min(reversed(parts), key=len)
    rest = np.delete(np.arange(len(numbers)), moved)
    arms = positions[rest][:, None] - positions[moved][None]
    lengths = np.linalg.norm(arms, axis=-1)
    nearest = np.unravel_index(np.argmin(lengths), lengths.shape)
    gap = float(lengths[nearest])
    for nearer in NEARER:
        step = min(nearer, gap - CLOSEST)
        if step > 0.0:
            way = []
            for part in np.linspace(1.0, 0.0, STEPS + 1):
                place = positions.copy()
                place[moved] += part * step * arms[nearest] / gap
                way.append(place)
            yield way
