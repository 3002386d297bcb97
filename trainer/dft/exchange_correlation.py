"""Exchange-correlation energy, potential and nuclear gradient of a spin-polarised density on a grid.

Local and generalised-gradient functionals. Both spins share the basis functions' values; the densities come
from the occupied orbitals (n_occ << n_basis, so this is the cheap way), the potential from one matrix product a
block and spin; libxc is called once for the whole grid.

Equations: Pople, Gill, Johnson, Chem. Phys. Lett. 199, 557 (1992), with the derivatives taken with respect to
the density and the three components of its gradient, as PySCF's ``eval_xc_eff`` gives them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pyscf.dft.numint import NumInt

from atomtug.core.arrays import Floats
from atomtug.trainer.dft.orbitals import GridBlock, blocks
from atomtug.trainer.dft.threads import Threads

_Result = TypeVar("_Result")
NEGLIGIBLE_DENSITY = 1e-8
"""bohr^-3; where a spin has less, its potential is left out. Around an atom whose unpaired electron has the other
spin the potential of a gradient functional is hundreds of hartree and turns round with the last digits of the
density: the cycles of a broken bond would not settle. The energy is moved by 1e-8 hartree."""


def supported(functional: str) -> bool:
    """Whether this module can do a functional: no exact exchange, no kinetic-energy density, no VV10."""
    integrator = NumInt()
    return (
        integrator._xc_type(functional) in ("LDA", "GGA")
        and not integrator.libxc.is_hybrid_xc(functional)
        and not integrator.libxc.is_nlc(functional)
    )


@dataclass(frozen=True)
class Grid:
    """Integration points and weights.

    Args:
        points: (n, 3) bohr, neighbours together
        weights: (n,) bohr^3
    """

    points: Floats
    weights: Floats


class ExchangeCorrelation:
    """A functional on one geometry's grid.

    Args:
        mol: PySCF's molecule
        grid: where to integrate
        functional: libxc's or PySCF's name of it
        dtype: of the matrix products in :meth:`potential`. In single precision they are 2.5 times faster, and
            their error in the potential (1e-6 hartree) moves the energy only in second order.
        memory: bytes of the basis on the grid that may be kept; where it takes more it is evaluated each time
        threads: that share the blocks of points
    """

    def __init__(
        self,
        mol: Any,
        grid: Grid,
        functional: str,
        dtype: type = np.float64,
        memory: float = np.inf,
        threads: int = 1,
    ) -> None:
        self._mol, self._grid, self._functional = mol, grid, functional
        self._dtype = dtype
        self._integrator = NumInt()
        self._type = self._integrator._xc_type(functional)
        self._order = 0 if self._type == "LDA" else 1
        self._threads = Threads(threads)
        self._memory = [memory / threads] * threads
        self._kept: list[list[GridBlock] | None] = [None] * threads

    def potential(self, orbitals: Sequence[Floats]) -> tuple[float, Floats]:
        """Energy and potential.

        Args:
            orbitals: of each spin, (n_basis, n_occupied)

        Returns:
            Energy in hartree; (2, n_basis, n_basis) hartree.
        """
        both: NDArray[Any] = np.hstack(orbitals).astype(self._dtype)
        count = orbitals[0].shape[1]
        components = 1 if self._order == 0 else 4
        density = np.empty((2, components, len(self._grid.points)))

        def densities(part: int) -> None:
            for block in self._blocks(part):
                _, density[:, :, block.points] = _density(block.values, both[block.functions], count)

        self._each(densities)
        energy, weighted = self._evaluate(density)
        weighted[:, 0] *= 0.5  # the matrix is made symmetric at the end
        weighted = weighted.astype(self._dtype)

        def matrices(part: int) -> Floats:
            total = np.zeros((2, self._mol.nao, self._mol.nao))
            for block in self._blocks(part):
                here = np.ix_(block.functions, block.functions)
                for spin in (0, 1):
                    scaled = _scaled(block.values, weighted[spin, :, block.points])
                    total[spin][here] += block.values[:, 0] @ scaled.T
            return total

        total = reduce(np.add, self._each(matrices))
        return energy, total + total.transpose(0, 2, 1)

    def _each(self, work: Callable[[int], _Result]) -> list[_Result]:
        """What is done with each part of the blocks, at the same time."""
        return self._threads.map(work, range(self._threads.count))

    def _blocks(self, part: int) -> Iterator[GridBlock]:
        """The basis on a part of the grid, kept for the next time where memory allows."""
        there = self._kept[part]
        if there is not None:
            yield from there
            return
        kept: list[GridBlock] = []
        for block in self._evaluated(self._order, self._dtype, part):
            yield block
            self._memory[part] -= block.values.nbytes
            if self._memory[part] >= 0:
                kept.append(block)
            else:
                kept.clear()
        if self._memory[part] >= 0:
            self._kept[part] = kept

    def _evaluated(self, order: int, dtype: type, part: int) -> Iterator[GridBlock]:
        return blocks(self._mol, self._grid.points, order, dtype, part, self._threads.count)

    def gradient(self, orbitals: Sequence[Floats]) -> tuple[float, float, Floats]:
        """Energy, in double precision, and its derivatives with the basis functions' centres.

        The grid's own movement is left out: on a grid fine enough for a label it is below its error.

        Args:
            orbitals: of each spin, (n_basis, n_occupied)

        Returns:
            Energy in hartree; electrons found on the grid; (atoms, 3) hartree/bohr.
        """
        both = np.hstack(orbitals)
        count = orbitals[0].shape[1]
        owner = np.empty(self._mol.nao, dtype=np.int64)
        for atom, (_, _, start, stop) in enumerate(self._mol.aoslice_by_atom()):
            owner[start:stop] = atom

        def integrals(part: int) -> tuple[float, float, Floats]:
            energy, electrons = 0.0, 0.0
            per_function = np.zeros((3, self._mol.nao))
            for block in self._evaluated(self._order + 1, np.float64, part):
                mine = both[block.functions]
                local, density = _density(block.values[:, : 1 if self._order == 0 else 4], mine, count)
                share, weighted = self._evaluate(density, block.points)
                energy += share
                electrons += float(density[:, 0].sum(axis=0) @ self._grid.weights[block.points])
                per_function[:, block.functions] += self._pulay(block.values, mine, local, weighted, count)
            return energy, electrons, per_function

        energies, electrons, shares = zip(*self._each(integrals), strict=True)
        per_function = reduce(np.add, shares)
        gradient = np.zeros((self._mol.natm, 3))
        np.add.at(gradient, owner, -2.0 * per_function.T)
        return sum(energies), sum(electrons), gradient

    def _pulay(self, values: Floats, mine: Floats, local: Floats, weighted: Floats, count: int) -> Floats:
        """(3, n) each function's share of the integral of potential times its derivative times density."""
        spins = (slice(0, count), slice(count, mine.shape[1]))
        left = np.empty(local.shape[:1] + local.shape[2:])
        for spin, own in enumerate(spins):
            left[own] = np.einsum("icg,cg->ig", local[own], weighted[spin])
        once = mine @ left
        out: Floats = np.einsum("ncg,ng->cn", values[:, 1:4], once)
        if self._order:
            # The gradient of the density brings second derivatives: hessian times (v D phi).
            for axis in range(3):
                for spin, own in enumerate(spins):
                    local[own, 1 + axis] = local[own, 0] * weighted[spin, 1 + axis]
            twice = (mine @ local[:, 1:].reshape(mine.shape[1], -1)).reshape(len(mine), 3, values.shape[2])
            for axis, rows in enumerate(_HESSIAN):
                for other, row in enumerate(rows):
                    out[axis] += np.einsum("ng,ng->n", values[:, row], twice[:, other])
        return out

    def _evaluate(self, density: Floats, points: slice = slice(None)) -> tuple[float, Floats]:
        """Energy, and (2, components, points) its weighted derivatives with the density and its gradient."""
        weights = self._grid.weights[points]
        rho = density[:, 0] if self._type == "LDA" else density
        per_electron, derivative = self._integrator.eval_xc_eff(
            self._functional, rho, deriv=1, xctype=self._type, spin=1
        )[:2]
        energy = float((per_electron * density[:, 0].sum(axis=0)) @ weights)
        weighted = derivative.reshape(density.shape) * weights
        return energy, np.where(density[:, :1] < NEGLIGIBLE_DENSITY, 0.0, weighted)


