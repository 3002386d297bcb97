"""Batches of one shape for a whole training: of each block as many geometries as its share of all.

A step is compiled for the shapes of its arrays. Every batch has the same number of slots for molecules of each
size, so one compilation serves however sizes are mixed, and every batch is a fair sample of the sizes. Slots
that an epoch's end leaves empty weigh nothing.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Ints
from atomtug.trainer.fit.blocks import Block, Singles


class Part(NamedTuple):
    """A batch's geometries of one block: arrays as in :class:`Block`; ``weight`` is 0 for an empty slot."""

    jacobian: Singles | None
    energy: Singles
    forces: Singles
    known: Singles
    atoms: Singles
    weight: Singles


class Batch(NamedTuple):
    """``inputs`` (A, K) components of all atoms of all parts, spare ones included; ``rows`` for each element (R_e,)
    the atoms that are of it, A for none; ``place`` (A,) where each atom stands when these are put one after the
    other, the end for a spare one."""

    inputs: Singles
    rows: tuple[NDArray[np.int32], ...]
    place: NDArray[np.int32]
    parts: tuple[Part, ...]


class Batches:
    """Of some blocks.

    Args:
        blocks: the data
        elements: how many
        size: geometries in a batch, about
    """

    def __init__(self, blocks: Sequence[Block], elements: int, size: int) -> None:
        self.blocks = blocks
        total = sum(len(block.samples) for block in blocks)
        self.slots = [max(1, round(size * len(block.samples) / total)) for block in blocks]
        self.steps = max(-(-len(b.samples) // s) for b, s in zip(blocks, self.slots, strict=True))
        # One slot too many spreads over the epoch; steps were counted from the fullest block.
        self.slots = [-(-len(block.samples) // self.steps) for block in blocks]
        self._rows = [
            sum(
                slots * int(np.max(np.sum(block.element == element, axis=1), initial=0))
                for block, slots in zip(blocks, self.slots, strict=True)
            )
            for element in range(elements)
        ]

    def epoch(self, random: np.random.Generator | None = None) -> Iterator[tuple[Batch, list[Ints]]]:
        """All geometries once, in random order or in their own; and for each part which of its block they are."""
        orders = [
            np.arange(len(block.samples)) if random is None else random.permutation(len(block.samples))
            for block in self.blocks
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
        parts, inputs, element = [], [], []
        for block, slots, index in zip(self.blocks, self.slots, chosen, strict=True):
            filled = np.concatenate([index, np.zeros(slots - len(index), np.int64)])
            real = (np.arange(slots) < len(index))[:, None]
            parts.append(
                Part(
                    None if block.jacobian is None else block.jacobian[filled],
                    block.energy[filled],
                    block.forces[filled],
                    block.known[filled] * real,
                    block.atoms[filled],
                    block.weight[filled] * real,
                )
            )
            inputs.append(block.inputs[filled].reshape(-1, block.inputs.shape[2]))
            element.append(np.where(real, block.element[filled], -1).ravel())
        of_atom = np.concatenate(element)
        atoms = len(of_atom)
        place = np.full(atoms, sum(self._rows), np.int32)
        rows, start = [], 0
        for number, capacity in enumerate(self._rows):
            mine = np.flatnonzero(of_atom == number)
            padded = np.full(capacity, atoms, np.int32)
            padded[: len(mine)] = mine
            place[mine] = start + np.arange(len(mine))
            rows.append(padded)
            start += capacity
        return Batch(np.concatenate(inputs), tuple(rows), place, tuple(parts))
