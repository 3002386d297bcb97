"""The Coulomb energy, matrix and nuclear gradient by density fitting, for molecules whose integrals need screening.

The same quantities as :class:`~atomtug.trainer.dft.coulomb.Coulomb`. The three-centre integrals are kept as blocks
of atom pairs. Pairs whose charge distributions are negligible are left out: by Schwarz's inequality
``|(ij|P)| <= sqrt((ij|ij)) sqrt((P|P))`` (Häser, Ahlrichs, J. Comput. Chem. 10, 104 (1989)). For squalane + CN that
is a third of all pairs.

The blocks that are kept are kept in single precision, which halves their memory and the time of reading them.
Energies stay those of double precision, as single precision is used for the difference to a reference density
alone (Almlöf, Faegri, Korsell, J. Comput. Chem. 3, 385 (1982) make Fock matrices from such differences): the
reference's own projection is made in double precision, from each block before it is rounded.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
import scipy.linalg
from numpy.typing import NDArray
from pyscf.df import addons
from pyscf.gto.mole import conc_env
from pyscf.gto.moleintor import ascint3, getints, make_cintopt
from pyscf.scf import _vhf

from atomtug.core.arrays import Floats, Ints

NEGLIGIBLE_PAIR = 1e-7
"""hartree^1/2; atom pairs whose largest sqrt((ij|ij)) is below this are left out. Energies change by 1e-6 hartree."""
NEGLIGIBLE_FORCE = 1e-8
"""Pairs whose sqrt((ij|ij)) times their largest density element is below this are left out of the gradient."""

DISK_SHARE = 0.8
"""Of the free space for temporary files, what the integrals of one label may take."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Storage(Enum):
    """Where the three-centre integrals are between two uses."""

    MEMORY = "memory"
    DISK = "disk"
    RECOMPUTED = "recomputed"


