"""How atoms are laid out in memory: sorted by element, so that each element's network gets one dense block of rows.

A single molecule and a batch of many have the same form: rows of atoms, each with the molecule it belongs to
and the rows that might be its neighbours. All sizes that the compiler must know are in :class:`Layout`; padding
(spare rows) lets batches of different composition share one compilation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jax import Array
from numpy.typing import NDArray

from atomtug.core.errors import InputError
from atomtug.potential.symmetry import element_pairs

SmallInts = NDArray[np.int32]

CHUNK = 16
"""Triples in a chunk: as many single-precision numbers as fit a vector register."""


@dataclass(frozen=True)
class Layout:
    """All sizes that a compiled function depends on.

    Args:
        rows: how many rows each element of the model has, spare ones included
        molecules: number of molecules in the batch
        pairs: capacity of the list of ordered pairs within the cutoff
        chunks: capacity of the list of chunks of triples, see :mod:`atomtug.potential.triples`
        complete: one molecule without spare rows, whose lists hold every pair and triple at any distance. They never
            change, so that the energy is a plain function of the positions
    """

    rows: tuple[int, ...]
    molecules: int
    pairs: int
    chunks: int
    complete: bool = False

    @property
    def atoms(self) -> int:
        """The number of rows, N."""
        return sum(self.rows)

    @property
    def element_of_row(self) -> SmallInts:
        """(N,) index of each row's element."""
        return np.repeat(np.arange(len(self.rows), dtype=np.int32), self.rows)

    @property
    def neighbour_elements(self) -> tuple[tuple[int, int], ...]:
        """The pairs of elements that two neighbours of an atom can be, in the order of
        :func:`atomtug.potential.symmetry.element_pairs`: those of which there are rows enough."""
        pairs = zip(*element_pairs(len(self.rows)), strict=True)
        return tuple((a, b) for a, b in pairs if min(self.rows[a], self.rows[b]) > (a == b))

    def completed(self) -> "Layout":
        """The same with lists of every pair and triple, see ``complete``."""
        return replace(self.with_room_for_all(), complete=True)

    def with_room_for_all(self) -> "Layout":
        """The same with room for every pair and triple, however near the atoms are."""
        others = np.asarray(self.rows) - np.eye(len(self.rows), dtype=int)[self.element_of_row]
        # Of one or two atoms, too, lists have a place: arrays of none can't be indexed.
        return replace(self, pairs=max(1, int(others.sum())), chunks=max(1, chunks_needed(others)))

    def fits(self, pairs: int, chunks: int) -> bool:
        """Whether lists of this length fit."""
        return pairs <= self.pairs and chunks <= self.chunks

    def grown(self, pairs: int, chunks: int) -> "Layout":
        """The same with room for lists of this length and some more."""
        return Layout(
            self.rows,
            self.molecules,
            max(self.pairs, step_up(pairs)),
            max(self.chunks, step_up(chunks)),
        )


class Rows(NamedTuple):
    """Molecule and possible neighbours of each row; N rows, K candidates.

    ``candidates`` (N, K) rows that may be neighbours, ascending, N where there is none; the row itself is
    skipped. None where all rows are one molecule's, without spare ones, and each may be a neighbour of each.
    ``molecule`` (N,) index of the molecule, the number of molecules for a spare row.
    """

    candidates: SmallInts | Array | None
    molecule: SmallInts | Array


class Arrangement(NamedTuple):
    """Molecules laid out in rows: ``order`` (N,) is the atom in each row, -1 for a spare one."""

    order: SmallInts
    rows: Rows
    counts: tuple[int, ...]


def step_up(needed: int, start: int = 32, ratio: float = 1.15) -> int:
    """The next size of a geometric series that leaves some room, so that a growing list compiles seldom."""
    size = start
    while size < needed * 1.05:
        size = int(np.ceil(size * ratio / 16)) * 16
    return size


