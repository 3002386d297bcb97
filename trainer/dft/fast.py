"""The fast way to a label: our own self-consistent field and gradient over PySCF's integrals.

What makes it fast, with figures, is told in docs/labels.md. The result is that of
``dft.UKS(mol).density_fit()`` with the same grid, to 1e-7 hartree and a few 1e-5 hartree/bohr.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from pyscf import dft, lib

from atomtug.core.arrays import Floats
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.dft import one_electron
from atomtug.trainer.dft.coulomb import Coulomb
from atomtug.trainer.dft.coulomb_blocks import BlockedCoulomb
from atomtug.trainer.dft.environment import label_memory, label_threads
from atomtug.trainer.dft.exchange_correlation import ExchangeCorrelation, supported
from atomtug.trainer.dft.grids import coarse_grid, fine_grid
from atomtug.trainer.dft.populations import atom_populations
from atomtug.trainer.dft.scf import NotConverged, Orbitals, Solution, solve
from atomtug.trainer.dft.storage import storage_for
from atomtug.trainer.dft.theory import Label, Theory

SMALL = 2**30
"""Bytes of three-centre integrals up to which they are kept whole: screening them pays above."""
MATRICES = 80
"""Matrices of the basis's size squared at once: Fock matrices kept, their commutators, intermediates."""
BASE = 300 * 2**20
"""Bytes of a worker process before its first label."""
POINTS, REACHING = 6500, 400
"""Grid points an atom, and basis functions that reach a block of them, at most."""
SINGULAR = 1e-8
"""Eigenvalues of the overlap below this mean a basis that is linearly dependent."""
_FAR_UP = 1e4
"""hartree; orbitals raised by this are above all others."""
LOST_ELECTRONS = 1e-3
"""A grid that integrates the density to so many electrons too few or many is no good, relative."""


@dataclass(frozen=True)
class FastResult:
    """A label, and the orbitals that the next geometry can start from (in the Löwdin basis)."""

    label: Label
    orbitals: Orbitals


def applicable(theory: Theory) -> bool:
    """Whether the fast way can do this: a plain functional."""
    return supported(theory.functional)


def memory_needed(mol: Any, auxbasis: Any) -> int:
    """Bytes that a label takes at most when everything is kept in memory, roughly.

    Args:
        mol: PySCF's molecule
        auxbasis: the fitting basis, as PySCF takes it
    """
    return _integrals_memory(mol, auxbasis) + _matrices_memory(mol) + _grid_memory(mol)


def _integrals_memory(mol: Any, auxbasis: Any) -> int:
    whole = Coulomb.memory(mol, auxbasis)
    return whole if whole < SMALL else BlockedCoulomb.memory(mol, auxbasis)


def _matrices_memory(mol: Any) -> int:
    return int(8 * mol.nao**2 * MATRICES + BASE)


def _grid_memory(mol: Any) -> int:
    """Of the basis on the fine grid: four arrays in single precision."""
    return int(16 * POINTS * mol.natm * min(mol.nao, REACHING))


def _repulsion(mol: Any, auxbasis: Any, reference: Floats, memory: int) -> Coulomb | BlockedCoulomb:
    """The Coulomb energy in the way that suits the molecule's size and the memory, for densities near one."""
    if Coulomb.memory(mol, auxbasis) < min(SMALL, memory):
        return Coulomb(mol, auxbasis)
    storage = storage_for(BlockedCoulomb.memory(mol, auxbasis), memory)
    return BlockedCoulomb(mol, auxbasis, reference, storage, label_threads())


@dataclass(frozen=True)
class _ConvergedField:
    """A self-consistent field, with what its energy and forces are made of."""

    solution: Solution
    to_atomic: Floats
    core: Floats
    coulomb: Coulomb | BlockedCoulomb
    exchange_correlation: ExchangeCorrelation

    @property
    def orbitals(self) -> list[Floats]:
        """Occupied ones of each spin in the atomic basis."""
        return [self.to_atomic @ spin for spin in self.solution.orbitals]


