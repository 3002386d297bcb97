"""Which hydrogens are primary, secondary or tertiary, and where a CN radical is, from bonds alone."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from atomtug.core.systems.bonds import Pairs, fragments, perceive_bonds
from atomtug.core.systems.fragments import CARBON, HYDROGEN, NITROGEN
from atomtug.core.systems.system import System

SITES = ("primary", "secondary", "tertiary", "methane")
"""What a hydrogen's carbon can be: bonded to one, two, three other carbons, or to none."""

_SITE_OF_CARBONS = {0: "methane", 1: "primary", 2: "secondary", 3: "tertiary"}


def hydrogen_sites(system: System) -> dict[int, str]:
    """The site of each hydrogen of an alkane, by the bonds of the starting geometry.

    Returns:
        index of a hydrogen -> one of :data:`SITES`; hydrogens of anything but an sp3 carbon are left out
    """
    return classify_hydrogens(system.numbers, perceive_bonds(system.numbers, system.positions))


def classify_hydrogens(numbers: NDArray[np.int64], bonds: Pairs) -> dict[int, str]:
    """:func:`hydrogen_sites` from elements (N,) and bonds (B, 2)."""
    neighbours = neighbour_lists(len(numbers), bonds)
    sites = {}
    for hydrogen in np.flatnonzero(numbers == HYDROGEN):
        if len(neighbours[hydrogen]) != 1:
            continue
        parent = neighbours[hydrogen][0]
        around = [int(numbers[atom]) for atom in neighbours[parent]]
        # Four neighbours, all C or H: an alkane's carbon, not a nitrile's, an amine's or a radical's.
        if numbers[parent] == CARBON and len(around) == 4 and set(around) <= {CARBON, HYDROGEN}:
            sites[int(hydrogen)] = _SITE_OF_CARBONS[around.count(CARBON)]
    return sites


def find_radical(numbers: NDArray[np.int64], bonds: Pairs) -> tuple[int, int] | None:
    """The carbon and nitrogen of the first free CN, or None where there is none."""
    for part in fragments(len(numbers), bonds):
        if sorted(int(numbers[atom]) for atom in part) == [CARBON, NITROGEN]:
            carbon, nitrogen = sorted(part, key=lambda atom: int(numbers[atom]))
            return carbon, nitrogen
    return None


def neighbour_lists(count: int, bonds: Iterable[Iterable[int]]) -> list[list[int]]:
    """(N,) the atoms bonded to each atom, in ascending order."""
    neighbours: list[list[int]] = [[] for _ in range(count)]
    for i, j in bonds:
        neighbours[int(i)].append(int(j))
        neighbours[int(j)].append(int(i))
    return [sorted(atoms) for atoms in neighbours]