def chunks_needed(neighbours: NDArray[np.int_]) -> int:
    """The number of chunks of triples.

    Args:
        neighbours: (N, E) how many neighbours of each element each of N centres has
    """
    chunks = 0
    for a, b in zip(*element_pairs(neighbours.shape[1]), strict=True):
        one, two = neighbours[:, a], neighbours[:, b]
        triples = one * (one - 1) // 2 if a == b else one * two
        chunks += int(np.sum(-(-triples // CHUNK)))
    return chunks


def element_indices(numbers: NDArray[np.int64], elements: Sequence[int]) -> SmallInts:
    """(N,) index of each atomic number among the model's elements.

    Raises:
        InputError: there are no atoms, or one of an element that the model has not seen
    """
    numbers = np.asarray(numbers)
    if numbers.ndim != 1 or not len(numbers):
        raise InputError("There are no atoms: a potential needs one at least.")
    unseen = sorted(set(map(int, numbers)) - set(elements))
    if unseen:
        raise InputError(
            f"The model knows {_symbols(elements)} but not {_symbols(unseen)}: use a model that was trained on "
            f"molecules with {'it' if len(unseen) == 1 else 'them'}, or another engine."
        )
    return np.asarray(np.searchsorted(np.asarray(elements), numbers), dtype=np.int32)


def arrange(
    molecules: Sequence[NDArray[np.int64]],
    elements: Sequence[int],
    counts: Sequence[int] | None = None,
    width: int | None = None,
) -> Arrangement:
    """Lay molecules out in rows.

    Args:
        molecules: atomic numbers (n,) of each
        elements: the model's, ascending
        counts: number of rows for each element; by default the number of its atoms
        width: K, at least the number of atoms of the largest molecule, which is the default

    Raises:
        InputError: an unseen element, or more atoms than rows
    """
    numbers = np.concatenate([np.empty(0, dtype=np.int64), *molecules])
    element = element_indices(numbers, elements)
    molecule = np.repeat(np.arange(len(molecules)), [len(numbers) for numbers in molecules])
    present = np.bincount(element, minlength=len(elements))
    sizes = np.asarray(present if counts is None else counts)
    if np.any(present > sizes):
        raise InputError(
            f"A batch with {present.tolist()} atoms of each element has rows for {list(sizes)} only."
        )
    total = int(sizes.sum())
    atoms = np.argsort(element, kind="stable")
    starts = np.cumsum(sizes) - sizes
    within = np.arange(len(atoms)) - (np.cumsum(present) - present)[element[atoms]]
    order = np.full(total, -1, dtype=np.int32)
    order[starts[element[atoms]] + within] = atoms
    of_row = np.full(total, len(molecules), dtype=np.int32)
    of_row[order >= 0] = molecule[order[order >= 0]]
    candidates = _same_molecule(of_row, len(molecules), width)
    return Arrangement(order, Rows(candidates, of_row), tuple(map(int, sizes)))


def _same_molecule(molecule: SmallInts, count: int, width: int | None) -> SmallInts:
    """(N, K) the rows of the molecule that each row belongs to."""
    total = len(molecule)
    rows = np.argsort(molecule, kind="stable")
    sizes = np.bincount(molecule, minlength=count + 1)[:count]
    width = int(sizes.max()) if width is None else width
    if sizes.max() > width:
        raise InputError(f"A molecule of {sizes.max()} atoms doesn't fit a batch made for {width} at most.")
    table = np.full((count + 1, width), total, dtype=np.int32)
    slot = np.arange(total) - (np.cumsum(sizes) - sizes)[np.minimum(molecule[rows], count - 1)]
    real = molecule[rows] < count
    table[molecule[rows][real], slot[real]] = rows[real]
    return table[molecule]


def _symbols(numbers: Sequence[int]) -> str:
    from ase.data import chemical_symbols

    return ", ".join(chemical_symbols[z] if 0 <= z < len(chemical_symbols) else str(z) for z in numbers)