_HESSIAN = ((4, 5, 6), (5, 7, 8), (6, 8, 9))
"""Where xx, xy, ... stand among the ten arrays of second order."""


def _scaled(values: NDArray[Any], weights: NDArray[Any]) -> NDArray[Any]:
    """(n, points) sum over components c of values (n, c, points) times weights (c, points).

    Plain products rather than ``einsum``, which keeps other threads from running.
    """
    out: NDArray[Any] = values[:, 0] * weights[0]
    for component in range(1, len(weights)):
        out += values[:, component] * weights[component]
    return out


def _density(values: NDArray[Any], mine: NDArray[Any], count: int) -> tuple[NDArray[Any], Floats]:
    """Occupied orbitals and spin densities at a block's points.

    Args:
        values: (n, components, points) the basis
        mine: (n, occupied) both spins' orbitals side by side
        count: how many of them are alpha

    Returns:
        (occupied, components, points) orbitals and their derivatives; (2, components, points) densities.
    """
    components, points = values.shape[1:]
    local = (mine.T @ values.reshape(len(values), components * points)).reshape(
        mine.shape[1], components, points
    )
    density = np.empty((2, components, points))
    for spin, own in enumerate((slice(0, count), slice(count, mine.shape[1]))):
        density[spin] = np.sum(local[own, :1] * local[own], axis=0)
        density[spin, 1:] *= 2.0
    return local, density
