"""Neighbours and triples of a few molecules, as long as they are; what a descriptor sums over."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.potential.layout import element_indices
from atomtug.potential.symmetry import SymmetryFunctions, element_pairs
from atomtug.trainer.fit.samples import Sample


class AtomTriples(NamedTuple):
    """T triples: ``first`` and ``second`` (T,) the two pairs; ``pair`` (T,) of the neighbours' elements, as
    :func:`atomtug.potential.symmetry.element_pairs` counts them; ``angle`` (T,) between them, radian."""

    first: Ints
    second: Ints
    pair: Ints
    angle: Floats


@dataclass(frozen=True)
class Neighbours:
    """P ordered pairs within the cutoff among A atoms of some molecules, sorted by centre.

    Args:
        starts: (molecules + 1,) the first atom of each molecule, and A
        element: (A,) index of each atom's element
        elements: how many elements the model has
        centre: (P,) atoms
        other: (P,) their neighbours
        vector: (P, 3) from centre to neighbour, angstrom
        r_angular: the cutoff of triples, angstrom
    """

    starts: Ints
    element: Ints
    elements: int
    centre: Ints
    other: Ints
    vector: Floats
    r_angular: float

    @property
    def atoms(self) -> int:
        """A."""
        return len(self.element)

    @cached_property
    def length(self) -> Floats:
        """(P,) angstrom."""
        return np.asarray(np.linalg.norm(self.vector, axis=1))

    @cached_property
    def unit(self) -> Floats:
        """(P, 3)."""
        return np.asarray(self.vector / self.length[:, None])

    @cached_property
    def triples(self) -> AtomTriples:
        """Every two pairs of one centre, once."""
        near = np.flatnonzero(self.length < self.r_angular)
        centre = self.centre[near]
        # Each of a centre's pairs goes with all of that centre that come after it.
        following = np.searchsorted(centre, centre, side="right") - np.arange(len(near)) - 1
        place = np.repeat(np.arange(len(near)), following)
        step = np.arange(len(place)) - np.repeat(np.cumsum(following) - following, following)
        one, two = near[place], near[place + 1 + step]
        table = np.zeros((self.elements, self.elements), np.int64)
        low, high = element_pairs(self.elements)
        table[low, high] = table[high, low] = np.arange(len(low))
        pair = table[self.element[self.other[one]], self.element[self.other[two]]]
        u, v = self.unit[one], self.unit[two]
        # As precise at 0 and 180 degrees as anywhere.
        angle = 2.0 * np.arctan2(np.linalg.norm(u - v, axis=1), np.linalg.norm(u + v, axis=1))
        return AtomTriples(one, two, pair, angle)


def find(samples: Sequence[Sample], elements: Sequence[int], symmetry: SymmetryFunctions) -> Neighbours:
    """All pairs within the cutoff within each molecule.

    Raises:
        InputError: an element that is not among ``elements``
    """
    starts = np.cumsum([0, *(len(sample.numbers) for sample in samples)])
    centres, others, vectors = [], [], []
    for sample, start in zip(samples, starts, strict=False):
        vector = sample.positions[None, :] - sample.positions[:, None]
        square = np.sum(vector**2, axis=-1)
        np.fill_diagonal(square, np.inf)
        centre, other = np.nonzero(square < symmetry.r_cut**2)
        centres.append(centre + start)
        others.append(other + start)
        vectors.append(vector[centre, other])
    element = element_indices(np.concatenate([sample.numbers for sample in samples]), elements)
    return Neighbours(
        starts,
        element.astype(np.int64),
        len(elements),
        np.concatenate(centres),
        np.concatenate(others),
        np.concatenate(vectors),
        symmetry.angular_cutoff,
    )
