"""Which pairs of shells matter in integrals over pairs of basis functions.

The shells of each atom are put in the order of their reach. Of two atoms some distance apart, each shell of the one
then matters with the first few shells of the other, and shells with nearly as many make a rectangle: few and large
blocks that hold hardly more than what matters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf.scf import _vhf

from atomtug.core.arrays import Floats, Ints

BLOCK_COST = 20
"""What a block costs by itself, in pairs of functions."""


@dataclass(frozen=True)
class ShellRectangle:
    """Neighbouring shells of an atom with the first shells of another, or of the same.

    Args:
        atom: its number
        partner: the other's
        shells: first and one past the last of the atom's shells, then of the partner's
        here: the atom's functions
        there: the partner's
    """

    atom: int
    partner: int
    shells: tuple[int, int, int, int]
    here: slice
    there: slice

    @property
    def size(self) -> int:
        """Pairs of functions."""
        return int((self.here.stop - self.here.start) * (self.there.stop - self.there.start))


def by_reach(mol: Any) -> tuple[Any, Ints]:
    """A molecule whose atoms have their shells in the order of their smallest exponent.

    Args:
        mol: PySCF's molecule, with each atom's shells together

    Returns:
        PySCF's molecule, and (n,) where each of its functions stands in the one given.
    """
    table = np.asarray(mol._bas)
    reach = np.array([np.min(mol.bas_exp(shell)) for shell in range(mol.nbas)])
    shells = np.lexsort((reach, table[:, 0]))
    starts = mol.ao_loc_nr()
    order = np.concatenate([np.arange(starts[shell], starts[shell + 1]) for shell in shells])
    in_order = mol.copy(deep=False)
    in_order._bas = table[shells]
    return in_order, order


def shell_bounds(mol: Any) -> Floats:
    """(shells, shells) the largest sqrt((ij|ij)) of the basis functions i of one shell and j of the other."""
    bounds: Floats = _vhf._VHFOpt(mol, "int2e", "CVHFnrs8_prescreen", "CVHFnr_int2e_q_cond").q_cond
    return bounds


def largest_in_shells(mol: Any, matrix: Floats) -> Floats:
    """(shells, shells) the largest size of a matrix's elements (n, n) between two shells' functions."""
    starts = mol.ao_loc_nr()[:-1]
    largest: Floats = np.maximum.reduceat(np.maximum.reduceat(np.abs(matrix), starts, axis=0), starts, axis=1)
    return largest


def rectangles(mol: Any, important: NDArray[np.bool_], atom: int) -> Iterator[ShellRectangle]:
    """Those of an atom with all atoms that hold all pairs of shells that matter, each pair once.

    Args:
        mol: PySCF's molecule with its shells :func:`by_reach`
        important: (shells, shells) which pairs matter, symmetric
        atom: its number

    Yields:
        Of an atom with itself a single one.
    """
    slices, starts = mol.aoslice_by_atom(), mol.ao_loc_nr()
    first, last = (int(shell) for shell in slices[atom, :2])
    sizes = tuple(np.diff(starts[first : last + 1]).tolist())
    for partner in range(mol.natm):
        low, high = (int(shell) for shell in slices[partner, :2])
        there = important[first:last, low:high]
        if not there.any():
            continue
        partners = np.where(there.any(axis=1), high - low - np.argmax(there[:, ::-1], axis=1), 0)
        wanted = tuple((starts[low + partners] - starts[low]).tolist())
        groups = [(0, last - first)] if partner == atom else _groups(sizes, wanted)
        for begin, end in groups:
            stop = low + int(partners[begin:end].max())
            if stop > low:
                yield ShellRectangle(
                    atom,
                    partner,
                    (first + begin, first + end, low, stop),
                    slice(int(starts[first + begin]), int(starts[first + end])),
                    slice(int(starts[low]), int(starts[stop])),
                )


@lru_cache(maxsize=10_000)
def _groups(sizes: tuple[int, ...], wanted: tuple[int, ...]) -> list[tuple[int, int]]:
    """Neighbouring shells that are taken together: first and one past the last of each group.

    Args:
        sizes: functions of each shell
        wanted: functions of the partner that each shell matters with
    """
    # The cheapest way to group the first shells, for ever more of them.
    cost, begins = [0], [0]
    for end in range(1, len(sizes) + 1):
        choices = []
        height = width = 0
        for begin in range(end - 1, -1, -1):
            height, width = height + sizes[begin], max(width, wanted[begin])
            choices.append((cost[begin] + (height * width + BLOCK_COST if width else 0), begin))
        best, begin = min(choices)
        cost.append(best)
        begins.append(begin)
    groups = []
    end = len(sizes)
    while end:
        groups.append((begins[end], end))
        end = begins[end]
    return groups[::-1]
