"""How many unpaired electrons a neutral fragment has in its ground state, told by its atoms and bonds.

Atoms follow Hund's rules (the ground states are ASE's). A molecule has as few as it can, unless one of its atoms
lacks two neighbours or more and has nobody beside it to make a multiple bond with: CH2 and NH are triplets.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from ase.data import ground_state_magnetic_moments

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.units import BOHR

VALENCES = {1: 1, 5: 3, 6: 4, 7: 3, 8: 2, 9: 1, 14: 4, 15: 3, 16: 2, 17: 1, 35: 1, 53: 1}
"""Neighbours that an atom of each atomic number has where all its bonds are single ones."""


def unpaired_electrons(mol: Any, part: Sequence[int], charge: int = 0) -> int:
    """Of one fragment; as few as it can have where it is charged.

    Args:
        mol: PySCF's molecule
        part: the fragment's atoms
        charge: elementary charges
    """
    least = (int(mol.atom_charges()[list(part)].sum()) - charge) % 2
    if charge:
        return least
    numbers = np.array([mol.atom_charge(atom) + mol.atom_nelec_core(atom) for atom in part])
    if len(part) == 1:
        most = round(float(ground_state_magnetic_moments[numbers[0]]))
    else:
        most = 2 if _has_carbene(numbers, mol.atom_coords()[list(part)] * BOHR) else 0
    return most if most % 2 == least else least


def _has_carbene(numbers: Ints, positions: Floats) -> bool:
    """Whether an atom lacks two neighbours or more, and none of those that it has lacks any."""
    every = np.stack(np.triu_indices(len(numbers), k=1), axis=1).astype(np.int64)
    bonds = perceive_bonds(numbers, positions, previous=every)
    counts = np.bincount(bonds.ravel(), minlength=len(numbers))
    lacking = np.array([VALENCES.get(int(number), 0) for number in numbers]) - counts
    crowded = np.zeros(len(numbers), dtype=bool)
    for first, second in bonds:
        crowded[first] |= lacking[second] > 0
        crowded[second] |= lacking[first] > 0
    return bool(np.any((lacking >= 2) & ~crowded))