class BlockedCoulomb:
    """The electrons' repulsion at one geometry, by blocks of atom pairs.

    Args:
        mol: PySCF's molecule
        auxbasis: the fitting basis, as PySCF takes it
        reference: (n, n) a density near those that will be asked for, of both spins together, symmetric
        storage: where the integrals are kept
        threads: how many blocks are worked on at once
    """

    def __init__(
        self,
        mol: Any,
        auxbasis: Any,
        reference: Floats,
        storage: Storage = Storage.MEMORY,
        threads: int = 1,
    ) -> None:
        self._mol = mol
        self._aux = addons.make_auxmol(mol, auxbasis)
        self._environment = conc_env(
            mol._atm, mol._bas, mol._env, self._aux._atm, self._aux._bas, self._aux._env
        )
        self._optimisers = {name: self._optimiser(name) for name in ("int3c2e", "int3c2e_ip1")}
        self._slices: Ints = np.asarray(mol.aoslice_by_atom())
        self._bounds = pair_bounds(mol)
        self._partners = [
            np.flatnonzero(row[: atom + 1] > NEGLIGIBLE_PAIR) for atom, row in enumerate(self._bounds)
        ]
        metric = self._aux.intor("int2c2e")
        self._metric = scipy.linalg.cho_factor(metric, lower=True, check_finite=False)
        self._pool = ThreadPoolExecutor(threads)
        self._kept: list[NDArray[np.float32]] | None = None
        self._reference = np.zeros_like(reference)
        self._reference_right = np.zeros(self._aux.nao)
        if storage is not Storage.RECOMPUTED:

            def kept(atom: int) -> tuple[NDArray[np.float32], Floats]:
                row = self._computed(atom)
                single = row.astype(np.float32)
                right = row @ self._weights(atom, reference)
                return single if storage is Storage.MEMORY else _on_disk(single), right

            rows, projections = zip(*self._each(kept, range(mol.natm)), strict=True)
            self._kept = list(rows)
            self._reference, self._reference_right = reference, np.sum(projections, axis=0)
            fit = self._coefficients(self._reference_right)
            self._reference_fit, self._reference_matrix = fit, self._matrix(fit)

    @property
    def held(self) -> int:
        """Bytes of memory that the integrals take now."""
        return sum(row.nbytes for row in self._kept or () if not isinstance(row, np.memmap))

    @staticmethod
    def memory(mol: Any, auxbasis: Any) -> int:
        """Bytes that the integrals of all pairs which are not negligible take."""
        sizes = np.diff(mol.aoslice_by_atom()[:, 2:])[:, 0]
        kept = np.tril(pair_bounds(mol) > NEGLIGIBLE_PAIR)
        return int(4 * (np.outer(sizes, sizes) * kept).sum() * addons.make_auxmol(mol, auxbasis).nao)

    def potential(self, density: Floats) -> tuple[float, Floats]:
        """Energy and matrix.

        Args:
            density: (n, n) of both spins together, symmetric

        Returns:
            Energy in hartree; (n, n) hartree.
        """
        right, fit = self._fit(density)
        if self._kept is None:
            return 0.5 * float(right @ fit), self._matrix(fit)
        change = self._matrix(fit - self._reference_fit)
        return 0.5 * float(right @ fit), self._reference_matrix + change

    def gradient(self, density: Floats) -> Floats:
        """(atoms, 3) derivative of the energy with all centres, fitting functions' included, hartree/bohr.

        Args:
            density: (n, n) of both spins together, symmetric
        """
        _, fit = self._fit(density)
        atoms = self._mol.natm
        size = np.array(
            [[np.abs(density[a[2] : a[3], b[2] : b[3]]).max() for b in self._slices] for a in self._slices]
        )
        important = size * self._bounds > NEGLIGIBLE_FORCE

        def derivative(atom: int) -> Floats:
            out = np.zeros((3, self._aux.nao))
            for partner in np.flatnonzero(important[atom]):
                (first, last, start, stop), (low, high, left, right) = (
                    self._slices[atom],
                    self._slices[partner],
                )
                block = self._integrals("int3c2e_ip1", (first, last, low, high))
                flat = density[start:stop, left:right].T.ravel()
                for axis in range(3):
                    out[axis] += block[axis].transpose(2, 1, 0).reshape(-1, flat.size) @ flat
            return out

        # (nabla i j|P) moves i's atom, and by translational invariance its sum over all i and j moves P's.
        parts = self._each(derivative, range(atoms))
        gradient = np.stack([-2.0 * part @ fit for part in parts])
        moved: Floats = np.sum(parts, axis=0)
        owner = np.repeat(np.arange(atoms), np.diff(self._aux.aoslice_by_atom()[:, 2:])[:, 0])
        metric = np.einsum("xpq,q->xp", self._aux.intor("int2c2e_ip1"), fit)
        np.add.at(gradient, owner, ((2.0 * moved + metric) * fit).T)
        return gradient

    def _fit(self, density: Floats) -> tuple[Floats, Floats]:
        """(P|rho) and the fit's coefficients, both (naux,)."""
        change = density - self._reference

        def project(atom: int) -> Floats:
            row = self._row(atom)
            product: Floats = row @ self._weights(atom, change).astype(row.dtype)
            return product

        projections: Floats = np.sum(self._each(project, range(self._mol.natm)), axis=0, dtype=np.float64)
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
                density[there, here].ravel() * (1.0 if here == there else 2.0)
                for _, here, there in self._pairs(atom)
            ]
        )

    def _matrix(self, fit: Floats) -> Floats:
        """(n, n) sum over P of (ij|P) times coefficients (naux,)."""
        matrix = np.zeros_like(self._reference)

        def fill(atom: int) -> None:
            row = self._row(atom)
            values = fit.astype(row.dtype) @ row
            for columns, here, there in self._pairs(atom):
                block = values[columns].reshape(there.stop - there.start, -1)
                matrix[there, here] = block
                matrix[here, there] = block.T

        self._each(fill, range(self._mol.natm))
        return matrix

    def _pairs(self, atom: int) -> Iterable[tuple[slice, slice, slice]]:
        """Where the functions of an atom and each of its partners stand: in its row, and in the basis."""
        here = slice(*self._slices[atom, 2:])
        begin = 0
        for partner in self._partners[atom]:
            there = slice(*self._slices[partner, 2:])
            end = begin + (here.stop - here.start) * (there.stop - there.start)
            yield slice(begin, end), here, there
            begin = end

    def _row(self, atom: int) -> NDArray[Any]:
        """(naux, pairs) integrals of an atom with all its partners."""
        return self._computed(atom) if self._kept is None else self._kept[atom]

    def _computed(self, atom: int) -> Floats:
        pairs = list(self._pairs(atom))
        row = np.empty((self._aux.nao, pairs[-1][0].stop))
        first, last = self._slices[atom, :2]
        for partner, (columns, _, _) in zip(self._partners[atom], pairs, strict=True):
            low, high = self._slices[partner, :2]
            # The first index is the fastest in memory: the transpose is (P, partner, atom).
            block = self._integrals("int3c2e", (first, last, low, high)).T
            row[:, columns] = block.reshape(self._aux.nao, -1)
        return row

    def _each(self, work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
        return list(self._pool.map(work, items))

    def _optimiser(self, name: str) -> Any:
        return make_cintopt(*self._environment, ascint3(self._mol._add_suffix(name)))

    def _integrals(self, name: str, shells: tuple[int, int, int, int]) -> Any:
        mol = self._mol
        return getints(
            ascint3(mol._add_suffix(name)),
            *self._environment,
            shls_slice=(*shells, mol.nbas, mol.nbas + self._aux.nbas),
            aosym="s1",
            cintopt=self._optimisers[name],
        )


def _on_disk(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same array, kept in a file without a name: it is gone with the process, however that ends."""
    with tempfile.TemporaryFile() as file:
        row.tofile(file)
        file.flush()
        return np.memmap(file, dtype=row.dtype, mode="r", shape=row.shape)


def storage_for(mol: Any, auxbasis: Any, memory: int) -> Storage:
    """Where the integrals can be kept.

    Args:
        mol: PySCF's molecule
        auxbasis: the fitting basis, as PySCF takes it
        memory: bytes that they may take
    """
    needed = BlockedCoulomb.memory(mol, auxbasis)
    if needed < memory:
        return Storage.MEMORY
    folder = tempfile.gettempdir()
    if not _in_memory(folder) and needed < DISK_SHARE * shutil.disk_usage(folder).free:
        return Storage.DISK
    return Storage.RECOMPUTED


def _in_memory(folder: str) -> bool:
    """Whether a folder's file system is itself kept in memory."""
    mounts = {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}
    path = Path(folder).resolve()
    nearest = next((str(parent) for parent in (path, *path.parents) if str(parent) in mounts), "/")
    return mounts.get(nearest, "") in ("tmpfs", "ramfs")


def pair_bounds(mol: Any) -> Floats:
    """(atoms, atoms) the largest sqrt((ij|ij)) of the basis functions i of one atom and j of the other."""
    shells = _vhf._VHFOpt(mol, "int2e", "CVHFnrs8_prescreen", "CVHFnr_int2e_q_cond").q_cond
    first = mol.aoslice_by_atom()[:, 0]
    bounds: Floats = np.maximum.reduceat(np.maximum.reduceat(shells, first, axis=0), first, axis=1)
    return bounds
