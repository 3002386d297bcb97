"""PySCF's own way to a label, with ever more patient attempts: the fallback, and the only way for functionals
the fast one can't do. On a GPU where GPU4PySCF finds one.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyscf import dft

from atomtug.core.arrays import Floats
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.dft import gpu
from atomtug.trainer.dft.grids import configure
from atomtug.trainer.dft.theory import Label, Theory

CONVERGENCE = 1e-8
"""hartree a cycle."""
MAX_CYCLES = 100


@dataclass(frozen=True)
class Attempt:
    """One way to try.

    Args:
        name: as the label's ``method`` tells it
        guess: PySCF's name of an initial guess
        prepare: changes the mean-field object, or returns another to run
    """

    name: str
    guess: str
    prepare: Callable[[Any], Any]


def _plain(mean_field: Any) -> Any:
    return mean_field


def _shifted(mean_field: Any) -> Any:
    mean_field.level_shift = 0.3
    mean_field.damp = 0.3
    mean_field.diis_start_cycle = 4
    return mean_field


def _second_order(mean_field: Any) -> Any:
    return mean_field.newton()


ATTEMPTS = (
    Attempt("pyscf", "minao", _plain),
    Attempt("pyscf level shift", "minao", _shifted),
    Attempt("pyscf second order", "minao", _second_order),
    Attempt("pyscf second order, atoms' guess", "atom", _second_order),
    Attempt("pyscf second order, Hückel's guess", "huckel", _second_order),
)
"""Tried in turn until one converges."""


@dataclass(frozen=True)
class StockResult:
    """A label, and the occupied orbitals (n_basis, n_occupied) of each spin in the atomic basis."""

    label: Label
    orbitals: tuple[Floats, Floats] | None


def mean_field(mol: Any, theory: Theory) -> Any:
    """PySCF's object for the theory, not run yet."""
    method = dft.UKS(mol, xc=theory.functional).density_fit(auxbasis=theory.auxbasis or None)
    method.conv_tol = CONVERGENCE
    method.max_cycle = MAX_CYCLES
    method.verbose = 0
    configure(method.grids, mol, theory)
    return method


def label(
    mol: Any, theory: Theory, guess: Sequence[Floats] | None = None, attempts: Sequence[Attempt] = ATTEMPTS
) -> StockResult:
    """Energy and forces of one geometry, by the first attempt that converges.

    Args:
        mol: PySCF's molecule
        theory: what to compute
        guess: occupied orbitals of each spin in the atomic basis, for the first attempt
        attempts: what to try, in order
    """
    started = time.perf_counter()
    cycles = 0
    failures: list[str] = []
    for number, attempt in enumerate(attempts):
        try:
            method, on_gpu = (
                gpu.moved(mean_field(mol, theory)) if number == 0 else (mean_field(mol, theory), False)
            )
            start = None
            if number == 0 and guess is not None:
                start = np.stack([spin @ spin.T for spin in guess])
            else:
                method.init_guess = attempt.guess
            method = attempt.prepare(method)
            method.kernel(dm0=start)
            cycles += int(getattr(method, "cycles", 0) or 0)
            if not method.converged:
                failures.append(f"{attempt.name}: no convergence in {MAX_CYCLES} cycles")
                continue
            gradient = method.nuc_grad_method().kernel()
            energy, forces = float(method.e_tot) * HARTREE, -gpu.fetched(gradient) * (HARTREE / BOHR)
            if not (np.isfinite(energy) and np.all(np.isfinite(forces))):
                failures.append(f"{attempt.name}: energy or forces are not numbers")
                continue
        except Exception as error:  # whatever PySCF meets, the next attempt may not
            failures.append(f"{attempt.name}: {type(error).__name__}: {error}")
            continue
        coefficients, occupations = gpu.fetched(method.mo_coeff), gpu.fetched(method.mo_occ)
        return StockResult(
            Label(
                energy=energy,
                forces=forces,
                spin_square=float(method.spin_square()[0]),
                cycles=cycles,
                converged=True,
                method=attempt.name + (" on a GPU" if on_gpu else ""),
                seconds=time.perf_counter() - started,
                reason="; ".join(failures),
                gap=_gap(gpu.fetched(method.mo_energy), occupations) * HARTREE,
            ),
            (coefficients[0][:, occupations[0] > 0], coefficients[1][:, occupations[1] > 0]),
        )
    reason = "; ".join(failures) or "no way to compute it was tried"
    return StockResult(Label.failed(mol.natm, reason, cycles, time.perf_counter() - started), None)


def _gap(energies: Floats, occupations: Floats) -> float:
    """The smaller of both spins' frontier gaps, in the unit of the energies; NaN where there is none."""
    gaps = []
    for own, filled in zip(energies, occupations > 0, strict=True):
        if filled.any() and not filled.all():
            gaps.append(float(own[~filled].min() - own[filled].max()))
    return min(gaps, default=float("nan"))
