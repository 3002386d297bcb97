"""Putting molecules beside each other."""

from collections.abc import Sequence

import numpy as np
from ase.data import atomic_masses
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.core.systems.system import System

CN_LENGTH = 1.17
"""angstrom, the radical's bond length (experiment: 1.172)."""
APART = 3.5
"""angstrom between the radical's carbon and the nearest atom of the molecule."""


def place_radical(
    molecule: System,
    direction: NDArray[np.float64] | None = None,
    target: int | None = None,
    apart: float = APART,
    axis: NDArray[np.float64] | None = None,
) -> System:
    """The molecule and a CN radical, its carbon toward the molecule.

    The radical's carbon goes out along ``direction`` from ``target`` until it is ``apart`` from every atom.

    Args:
        molecule: the alkane alone, closed-shell
        direction: (3,) where to go; by default along +x
        target: index of the atom to start from; by default the molecule's outermost in that direction
        apart: least distance to any atom, angstrom
        axis: (3,) from the radical's C to its N; by default ``direction``
    """
    way = np.array([1.0, 0.0, 0.0]) if direction is None else np.asarray(direction, dtype=np.float64)
    way = way / np.linalg.norm(way)
    pointing = way if axis is None else np.asarray(axis, dtype=np.float64)
    pointing = pointing / np.linalg.norm(pointing)
    positions = molecule.positions
    start = positions[int(np.argmax(positions @ way)) if target is None else target]
    # March outwards: both atoms of the radical must be clear of the molecule.
    for reach in np.arange(apart, apart + 60.0, 0.05):
        carbon = start + reach * way
        nitrogen = carbon + CN_LENGTH * pointing
        radical = np.stack([carbon, nitrogen])
        if np.linalg.norm(positions[:, None] - radical[None], axis=-1).min() >= apart:
            break
    return System(
        molecule.name,
        np.append(molecule.numbers, [6, 7]),
        np.vstack([positions, radical]),
        molecule.charge,
        molecule.multiplicity % 2 + 1,
        np.append(molecule.masses, atomic_masses[[6, 7]]),
        molecule.notes,
    )


_WAYS = np.array(
    [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1], [1, 1, 1], [-1, -1, -1]],
    dtype=float,
)


def place_apart(bodies: Sequence[Floats]) -> Floats:
    """Positions (N, 3) of several rigid bodies, none nearer to another than :data:`APART`, angstrom.

    The first stays where it is. Each other one goes out along an axis of its own, +x first, until it is clear.

    Args:
        bodies: (n, 3) positions of each, its middle anywhere
    """
    placed = np.asarray(bodies[0], dtype=np.float64)
    for number, body in enumerate(bodies[1:]):
        way = _WAYS[number % len(_WAYS)] / np.linalg.norm(_WAYS[number % len(_WAYS)])
        centred = body - body.mean(axis=0)
        reach = 0.0
        while np.linalg.norm(placed[:, None] - (centred + reach * way)[None], axis=-1).min() < APART:
            reach += 0.05
        placed = np.vstack([placed, centred + reach * way])
    return placed
