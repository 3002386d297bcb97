"""Labels one geometry after another of the same atoms, each starting from the last."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.linalg
from ase.data import chemical_symbols
from numpy.typing import NDArray
from pyscf import gto, lib
from pyscf.lib.exceptions import BasisNotFoundError

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.trainer.dft import fast, gpu, stock
from atomtug.trainer.dft.scf import NotConverged, Orbitals
from atomtug.trainer.dft.theory import Label, Theory

LEVEL_SHIFT = 0.3
"""hartree."""


class Labeller:
    """Energy and forces at a level of theory, for geometries of one molecule.

    The fast way is tried from the last geometry's orbitals, then from scratch, then with a level shift, then
    PySCF's own with its ladder of remedies. What failed on the way is in the label's ``reason``.

    Args:
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
        theory: what to compute

    Raises:
        InputError: PySCF has no such functional, or no such basis for one of the elements
    """

    def __init__(self, numbers: NDArray[np.int64], charge: int, multiplicity: int, theory: Theory) -> None:
        lib.num_threads(1)
        self._symbols = [chemical_symbols[number] for number in numbers]
        self._charge, self._spin = charge, multiplicity - 1
        self._theory = theory
        self._last: Orbitals | None = None
        # Spread out, so that any set of atoms can be looked up before there is a geometry.
        mol = self._molecule(np.arange(len(numbers))[:, None] * np.array([0.0, 0.0, 2.0]))
        try:
            method = stock.mean_field(mol, theory)
            self._auxbasis = method.with_df.auxbasis
            self._fast = not gpu.available() and fast.applicable(mol, theory, self._auxbasis)
        except (KeyError, ValueError, BasisNotFoundError) as error:
            raise InputError(
                f"PySCF can't compute {theory} ({error.args[0] if error.args else error}): "
                f"choose another functional or basis set."
            ) from error

    def label(self, positions: Floats) -> Label:
        """Energy and forces at ``positions`` (N, 3) angstrom; a failed label rather than an exception."""
        started = time.perf_counter()
        try:
            mol = self._molecule(positions)
            outcome = self._label(mol)
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

    def _molecule(self, positions: Floats) -> Any:
        try:
            return gto.M(
                atom=list(zip(self._symbols, positions.tolist(), strict=True)),
                basis=self._theory.basis,
                charge=self._charge,
                spin=self._spin,
                verbose=0,
            )
        except (KeyError, BasisNotFoundError) as error:
            raise InputError(
                f"PySCF has no basis set {self._theory.basis!r} for all of "
                f"{', '.join(sorted(set(self._symbols)))}: choose another."
            ) from error
