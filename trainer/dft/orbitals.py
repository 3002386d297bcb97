"""Basis functions on the grid, evaluated once a geometry and kept, in blocks of neighbouring points.

A block keeps only the basis functions that reach it. The arrays are (functions, components, points) with the
points contiguous, so that density and potential are each one matrix product a block.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf.gto.eval_gto import BLKSIZE, make_screen_index

BLOCK = 14 * BLKSIZE
"""Points a block: a multiple of what PySCF screens by, and small enough for a core's cache."""
NEGLIGIBLE = 1e-7
"""A basis function smaller than this everywhere in a block is left out of it (amplitude, bohr^-3/2)."""

COMPONENTS = {0: 1, 1: 4, 2: 10}
"""How many arrays an order of derivatives has: value; x, y, z; xx, xy, xz, yy, yz, zz."""


@dataclass(frozen=True)
class GridBlock:
    """Neighbouring grid points and the basis functions that matter there.

    Args:
        points: where the block lies in the grid
        functions: (n,) indices of its basis functions, ascending
        values: (n, components, points) the functions and their derivatives with respect to the electron
    """

    points: slice
    functions: NDArray[np.int64]
    values: NDArray[Any]


def blocks(
    mol: Any,
    coordinates: NDArray[np.float64],
    order: int,
    dtype: type = np.float64,
    part: int = 0,
    parts: int = 1,
) -> Iterator[GridBlock]:
    """Evaluate the basis on a grid, block by block.

    Args:
        mol: PySCF's molecule
        coordinates: (points, 3) bohr, neighbours together, a multiple of PySCF's BLKSIZE not needed
        order: highest derivative, 0 to 2
        dtype: of the values returned
        part: which of the parts that the blocks are dealt out to, from 0
        parts: how many there are
    """
    ao_loc = mol.ao_loc_nr()
    shell_of = np.repeat(np.arange(mol.nbas), np.diff(ao_loc))
    name = f"GTOval_{'cart' if mol.cart else 'sph'}_deriv{order}"
    scratch = np.empty(COMPONENTS[order] * mol.nao * BLOCK)
    for start in range(part * BLOCK, len(coordinates), parts * BLOCK):
        points = slice(start, min(start + BLOCK, len(coordinates)))
        here = coordinates[points]
        reach = make_screen_index(mol, here, (0, mol.nbas), NEGLIGIBLE)
        functions = np.flatnonzero(reach.any(axis=0)[shell_of])
        # PySCF's own array is (components, functions, points) behind a transposed view.
        values = mol.eval_gto(name, here, non0tab=reach, cutoff=NEGLIGIBLE, out=scratch)
        values = values.reshape(COMPONENTS[order], len(here), mol.nao).transpose(2, 0, 1)
        yield GridBlock(points, functions, values[functions].astype(dtype, order="C"))
