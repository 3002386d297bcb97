"""PySCF's molecule for some atoms and a basis, with the effective core potentials that belong to the basis."""

import warnings
from typing import Any

import numpy as np
from ase.data import chemical_symbols
from pyscf import gto
from pyscf.gto.basis import load_ecp
from pyscf.lib.exceptions import BasisNotFoundError

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.trainer.dft.environment import label_memory

_PYSCF_MEMORY = 4000.0
"""MB that PySCF takes by default, where there are so many; it keeps integrals on disk that do not fit."""
_TIGHTEST = 0.8
"""An all-electron basis has s functions with exponents above this times Z^2; the 1s orbital needs them."""


class MoleculeBuilder:
    """Makes PySCF's molecule at any geometry of some atoms.

    Args:
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
        basis: as PySCF names it; an effective core potential that belongs to it is used for the elements it is for

    Raises:
        InputError: PySCF has no such basis for an element, or the basis needs a core potential that PySCF hasn't; or
            the multiplicity does not fit the number of electrons
    """

    def __init__(self, numbers: Ints, charge: int, multiplicity: int, basis: str) -> None:
        self._symbols = [chemical_symbols[number] for number in numbers]
        self._charge, self._spin, self._basis = charge, multiplicity - 1, basis
        elements = sorted(set(self._symbols))
        self._core_potentials = {
            symbol: found for symbol in elements if (found := _core_potential(basis, symbol))
        }
        # Spread out, so that any atoms can be looked up before there is a geometry.
        self.apart = self.at(np.arange(len(numbers))[:, None] * np.array([0.0, 0.0, 2.0]))
        for atom in range(self.apart.natm):
            self._check_core(atom)

    def at(self, positions: Floats) -> Any:
        """PySCF's molecule with its atoms at ``positions`` (N, 3) angstrom.

        Raises:
            InputError: PySCF has no such basis for one of the elements
        """
        try:
            return gto.M(
                atom=list(zip(self._symbols, np.asarray(positions).tolist(), strict=True)),
                basis=self._basis,
                ecp=self._core_potentials,
                charge=self._charge,
                spin=self._spin,
                max_memory=min(_PYSCF_MEMORY, label_memory() / 1e6),
                verbose=0,
            )
        except (KeyError, BasisNotFoundError) as error:
            raise InputError(
                f"PySCF has no basis set {self._basis!r} for all of {', '.join(sorted(set(self._symbols)))}: "
                f"choose another."
            ) from error
        except RuntimeError as error:  # the electrons can't have this spin
            raise InputError(
                f"A charge of {self._charge} and a multiplicity of {self._spin + 1} do not fit together for "
                f"{len(self._symbols)} atoms of {', '.join(sorted(set(self._symbols)))}: an even number of electrons "
                f"has an odd multiplicity, and the reverse."
            ) from error

    def _check_core(self, atom: int) -> None:
        """Refuse valence functions without the core potential that they were made for."""
        mol, symbol = self.apart, self._symbols[atom]
        if mol.atom_nelec_core(atom):
            return
        charge = mol.atom_charge(atom)
        shells = [shell for shell in mol.atom_shell_ids(atom) if mol.bas_angular(shell) == 0]
        tightest = max((float(mol.bas_exp(shell).max()) for shell in shells), default=0.0)
        if tightest < _TIGHTEST * charge**2:
            raise InputError(
                f"The basis set {self._basis!r} leaves the core of {symbol} to an effective core potential that "
                f"PySCF does not have under this name: choose a basis with its potential, such as def2-tzvp."
            )


def _core_potential(basis: str, symbol: str) -> Any:
    """The potential that belongs to a basis, as PySCF keeps it; empty where the element has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySCF points to a further package for what it has not
        try:
            return load_ecp(basis, symbol)
        except (KeyError, RuntimeError, BasisNotFoundError):
            return []
