"""Labels one geometry after another of the same atoms, each starting from the last."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.linalg
from pyscf import lib
from pyscf.lib.exceptions import BasisNotFoundError

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.trainer.dft import fast, gpu, stock
from atomtug.trainer.dft.dispersion import Dispersion
from atomtug.trainer.dft.functional import parse_functional
from atomtug.trainer.dft.molecule import MoleculeBuilder
from atomtug.trainer.dft.scf import NotConverged, Orbitals
from atomtug.trainer.dft.theory import Label, Theory

LEVEL_SHIFT = 0.3
"""hartree."""


class Labeller:
    """Energy and forces at a level of theory, for geometries of one molecule.

    Effective core potentials that belong to the basis and the dispersion correction that the functional's name asks
    for are part of both. The fast way is tried from the last geometry's orbitals, then from scratch, then with a
    level shift, then PySCF's own way. What failed before is in the label's ``reason``.

    Args:
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
        theory: what to compute

    Raises:
        InputError: PySCF has no such functional, or no such basis for one of the elements; or the dispersion that
            the functional's name promises can't be computed
    """

    def __init__(self, numbers: Ints, charge: int, multiplicity: int, theory: Theory) -> None:
        lib.num_threads(1)
        functional = parse_functional(theory.functional)
        self._dispersion = None if functional.correction is None else Dispersion(functional, numbers, charge)
        self._theory = replace(theory, functional=functional.exchange_correlation)
        self._molecule = MoleculeBuilder(numbers, charge, multiplicity, theory.basis)
        self._last: Orbitals | None = None
        try:
            method = stock.mean_field(self._molecule.apart, self._theory)
            self._auxbasis = method.with_df.auxbasis
            self._fast = not gpu.available() and fast.applicable(
                self._molecule.apart, self._theory, self._auxbasis
            )
        except (KeyError, ValueError, NotImplementedError, BasisNotFoundError) as error:
            raise InputError(
                f"PySCF can't compute {theory} ({error.args[0] if error.args else error}): "
                f"choose another functional or basis set."
            ) from error

    def label(self, positions: Floats) -> Label:
        """Energy and forces at ``positions`` (N, 3) angstrom; a failed label rather than an exception."""
        started = time.perf_counter()
        try:
            outcome = self._with_dispersion(self._label(self._molecule.at(positions)), positions)
        except Exception as error:  # a label that can't be made is a result too
            self._last = None
            outcome = Label.failed(len(positions), f"{type(error).__name__}: {error}")
        return replace(outcome, seconds=time.perf_counter() - started)

    def forget(self) -> None:
        """The next geometry starts from scratch."""
        self._last = None

    def _label(self, mol: Any) -> Label:
        failures = []
        if self._fast:
            for name, guess, shift in self._attempts():
                try:
                    result = fast.label(mol, self._theory, self._auxbasis, guess, shift)
                except (NotConverged, scipy.linalg.LinAlgError, np.linalg.LinAlgError) as error:
                    failures.append(f"{name}: {error}")
                    continue
                self._last = result.orbitals
                return replace(result.label, reason="; ".join(failures))
        outcome = stock.label(mol, self._theory, self._guess(mol))
        self._last = None if outcome.orbitals is None else fast.to_lowdin(mol, outcome.orbitals)
        return replace(outcome.label, reason="; ".join(filter(None, [*failures, outcome.label.reason])))

    def _attempts(self) -> list[tuple[str, Orbitals | None, float]]:
        """Name, guess and level shift of what is tried, the quickest first."""
        scratch = [("fast", None, 0.0), ("fast, shifted", self._last, LEVEL_SHIFT)]
        return scratch if self._last is None else [("fast from the last geometry", self._last, 0.0), *scratch]

    def _guess(self, mol: Any) -> tuple[Floats, Floats] | None:
        """The last orbitals in this geometry's basis: only where the fast way, which can't, wasn't tried."""
        if self._fast or self._last is None:
            return None
        return fast.to_atomic(mol, self._last)

    def _with_dispersion(self, label: Label, positions: Floats) -> Label:
        if self._dispersion is None or not label.converged:
            return label
        energy, forces = self._dispersion.evaluate(positions)
        return replace(label, energy=label.energy + energy, forces=label.forces + forces)
