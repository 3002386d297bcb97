"""The Coulomb energy, matrix and nuclear gradient by density fitting, for molecules whose integrals need screening.

The same quantities as :class:`~atomtug.trainer.dft.coulomb.Coulomb`. The three-centre integrals are kept as blocks
of atom pairs, of each the shells that reach far enough. What is negligible is left out: by Schwarz's inequality
``|(ij|P)| <= sqrt((ij|ij)) sqrt((P|P))`` (Häser, Ahlrichs, J. Comput. Chem. 10, 104 (1989)).

The blocks that are kept are kept in single precision, which halves their memory and the time of reading them.
Energies stay those of double precision, as single precision is used for the difference to a reference density
alone (Almlöf, Faegri, Korsell, J. Comput. Chem. 3, 385 (1982) make Fock matrices from such differences): the
reference's own projection is made in double precision, from each block before it is rounded.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from pyscf import gto
from pyscf.df import addons
from pyscf.gto.mole import conc_env
from pyscf.gto.moleintor import ascint3, getints, make_cintopt

from atomtug.core.arrays import Floats
from atomtug.trainer.dft.screening import (
    ShellRectangle,
    by_reach,
    largest_in_shells,
    rectangles,
    shell_bounds,
)
from atomtug.trainer.dft.storage import Storage, on_disk
from atomtug.trainer.dft.threads import Threads

NEGLIGIBLE_PAIR = 1e-7
"""hartree^1/2; pairs of shells whose sqrt((ij|ij)) is below this are left out. Energies change by 1e-6
hartree."""
NEGLIGIBLE_FORCE = 2e-7
"""Pairs of shells whose sqrt((ij|ij)) times their largest density element is below this are left out of the gradient,
which with the nuclei's attraction changes by less than 3e-5 hartree/bohr."""


