"""Names for molecules that come without one."""

from functools import cache

import numpy as np
from ase.data import chemical_symbols
from ase.formula import Formula
from numpy.typing import NDArray

from atomtug.core.systems import BUILT_IN, System, load_system
from atomtug.trainer.data.dataset import group_name


def alkane_name(numbers: NDArray[np.int64], positions: NDArray[np.float64]) -> str:
    """The built-in system of these elements, if there is just one of that formula, else the formula.

    2- and 3-isohexane have one formula; they are told apart by which carbon the branch is on.
    """
    counts = np.bincount(numbers, minlength=20)
    same = [
        system for system in _built_in() if np.array_equal(np.bincount(system.numbers, minlength=20), counts)
    ]
    if len(same) == 1:
        return same[0].name
    degrees = _carbon_degrees(numbers, positions)
    for system in same:
        if _carbon_degrees(system.numbers, system.positions) == degrees:
            return system.name
    symbols = [chemical_symbols[number] for number in numbers]
    return Formula("".join(symbols)).format("hill") or "molecule"


@cache
def _built_in() -> tuple[System, ...]:
    return tuple(load_system(entry.name) for entry in BUILT_IN)


def _carbon_degrees(
    numbers: NDArray[np.int64], positions: NDArray[np.float64]
) -> tuple[tuple[int, ...], ...]:
    """For each carbon, how many carbons it and its neighbours are bonded to: what tells isomers apart.

    The last carbon is left out: it is CN's, which comes and goes.
    """
    carbons = positions[numbers == 6][:-1]
    near = np.linalg.norm(carbons[:, None] - carbons[None], axis=-1) < 1.9
    np.fill_diagonal(near, False)
    degrees = near.sum(axis=1)
    return tuple(sorted((int(degrees[i]), *sorted(map(int, degrees[near[i]]))) for i in range(len(carbons))))


def molecule_name(said: str, numbers: NDArray[np.int64], positions: NDArray[np.float64]) -> str:
    """The name that a file gives a molecule, as a data set can keep it; else :func:`alkane_name`."""
    return group_name(said) or alkane_name(numbers, positions)
