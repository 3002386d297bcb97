"""The Coulomb energy, matrix and nuclear gradient by density fitting, with the integrals kept in memory.

The density is expanded in an auxiliary basis P by minimising the error's self-repulsion:
``c = (P|Q)^-1 (Q|rho)`` (Dunlap, Connolly, Sabin, J. Chem. Phys. 71, 3396 (1979)). Only J is made: the
functionals of :mod:`exchange_correlation` have no exact exchange.
"""

from typing import Any

import numpy as np
import scipy.linalg
from pyscf import lib
from pyscf.df import addons
from pyscf.gto.mole import conc_env
from pyscf.gto.moleintor import ascint3, getints, make_cintopt

from atomtug.core.arrays import Floats

_CHUNK = 64 * 2**20
"""Bytes of three-centre derivatives held at once."""


class Coulomb:
    """The electrons' repulsion at one geometry.

    Args:
        mol: PySCF's molecule
        auxbasis: the fitting basis, as PySCF takes it
    """

    def __init__(self, mol: Any, auxbasis: Any) -> None:
        self._mol = mol
        self._aux = addons.make_auxmol(mol, auxbasis)
        self._environment = conc_env(
            mol._atm, mol._bas, mol._env, self._aux._atm, self._aux._bas, self._aux._env
        )
        self._optimisers: dict[str, Any] = {}
        triples = self._integrals("int3c2e", (0, mol.nbas, 0, mol.nbas), "s2ij")
        self._triples: Floats = triples.T  # (naux, pairs)
        metric = self._aux.intor("int2c2e")
        self._metric = scipy.linalg.cho_factor(metric, lower=True, check_finite=False)

    @property
    def held(self) -> int:
        """Bytes of memory that the integrals take now."""
        return int(self._triples.nbytes)

    @staticmethod
    def memory(mol: Any, auxbasis: Any) -> int:
        """Bytes the integrals take."""
        return int(8 * mol.nao * (mol.nao + 1) // 2 * addons.make_auxmol(mol, auxbasis).nao)

    def potential(self, density: Floats) -> tuple[float, Floats]:
        """Energy and matrix.

        Args:
            density: (n, n) of both spins together

        Returns:
            Energy in hartree; (n, n) hartree.
        """
        right, fit = self._fit(density)
        return 0.5 * float(right @ fit), lib.unpack_tril(fit @ self._triples)

    def gradient(self, density: Floats) -> Floats:
        """(atoms, 3) derivative of the energy with all centres, fitting functions' included, hartree/bohr."""
        _, fit = self._fit(density)
        gradient = np.zeros((self._mol.natm, 3))
        owner = np.empty(self._aux.nao, dtype=np.int64)
        for atom, (_, _, start, stop) in enumerate(self._aux.aoslice_by_atom()):
            owner[start:stop] = atom
        # (nabla i j|P) moves i's atom, and by translational invariance its sum over all i and j moves P's.
        moved = np.zeros((3, self._aux.nao))
        slices = self._mol.aoslice_by_atom()
        for atom, (shell, last, start, stop) in enumerate(slices):
            part = self._contracted_derivative(shell, last, density[start:stop])
            gradient[atom] -= 2.0 * part @ fit
            moved += part
        metric = np.einsum("xpq,q->xp", self._aux.intor("int2c2e_ip1"), fit)
        np.add.at(gradient, owner, ((2.0 * moved + metric) * fit).T)
        return gradient

    def _contracted_derivative(self, first: int, last: int, density: Floats) -> Floats:
        """(3, naux) the sum over i in shells first..last and all j of density[i, j] (nabla i j|P)."""
        mol, aux = self._mol, self._aux
        out = np.zeros((3, aux.nao))
        step = max(1, int(_CHUNK / (24 * density.size * np.diff(aux.ao_loc_nr()).max())))
        loc = aux.ao_loc_nr()
        for shell in range(0, aux.nbas, step):
            stop = min(shell + step, aux.nbas)
            block = self._integrals("int3c2e_ip1", (first, last, 0, mol.nbas), "s1", (shell, stop))
            # (3, i, j, P) with i fastest in memory: each component's transpose is a plain matrix.
            flat = density.T.ravel()
            for axis in range(3):
                by_function = block[axis].transpose(2, 1, 0).reshape(-1, flat.size)
                out[axis, loc[shell] : loc[stop]] = by_function @ flat
        return out

    def _fit(self, density: Floats) -> tuple[Floats, Floats]:
        """(P|rho) and the fit's coefficients, both (naux,)."""
        packed = lib.pack_tril(density + density.T)
        diagonal = np.arange(len(density))
        packed[diagonal * (diagonal + 3) // 2] *= 0.5
        right = self._triples @ packed
        return right, scipy.linalg.cho_solve(self._metric, right, check_finite=False)

    def _integrals(
        self,
        name: str,
        shells: tuple[int, int, int, int],
        symmetry: str,
        aux_shells: tuple[int, int] | None = None,
    ) -> Any:
        mol, aux = self._mol, self._aux
        name = ascint3(mol._add_suffix(name))
        atm, bas, env = self._environment
        if name not in self._optimisers:
            self._optimisers[name] = make_cintopt(atm, bas, env, name)
        start, stop = aux_shells or (0, aux.nbas)
        return getints(
            name,
            atm,
            bas,
            env,
            shls_slice=(*shells, mol.nbas + start, mol.nbas + stop),
            aosym=symmetry,
            cintopt=self._optimisers[name],
        )
