"""Charges and spins of atoms and fragments, by Löwdin's analysis.

Löwdin, J. Chem. Phys. 18, 365 (1950). Orbitals in the Löwdin basis need no further transformation: an atom's
electrons are the squares of their coefficients at its basis functions.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.core.units import BOHR
from atomtug.trainer.dft.scf import Orbitals

Parts = Sequence[Sequence[int]]
"""Atom indices of each fragment."""


def atom_populations(mol: Any, orbitals: Orbitals) -> tuple[Floats, Floats]:
    """Charge and spin of each atom.

    Args:
        mol: PySCF's molecule
        orbitals: occupied ones of each spin, in the Löwdin basis

    Returns:
        (N,) elementary charges and (N,) alpha minus beta electrons.
    """
    first = mol.aoslice_by_atom()[:, 2]
    alpha, beta = (np.add.reduceat(np.sum(spin**2, axis=1), first) for spin in orbitals)
    return mol.atom_charges() - alpha - beta, alpha - beta


def fragments_of(mol: Any) -> list[list[int]]:
    """Atom indices of the parts that no bond holds together, a stretched bond counting as one up to 1.5 A for C-H.

    Args:
        mol: PySCF's molecule
    """
    numbers = np.array([mol.atom_charge(atom) + mol.atom_nelec_core(atom) for atom in range(mol.natm)])
    every = np.stack(np.triu_indices(mol.natm, k=1), axis=1).astype(np.int64)
    return fragments(mol.natm, perceive_bonds(numbers, mol.atom_coords() * BOHR, previous=every))


def fragment_numbers(parts: Parts, atoms: int) -> Ints:
    """(N,) which fragment each atom belongs to."""
    owner = np.empty(atoms, dtype=np.int64)
    for number, part in enumerate(parts):
        owner[list(part)] = number
    return owner


def fragment_sums(values: Floats, parts: Parts) -> Floats:
    """(F,) sums over each fragment's atoms of one value an atom."""
    return np.array([values[list(part)].sum() for part in parts])
