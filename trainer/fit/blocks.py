"""All of a training's data in memory: molecules of about the same size in one block of arrays."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import numpy as np
import psutil
from jax import Array
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.potential import Architecture, ReferenceEnergies
from atomtug.potential.layout import element_indices
from atomtug.potential.repulsion import of_molecule
from atomtug.trainer.fit.describing import describe_all
from atomtug.trainer.fit.projection import Projection
from atomtug.trainer.fit.samples import Sample, residuals

Singles = NDArray[np.float32]

_SIZES = 8
"""Up to so many different sizes have a block each; more are put together with the next larger ones."""
_SHARE_OF_MEMORY = 0.5
"""Of what is free: derivatives that need more are kept in a temporary file instead."""
_ALIGNMENT = 64
"""Bytes."""


class BlockArrays(NamedTuple):
    """What a step reads of S geometries of up to N atoms; K components. It is on JAX's device as a whole.

    ``inputs`` (S, N, K) components; ``jacobian`` (S, 3N, N * K) their derivatives by the positions, None if no
    geometry has forces; ``energy`` (S,) eV, without reference energies and repulsion; ``forces`` (S, 3N) eV/angstrom
    without repulsion, 0 where there are none; ``known`` (S, 3N) 1 where there is a force; ``atoms`` (S,) how many.
    """

    inputs: Array
    jacobian: Array | None
    energy: Array
    forces: Array
    known: Array
    atoms: Array


@dataclass(frozen=True)
class Block:
    """Geometries of up to N atoms: S of those in the arrays.

    Args:
        samples: (S,) which of all they are
        rows: (S,) where they are in the arrays
        element: (S, N) index of each atom's element, -1 for none
        weight: (S, 1) of the errors; (S, M) if it is another for each member
        arrays: all that steps read
    """

    samples: Ints
    rows: Ints
    element: Ints
    weight: Singles
    arrays: BlockArrays

    @property
    def has_forces(self) -> bool:
        """Whether forces of these geometries are known."""
        return self.arrays.jacobian is not None

    def taken(self, which: Ints) -> "Block":
        """Some of the geometries; the arrays stay as they are."""
        return replace(
            self, samples=self.samples[which], rows=self.rows[which], element=self.element[which],
            weight=self.weight[which],
        )  # fmt: skip


def build_blocks(
    architecture: Architecture,
    samples: Sequence[Sample],
    projection: Projection,
    reference: ReferenceEnergies,
    batch: int,
    advance: Callable[[], object] = lambda: None,
) -> list[Block]:
    """Describe all samples, for batches of ``batch``; ``advance`` is called after each."""
    energies = residuals(samples, reference, architecture.elements)
    sizes = np.array([len(sample.numbers) for sample in samples])
    with_forces = np.array([sample.forces is not None for sample in samples])
    of_sample = np.zeros(len(samples), int)
    kinds = []
    for forces in (True, False):
        mine = np.flatnonzero(with_forces == forces)
        widths = np.array(size_classes(sizes[mine].tolist(), batch))
        if len(mine):
            of_sample[mine] = widths[np.searchsorted(widths, sizes[mine])]
        kinds += [(int(width), forces) for width in widths]
    needed = sum(
        4 * width * width * 3 * projection.components * int(np.sum((of_sample == width) & with_forces))
        for width, forces in kinds
        if forces
    )
    on_disk = needed > _SHARE_OF_MEMORY * psutil.virtual_memory().available
    blocks = []
    for width, forces in kinds:
        members = np.flatnonzero((of_sample == width) & (with_forces == forces))
        some = [samples[int(index)] for index in members]
        blocks.append(
            _block(architecture, some, members, projection, energies[members], width, on_disk, advance)
        )
    return blocks


def size_classes(sizes: Sequence[int], batch: int) -> list[int]:
    """Widths that molecules of these sizes are padded to, ascending.

    Every class has a slot in each batch at least, and large ones cost the most, so large sizes are put together as
    long as they fill one slot at most.

    Args:
        sizes: of all molecules, in atoms
        batch: molecules in a batch
    """
    counted = Counter(sizes)
    widths: list[int] = []
    held = 0
    for size in sorted(counted, reverse=True):
        if not widths or (held + counted[size]) * batch > len(sizes):
            widths.append(size)
            held = 0
        held += counted[size]
    if len(widths) <= _SIZES:
        return widths[::-1]
    few = [widths[0]]
    while smaller := [size for size in widths if size < 0.8 * few[-1]]:
        few.append(smaller[0])
    return few[::-1]


def _block(
    architecture: Architecture,
    samples: Sequence[Sample],
    index: Ints,
    projection: Projection,
    energy: Floats,
    width: int,
    on_disk: bool,
    advance: Callable[[], object],
) -> Block:
    count, size, elements = len(samples), projection.components, architecture.elements
    learned = energy.copy()
    with_forces = any(sample.forces is not None for sample in samples)
    element = np.full((count, width), -1)
    inputs = _zeros((count, width, size))
    forces, known = np.zeros((count, 3 * width), np.float32), np.zeros((count, 3 * width), np.float32)
    jacobian = _zeros((count, 3 * width, width * size), on_disk) if with_forces else None
    for described in describe_all(architecture.symmetry, samples, elements, projection, with_forces):
        row, real = described.sample, len(described.inputs)
        sample = samples[row]
        element[row, :real] = element_indices(sample.numbers, elements)
        inputs[row, :real] = described.inputs
        if jacobian is not None and described.jacobian is not None:
            jacobian[row, : 3 * real, : real * size] = described.jacobian
        pushing = np.zeros((real, 3))
        if architecture.repulsion is not None:
            pressed, pushing = of_molecule(architecture.repulsion, elements, sample.numbers, sample.positions)
            learned[row] -= pressed
        if sample.forces is not None:
            forces[row, : 3 * real] = (sample.forces - pushing).ravel()
            known[row, : 3 * real] = 1.0
        advance()
    atoms = np.array([len(sample.numbers) for sample in samples], np.float32)
    weight = np.array([[sample.weight] for sample in samples], np.float32)
    arrays = BlockArrays(inputs, jacobian, learned.astype(np.float32), forces, known, atoms)  # type: ignore[arg-type]
    # The processor reads aligned arrays where they are; another device gets a copy.
    placed = jax.tree.map(lambda values: jax.device_put(values, may_alias=True), arrays)
    return Block(index, np.arange(count), element, weight, placed)


def _zeros(shape: tuple[int, ...], on_disk: bool = False) -> Singles:
    """Aligned as JAX needs it to read an array without copying it."""
    if on_disk:
        # Open and without a name: gone with the process, whatever happens.
        with tempfile.TemporaryFile() as file:
            return np.memmap(file, np.float32, "w+", shape=shape)
    size = int(np.prod(shape))
    spacious = np.zeros(size + _ALIGNMENT // 4, np.float32)
    start = -spacious.ctypes.data % _ALIGNMENT // 4
    return spacious[start : start + size].reshape(shape)
