"""Batches of one shape for a whole training: of each block as many geometries as its share of all.

A step is compiled for the shapes of its arrays. Every batch has the same number of slots for molecules of each
size, so one compilation serves however sizes are mixed, and every batch is a fair sample of the sizes. Slots
that an epoch's end leaves empty weigh nothing.

A geometry of weight w below w0 would cost as much as any other and teach little. It is in a share w / w0 of the
epochs only, at the weight w0: its weight is w on average.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.trainer.fit.blocks import Block, BlockArrays, Singles

ENOUGH = 0.25
"""The weight w0 of a training."""


class Part(NamedTuple):
    """A batch's geometries of one block: ``arrays`` of the whole block; ``rows`` (s,) which of its rows they are;
    ``weight`` (s, 1 or M), 0 for an empty slot."""

    arrays: BlockArrays
    rows: NDArray[np.int32]
    weight: Singles


class AtomRows(NamedTuple):
    """Of A atoms of some parts, spare ones included: ``rows`` for each element (R_e,) the atoms that are of it, A for
    none; ``place`` (A,) where each atom stands when these are put one after the other, the end for a spare one."""

    rows: tuple[NDArray[np.int32], ...]
    place: NDArray[np.int32]


class Batch(NamedTuple):
    """Its ``parts``, and the atoms of those that have forces and of those ``without``, whose networks need no
    derivatives."""

    with_forces: AtomRows
    without: AtomRows
    parts: tuple[Part, ...]


class Batches:
    """Of some blocks.

    Args:
        blocks: the data
        elements: how many
        size: geometries in a batch, about
        enough: the weight w0; 0 for all geometries in every epoch
    """

    def __init__(self, blocks: Sequence[Block], elements: int, size: int, enough: float = 0.0) -> None:
        self.blocks = blocks
        self._shares: list[Floats] = [
            np.minimum(1.0, block.weight.max(axis=1) / enough) if enough else np.ones(len(block.samples))
            for block in blocks
        ]
        counts = [max(1, int(np.ceil(share.sum()))) for share in self._shares]
        self.slots = [max(1, round(size * count / sum(counts))) for count in counts]
        self.steps = max(-(-count // s) for count, s in zip(counts, self.slots, strict=True))
        # One slot too many spreads over the epoch; steps were counted from the fullest block.
        self.slots = [-(-count // self.steps) for count in counts]
        self._rows = {
            forces: [
                sum(
                    slots * int(np.max(np.sum(block.element == element, axis=1), initial=0))
                    for block, slots in zip(blocks, self.slots, strict=True)
                    if block.has_forces == forces
                )
                for element in range(elements)
            ]
            for forces in (True, False)
        }

    def epoch(self, random: np.random.Generator | None = None) -> Iterator[tuple[Batch, list[Ints]]]:
        """All geometries once, in random order or in their own, but for those of little weight; and for each part
        which of its block they are."""
        orders = [
            np.arange(len(share)) if random is None else _drawn(share, random) for share in self._shares
        ]
        for step in range(self.steps):
            # Evenly through each block, so that the empty slots are spread, too.
            chosen = [
                order[len(order) * step // self.steps : len(order) * (step + 1) // self.steps]
                for order in orders
            ]
            yield self.gather(chosen), chosen

    def gather(self, chosen: Sequence[Ints]) -> Batch:
        """The batch of these geometries, of each block no more than it has slots."""
        parts: list[Part] = []
        element: dict[bool, list[Ints]] = {True: [], False: []}
        for block, share, slots, index in zip(self.blocks, self._shares, self.slots, chosen, strict=True):
            filled = np.concatenate([index, np.zeros(slots - len(index), np.int64)])
            real = (np.arange(slots) < len(index))[:, None]
            weight = np.where(real, block.weight[filled] / share[filled, None], np.float32(0.0))
            parts.append(Part(block.arrays, block.rows[filled].astype(np.int32), weight.astype(np.float32)))
            element[block.has_forces].append(np.where(real, block.element[filled], -1).ravel())
        return Batch(
            self._atom_rows(element[True], True), self._atom_rows(element[False], False), tuple(parts)
        )

    def _atom_rows(self, element: Sequence[Ints], forces: bool) -> AtomRows:
        of_atom = np.concatenate([np.empty(0, np.int64), *element])
        atoms, capacities = len(of_atom), self._rows[forces]
        place = np.full(atoms, sum(capacities), np.int32)
        rows, start = [], 0
        for number, capacity in enumerate(capacities):
            mine = np.flatnonzero(of_atom == number)
            padded = np.full(capacity, atoms, np.int32)
            padded[: len(mine)] = mine
            place[mine] = start + np.arange(len(mine))
            rows.append(padded)
            start += capacity
        return AtomRows(tuple(rows), place)


def _drawn(share: Floats, random: np.random.Generator) -> Ints:
    """Those of an epoch, in random order, each with its share's probability; nearly as many in every epoch."""
    order = random.permutation(len(share))
    counted = np.floor(np.cumsum(share[order]) + random.random())
    return order[np.diff(counted, prepend=0.0) > 0]