def label(
    mol: Any,
    theory: Theory,
    auxbasis: Any,
    guess: Sequence[Floats] | None,
    shift: float = 0.0,
    hold: bool = False,
) -> FastResult:
    """Energy and forces of one geometry.

    Args:
        mol: PySCF's molecule, with geometry, charge and spin
        theory: what to compute
        auxbasis: the fitting basis, as PySCF takes it
        guess: orbitals of a near geometry, as an earlier result has them; None to start from atoms
        shift: hartree by which empty orbitals are raised, for what does not settle without
        hold: keep the state of the guess even against the order of energies, as :func:`solve` does

    Raises:
        NotConverged: it did not work out
    """
    started = time.perf_counter()
    field = _field(mol, theory, auxbasis, guess, shift, hold)
    solution, orbitals = field.solution, field.orbitals
    alpha, beta = (spin @ spin.T for spin in orbitals)
    density = alpha + beta
    weighted = sum(
        own @ (lowdin.T @ fock @ lowdin) @ own.T
        for own, lowdin, fock in zip(orbitals, solution.orbitals, solution.fock, strict=True)
    )
    exchange, electrons, gradient = field.exchange_correlation.gradient(orbitals)
    if abs(electrons - mol.nelectron) > LOST_ELECTRONS * mol.nelectron:
        raise NotConverged(f"the grid holds {electrons:.3f} of {mol.nelectron} electrons")
    coulomb, whole = field.coulomb, isinstance(field.coulomb, Coulomb)
    if isinstance(coulomb, Coulomb):
        gradient = gradient + coulomb.gradient(density)
    else:
        gradient = gradient + coulomb.gradient(density, nuclei=True)
    with lib.with_omp_threads(label_threads()):
        gradient = gradient + one_electron.gradient(mol, density, weighted, attraction=whole)
    repulsion = field.coulomb.potential(density)[0]
    energy = mol.energy_nuc() + float(np.sum(field.core * density)) + repulsion + exchange
    charges, spins = atom_populations(mol, solution.orbitals)
    return FastResult(
        Label(
            energy=float(energy) * HARTREE,
            forces=-gradient * (HARTREE / BOHR),
            spin_square=spin_square(solution.orbitals),
            cycles=solution.cycles,
            converged=True,
            method="fast",
            seconds=time.perf_counter() - started,
            charges=charges,
            spins=spins,
            gap=smaller_gap(*map(gap, solution.orbitals, solution.fock)) * HARTREE,
        ),
        solution.orbitals,
    )


def occupied_orbitals(mol: Any, theory: Theory, auxbasis: Any) -> tuple[Floats, Floats]:
    """Occupied orbitals of each spin of one geometry in the atomic basis, from the usual guess.

    Args:
        mol: PySCF's molecule
        theory: what to compute
        auxbasis: the fitting basis, as PySCF takes it

    Raises:
        NotConverged: it did not work out
    """
    alpha, beta = _field(mol, theory, auxbasis, None).orbitals
    return alpha, beta


def _field(
    mol: Any,
    theory: Theory,
    auxbasis: Any,
    guess: Sequence[Floats] | None,
    shift: float = 0.0,
    hold: bool = False,
) -> _ConvergedField:
    from_overlap, to_atomic = _roots(mol)
    threads = label_threads()
    with lib.with_omp_threads(threads):
        core = one_electron.core(mol)
        coarse_points, fine_points = coarse_grid(mol), fine_grid(mol, theory)
    memory = label_memory() - _matrices_memory(mol)
    guess = _from_atoms(mol, from_overlap) if guess is None else guess
    reference = sum((spin @ spin.T for spin in (to_atomic @ own for own in guess)), np.zeros_like(core))
    coulomb = _repulsion(mol, auxbasis, reference, memory - _grid_memory(mol) // 10)
    coarse = ExchangeCorrelation(mol, coarse_points, theory.functional, np.float32, threads=threads)
    kept = max(0, memory - _grid_memory(mol) // 10 - coulomb.held)
    fine = ExchangeCorrelation(mol, fine_points, theory.functional, np.float32, kept, threads)
    solution = solve(
        to_atomic,
        lambda density: core + coulomb.potential(density)[1],
        lambda orbitals: coarse.potential(orbitals)[1],
        lambda orbitals: fine.potential(orbitals)[1],
        guess,
        mol.nelec,
        shift,
        hold,
        threads,
        coulomb.refer_to if isinstance(coulomb, BlockedCoulomb) else None,
    )
    return _ConvergedField(solution, to_atomic, core, coulomb, fine)


def smaller_gap(*gaps: float) -> float:
    """The smaller of two spins' frontier gaps, where one or both may be NaN."""
    return min((value for value in gaps if np.isfinite(value)), default=float("nan"))


def gap(orbitals: Floats, fock: Floats) -> float:
    """From the highest occupied to the lowest empty orbital of one spin, hartree; NaN where there is none of either.

    It is negative where orbitals are left empty below occupied ones.

    Args:
        orbitals: (n, n_occupied) occupied ones in the Löwdin basis, an invariant space of the Fock matrix
        fock: (n, n) in the Löwdin basis, hartree
    """
    count = orbitals.shape[1]
    if count in (0, len(fock)):
        return float("nan")
    highest = float(np.linalg.eigvalsh(orbitals.T @ fock @ orbitals)[-1])
    raised = fock + _FAR_UP * (orbitals @ orbitals.T)
    lowest = scipy.linalg.eigh(
        raised, eigvals_only=True, subset_by_index=(0, 0), driver="evr", check_finite=False
    )
    return float(lowest[0]) - highest


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
