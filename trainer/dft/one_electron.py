"""Kinetic energy, nuclear attraction, effective core potentials, overlap and nuclear repulsion: their matrices and
nuclear gradients."""

from typing import Any

import numpy as np
from pyscf.grad.rhf import grad_nuc

from atomtug.core.arrays import Floats


def core(mol: Any) -> Floats:
    """(n, n) kinetic energy, nuclear attraction and effective core potentials, hartree."""
    matrix: Floats = mol.intor_symmetric("int1e_kin") + mol.intor_symmetric("int1e_nuc")
    if mol.has_ecp():
        matrix = matrix + mol.intor_symmetric("ECPscalar")
    return matrix


def gradient(mol: Any, density: Floats, weighted: Floats, attraction: bool = True) -> Floats:
    """Derivatives of the core's energy, of the orbitals' orthonormality and of the nuclear repulsion.

    Args:
        mol: PySCF's molecule
        density: (n, n) of both spins
        weighted: (n, n) energy-weighted density of both spins, hartree
        attraction: whether that of the nuclei's attraction is among them

    Returns:
        (atoms, 3) hartree/bohr.
    """
    moving = mol.intor("int1e_ipkin", comp=3)
    if attraction:
        moving += mol.intor("int1e_ipnuc", comp=3)
    if mol.has_ecp():
        moving += mol.intor("ECPscalar_ipnuc", comp=3)
    overlap = mol.intor("int1e_ipovlp", comp=3)
    per_function = np.einsum("xij,ij->ix", overlap, weighted) - np.einsum("xij,ij->ix", moving, density)
    out: Floats = grad_nuc(mol)
    for atom, (_, _, start, stop) in enumerate(mol.aoslice_by_atom()):
        out[atom] += 2.0 * per_function[start:stop].sum(axis=0)
        # The nucleus itself, and its core potential, move under the electrons.
        with mol.with_rinv_at_nucleus(atom):
            if attraction:
                moved = -mol.atom_charge(atom) * mol.intor("int1e_iprinv", comp=3)
                out[atom] += 2.0 * np.einsum("xij,ij->x", moved, density)
            if mol.atom_nelec_core(atom):
                moved = mol.intor("ECPscalar_iprinv", comp=3)
                out[atom] += 2.0 * np.einsum("xij,ij->x", moved, density)
    return out
