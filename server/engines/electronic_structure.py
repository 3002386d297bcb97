"""What Sparrow's density matrices say of the electrons: charges, spins, bond orders and <S^2>.

The functions take the results of a calculator that was asked for :data:`PROPERTIES`.
"""

from typing import Any

import numpy as np
import scine_utilities as su

from atomtug.core.arrays import Floats, Ints
from atomtug.core.electrons import ElectronicStructure

PROPERTIES = (su.Property.AtomicCharges, su.Property.BondOrderMatrix, su.Property.DensityMatrix)
"""What a calculator must be asked for, beside energy and gradients, for :func:`analyse`."""


def analyse(results: Any, functions: Ints, overlap: Floats | None = None) -> ElectronicStructure:
    """Charges, spins, bond orders and <S^2>.

    Args:
        results: a Sparrow calculator's, with :data:`PROPERTIES`
        functions: (N,) how many basis functions each atom has, see :func:`functions_per_atom`
        overlap: (n, n) overlap of the basis; None where the basis is orthogonal, as in the NDDO methods
    """
    density = results.density_matrix
    alpha, beta = np.asarray(density.alpha_matrix), np.asarray(density.beta_matrix)
    if not alpha.size:  # a restricted calculation has no matrices of its own for each spin
        alpha = beta = 0.5 * np.asarray(density.restricted_matrix)
    return ElectronicStructure(
        np.array(results.atomic_charges, dtype=float),
        spin_populations(alpha, beta, functions, overlap),
        np.asarray(results.bond_orders.matrix.toarray(), dtype=float),
        spin_square(alpha, beta, overlap),
    )


def spin_populations(alpha: Floats, beta: Floats, functions: Ints, overlap: Floats | None = None) -> Floats:
    """(N,) electrons of alpha spin minus those of beta spin on each atom, by Mulliken's analysis.

    Args:
        alpha: (n, n) density matrix of alpha spin
        beta: (n, n) density matrix of beta spin
        functions: (N,) how many of the n basis functions each atom has; they are sorted by atom
        overlap: (n, n) overlap of the basis; None where it is orthogonal
    """
    difference = alpha - beta
    populations = np.diagonal(difference if overlap is None else difference @ overlap)
    starts = np.concatenate([[0], np.cumsum(functions)[:-1]])
    sums: Floats = np.add.reduceat(populations, starts)
    return sums


def spin_square(alpha: Floats, beta: Floats, overlap: Floats | None = None) -> float:
    """<S^2> of the determinant: Sz (Sz + 1) + N_beta - tr(P_alpha S P_beta S).

    Szabo and Ostlund, Modern Quantum Chemistry, equation 2.271.

    Args:
        alpha: (n, n) density matrix of alpha spin
        beta: (n, n) density matrix of beta spin
        overlap: (n, n) overlap of the basis; None where it is orthogonal
    """
    if overlap is not None:
        alpha, beta = alpha @ overlap, beta @ overlap
    more, fewer = float(np.trace(alpha)), float(np.trace(beta))
    if more < fewer:
        more, fewer = fewer, more
    projection = 0.5 * (more - fewer)
    return projection * (projection + 1.0) + fewer - float(np.sum(alpha * beta.T))


def functions_per_atom(calculator: Any) -> Ints:
    """(N,) how many basis functions each atom has. It costs one calculation, on a copy of the calculator."""
    copy = calculator.clone()
    copy.set_required_properties([su.Property.Energy, su.Property.AOtoAtomMapping])
    mapping = copy.calculate().ao_to_atom_mapping
    return np.array([mapping.get_n_orbitals(atom) for atom in range(mapping.get_n_atoms())])