class BlockedCoulomb:
    """The electrons' repulsion at one geometry, by blocks of atom pairs.

    Args:
        mol: PySCF's molecule
        auxbasis: the fitting basis, as PySCF takes it
        reference: (n, n) a density near those that will be asked for, of both spins together, symmetric
        storage: where the integrals are kept
        threads: how many blocks are worked on at once
        negligible_pair: hartree^1/2
        negligible_force: likewise, in the gradient
    """

    def __init__(
        self,
        mol: Any,
        auxbasis: Any,
        reference: Floats,
        storage: Storage = Storage.MEMORY,
        threads: int = 1,
        negligible_pair: float = NEGLIGIBLE_PAIR,
        negligible_force: float = NEGLIGIBLE_FORCE,
    ) -> None:
        self._mol, self._order = by_reach(mol)
        self._aux = addons.make_auxmol(mol, auxbasis)
        # The nuclei stand behind the fitting functions, as charges that are nearly points.
        nuclei = gto.fakemol_for_charges(mol.atom_coords())
        fitting = (self._aux._atm, self._aux._bas, self._aux._env)
        others = conc_env(*fitting, nuclei._atm, nuclei._bas, nuclei._env)
        self._environment = conc_env(mol._atm, self._mol._bas, mol._env, *others)
        self._optimisers = {name: self._optimiser(name) for name in ("int3c2e", "int3c2e_ip1")}
        self._bounds = shell_bounds(self._mol)
        self._blocks = _lower_blocks(self._mol, self._bounds > negligible_pair)
        self._negligible_force = negligible_force
        metric = self._aux.intor("int2c2e")
        self._metric = scipy.linalg.cho_factor(metric, lower=True, check_finite=False)
        self._threads = Threads(threads)
        self._kept: list[NDArray[np.float32]] | None = None
        self._reference = np.zeros_like(reference)
        self._reference_right = np.zeros(self._aux.nao)
        if storage is not Storage.RECOMPUTED:
            sorted_reference = self._sorted(reference)

            def kept(atom: int) -> tuple[NDArray[np.float32], Floats]:
                row = self._computed(atom)
                single = row.astype(np.float32)
                right = row @ self._weights(atom, sorted_reference)
                return single if storage is Storage.MEMORY else on_disk(single), right

            rows, projections = zip(*self._threads.map(kept, range(mol.natm)), strict=True)
            self._kept = list(rows)
            self._refer_to(sorted_reference, projections)

    @property
    def held(self) -> int:
        """Bytes of memory that the integrals take now."""
        return sum(row.nbytes for row in self._kept or () if not isinstance(row, np.memmap))

    @staticmethod
    def memory(mol: Any, auxbasis: Any) -> int:
        """Bytes that the integrals of all pairs which are not negligible take."""
        in_order, _ = by_reach(mol)
        blocks = _lower_blocks(in_order, shell_bounds(in_order) > NEGLIGIBLE_PAIR)
        pairs = sum(block.size for row in blocks for block in row)
        return int(4 * pairs * addons.make_auxmol(mol, auxbasis).nao)

    def refer_to(self, density: Floats) -> None:
        """Have another density (n, n) for reference, as what single precision leaves open grows with the difference.

        It takes as long as making the integrals anew.
        """
        if self._kept is not None:
            reference = self._sorted(density)
            self._refer_to(
                reference,
                self._threads.map(
                    lambda atom: self._computed(atom) @ self._weights(atom, reference), range(self._mol.natm)
                ),
            )

    def _refer_to(self, reference: Floats, projections: Sequence[Floats]) -> None:
        """Have a sorted density (n, n) for reference, with its (P|rho) by atoms, each (naux,)."""
        self._reference, self._reference_right = reference, np.sum(projections, axis=0)
        fit = self._coefficients(self._reference_right)
        self._reference_fit, self._reference_matrix = fit, self._matrix(fit)

    def potential(self, density: Floats) -> tuple[float, Floats]:
        """Energy and matrix.

        Args:
            density: (n, n) of both spins together, symmetric

        Returns:
            Energy in hartree; (n, n) hartree.
        """
        right, fit = self._fit(self._sorted(density))
        if self._kept is None:
            matrix = self._matrix(fit)
        else:
            matrix = self._reference_matrix + self._matrix(fit - self._reference_fit)
        unsorted = np.empty_like(matrix)
        unsorted[np.ix_(self._order, self._order)] = matrix
        return 0.5 * float(right @ fit), unsorted

    def gradient(self, density: Floats, nuclei: bool = False) -> Floats:
        """(atoms, 3) derivative of the energy with all centres, fitting functions' included, hartree/bohr.

        Args:
            density: (n, n) of both spins together, symmetric
            nuclei: that of the nuclei's attraction is added. What pairs of shells that are left out then miss is the
                potential of both, which is much smaller.
        """
        density = self._sorted(density)
        _, fit = self._fit(density)
        atoms = self._mol.natm
        important = largest_in_shells(self._mol, density) * self._bounds > self._negligible_force
        weights = np.concatenate([fit, -self._mol.atom_charges()]) if nuclei else fit

        def derivative(atom: int) -> Floats:
            out = np.zeros(3 * len(weights))
            for block in rectangles(self._mol, important, atom):
                # The first index is the fastest in memory: the transpose is (P, partner, atom), three times.
                integrals = self._integrals("int3c2e_ip1", block.shells, atoms if nuclei else 0)
                flat = density[block.there, block.here].ravel()
                out += integrals.transpose(0, 3, 2, 1).reshape(-1, block.size) @ flat
            return out.reshape(3, -1)

        # (nabla i j|P) moves i's atom, and by translational invariance its sum over all i and j moves P's.
        parts = self._threads.map(derivative, range(atoms))
        gradient = np.stack([-2.0 * part @ weights for part in parts])
        moved: Floats = 2.0 * np.sum(parts, axis=0)
        moved[:, : len(fit)] += np.einsum("xpq,q->xp", self._aux.intor("int2c2e_ip1"), fit)
        functions = np.diff(self._aux.aoslice_by_atom()[:, 2:])[:, 0]
        owner = np.concatenate([np.repeat(np.arange(atoms), functions), np.arange(atoms)])[: len(weights)]
        np.add.at(gradient, owner, (moved * weights).T)
        return gradient

    def _fit(self, density: Floats) -> tuple[Floats, Floats]:
        """(P|rho) and the fit's coefficients, both (naux,)."""
        change = density - self._reference

        def project(atom: int) -> Floats:
            row = self._row(atom)
            product: Floats = row @ self._weights(atom, change).astype(row.dtype)
            return product

        projections: Floats = np.sum(
            self._threads.map(project, range(self._mol.natm)), axis=0, dtype=np.float64
        )
        right = self._reference_right + projections
        return right, self._coefficients(right)

    def _coefficients(self, right: Floats) -> Floats:
        """(naux,) the fit's coefficients to (P|rho), (naux,)."""
        fit: Floats = scipy.linalg.cho_solve(self._metric, right, check_finite=False)
        return fit

    def _weights(self, atom: int, density: Floats) -> Floats:
        """(pairs,) the density's elements of an atom with all its partners, as often as they count."""
        return np.concatenate(
            [
                density[block.there, block.here].ravel() * (1.0 if block.atom == block.partner else 2.0)
                for block in self._blocks[atom]
            ]
        )

    def _matrix(self, fit: Floats) -> Floats:
        """(n, n) sum over P of (ij|P) times coefficients (naux,)."""
        matrix = np.zeros_like(self._reference)

        def fill(atom: int) -> None:
            row = self._row(atom)
            values = fit.astype(row.dtype) @ row
            for columns, block in self._columns(atom):
                part = values[columns].reshape(block.there.stop - block.there.start, -1)
                matrix[block.there, block.here] = part
                matrix[block.here, block.there] = part.T

        self._threads.map(fill, range(self._mol.natm))
        return matrix

    def _columns(self, atom: int) -> Iterator[tuple[slice, ShellRectangle]]:
        """An atom's blocks, and where each stands in its row."""
        begin = 0
        for block in self._blocks[atom]:
            yield slice(begin, begin + block.size), block
            begin += block.size

    def _sorted(self, matrix: Floats) -> Floats:
        """(n, n) with the functions in the order of their reach."""
        return matrix[np.ix_(self._order, self._order)]

    def _row(self, atom: int) -> NDArray[Any]:
        """(naux, pairs) integrals of an atom with all its partners."""
        return self._computed(atom) if self._kept is None else self._kept[atom]

    def _computed(self, atom: int) -> Floats:
        row = np.empty((self._aux.nao, sum(block.size for block in self._blocks[atom])))
        for columns, block in self._columns(atom):
            # The first index is the fastest in memory: the transpose is (P, partner, atom).
            integrals = self._integrals("int3c2e", block.shells).T
            row[:, columns] = integrals.reshape(self._aux.nao, -1)
        return row

    def _optimiser(self, name: str) -> Any:
        return make_cintopt(*self._environment, ascint3(self._mol._add_suffix(name)))

    def _integrals(self, name: str, shells: tuple[int, int, int, int], nuclei: int = 0) -> Any:
        mol = self._mol
        return getints(
            ascint3(mol._add_suffix(name)),
            *self._environment,
            shls_slice=(*shells, mol.nbas, mol.nbas + self._aux.nbas + nuclei),
            aosym="s1",
            cintopt=self._optimisers[name],
        )


def _lower_blocks(mol: Any, important: NDArray[np.bool_]) -> list[list[ShellRectangle]]:
    """Of each atom those with the atoms up to it."""
    rows = (rectangles(mol, important, atom) for atom in range(mol.natm))
    return [[block for block in row if block.partner <= block.atom] for row in rows]
