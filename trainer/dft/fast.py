"""The fast way to a label: our own self-consistent field and gradient over PySCF's integrals.

What makes it fast, with figures, is told in docs/labels.md. The result is that of
``dft.UKS(mol).density_fit()`` with the same grid, to 1e-7 hartree and a few 1e-5 hartree/bohr.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil
from pyscf import dft

from atomtug.core.arrays import Floats
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.dft import one_electron
from atomtug.trainer.dft.coulomb import Coulomb
from atomtug.trainer.dft.exchange_correlation import ExchangeCorrelation, supported
from atomtug.trainer.dft.grids import coarse_grid, fine_grid
from atomtug.trainer.dft.scf import NotConverged, Orbitals, solve
from atomtug.trainer.dft.theory import Label, Theory

MEMORY_SHARE = 0.3
"""Of the machine's memory, what one label's integrals may take."""
SINGULAR = 1e-8
"""Eigenvalues of the overlap below this mean a basis that is linearly dependent."""
LOST_ELECTRONS = 1e-3
"""A grid that integrates the density to so many electrons too few or many is no good, relative."""


@dataclass(frozen=True)
class FastResult:
    """A label, and the orbitals that the next geometry can start from (in the Löwdin basis)."""

    label: Label
    orbitals: Orbitals


def applicable(mol: Any, theory: Theory, auxbasis: Any) -> bool:
    """Whether the fast way can do this: a plain functional, and integrals that fit in memory."""
    if not supported(theory.functional):
        return False
    return Coulomb.memory(mol, auxbasis) < MEMORY_SHARE * psutil.virtual_memory().total


def label(
    mol: Any, theory: Theory, auxbasis: Any, guess: Sequence[Floats] | None, shift: float = 0.0
) -> FastResult:
    """Energy and forces of one geometry.

    Args:
        mol: PySCF's molecule, with geometry, charge and spin
        theory: what to compute
        auxbasis: the fitting basis, as PySCF takes it
        guess: orbitals of a near geometry, as an earlier result has them; None to start from atoms
        shift: hartree by which empty orbitals are raised, for what does not settle without

    Raises:
        NotConverged: it did not work out
    """
    started = time.perf_counter()
    from_overlap, to_atomic = _roots(mol)
    core = one_electron.core(mol)
    coulomb = Coulomb(mol, auxbasis)
    coarse = ExchangeCorrelation(mol, coarse_grid(mol), theory.functional, np.float32)
    fine = ExchangeCorrelation(mol, fine_grid(mol, theory), theory.functional, np.float32)
    solution = solve(
        to_atomic,
        lambda density: core + coulomb.potential(density)[1],
        lambda orbitals: coarse.potential(orbitals)[1],
        lambda orbitals: fine.potential(orbitals)[1],
        _from_atoms(mol, from_overlap) if guess is None else guess,
        mol.nelec,
        shift,
    )
    orbitals = [to_atomic @ spin for spin in solution.orbitals]
    alpha, beta = (spin @ spin.T for spin in orbitals)
    density = alpha + beta
    weighted = sum(
        own @ (lowdin.T @ fock @ lowdin) @ own.T
        for own, lowdin, fock in zip(orbitals, solution.orbitals, solution.fock, strict=True)
    )
    exchange, electrons, gradient = fine.gradient(orbitals)
    if abs(electrons - mol.nelectron) > LOST_ELECTRONS * mol.nelectron:
        raise NotConverged(f"the grid holds {electrons:.3f} of {mol.nelectron} electrons")
    gradient = gradient + coulomb.gradient(density) + one_electron.gradient(mol, density, weighted)
    energy = mol.energy_nuc() + float(np.sum(core * density)) + coulomb.potential(density)[0] + exchange
    return FastResult(
        Label(
            energy=float(energy) * HARTREE,
            forces=-gradient * (HARTREE / BOHR),
            spin_square=spin_square(solution.orbitals),
            cycles=solution.cycles,
            converged=True,
            method="fast",
            seconds=time.perf_counter() - started,
        ),
        solution.orbitals,
    )


def spin_square(orbitals: Orbitals) -> float:
    """<S^2> of a determinant: Szabo and Ostlund, Modern Quantum Chemistry, eq. 2.271."""
    alpha, beta = (spin.shape[1] for spin in orbitals)
    half = 0.5 * (alpha - beta)
    return float(half * (half + 1.0) + beta - np.sum((orbitals[0].T @ orbitals[1]) ** 2))


def to_lowdin(mol: Any, orbitals: Sequence[Floats]) -> Orbitals:
    """Occupied orbitals from the atomic basis, as a guess for a near geometry."""
    root = _roots(mol)[0]
    return root @ orbitals[0], root @ orbitals[1]


def to_atomic(mol: Any, orbitals: Orbitals) -> Orbitals:
    """The reverse: a near geometry's orbitals in this one's atomic basis."""
    root = _roots(mol)[1]
    return root @ orbitals[0], root @ orbitals[1]


def _roots(mol: Any) -> tuple[Floats, Floats]:
    """S^1/2 and S^-1/2."""
    values, vectors = np.linalg.eigh(mol.intor_symmetric("int1e_ovlp"))
    if values[0] < SINGULAR:
        raise NotConverged(f"the basis is linearly dependent here (overlap eigenvalue {values[0]:.1e})")
    root = np.sqrt(values)
    return (vectors * root) @ vectors.T, (vectors / root) @ vectors.T


def _from_atoms(mol: Any, root: Floats) -> Orbitals:
    """Natural orbitals, times the root of their occupation, of the sum of the atoms' densities."""
    natural = []
    for density in dft.UKS(mol).get_init_guess(mol, "minao"):
        values, vectors = np.linalg.eigh(root @ density @ root)
        kept = values > 1e-6
        natural.append(vectors[:, kept] * np.sqrt(values[kept]))
    return natural[0], natural[1]
