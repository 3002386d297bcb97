"""Which frames to label: all, every n-th, some at random, or the most different ones.

``random:N`` and ``fps:N`` pick N geometries of each molecule over all its recordings together. Both pick one
after the other, so that a larger N asked for later only adds to what is already labelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError

KINDS = ("all", "stride", "random", "fps")


@dataclass(frozen=True)
class Selection:
    """A way to choose frames.

    Args:
        kind: one of :data:`KINDS`
        count: the stride, or how many; 1 or more
        seed: of the random choice
    """

    kind: str = "all"
    count: int = 1
    seed: int = 0

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> Self:
        """From ``all``, ``stride:N``, ``random:N`` or ``fps:N``.

        Raises:
            InputError: it is none of these
        """
        kind, colon, number = text.partition(":")
        if kind == "all" and not colon:
            return cls(seed=seed)
        if kind in KINDS[1:] and number.isdecimal() and int(number) > 0:
            return cls(kind, int(number), seed)
        raise InputError(f"{text!r} selects nothing: use all, stride:N, random:N or fps:N with N from 1 on.")

    def choose(self, numbers: Ints, trajectories: Sequence[Floats]) -> list[Ints]:
        """Frames to label, of recordings of one molecule.

        Args:
            numbers: (N,) atomic numbers
            trajectories: of each recording, (F, N, 3) angstrom

        Returns:
            Of each recording, indices of its frames, ascending.
        """
        lengths = [len(positions) for positions in trajectories]
        if self.kind in ("all", "stride"):
            return [np.arange(0, length, self.count) for length in lengths]
        total = sum(lengths)
        wanted = min(self.count, total)
        if self.kind == "random":
            picked = _shuffled(lengths, self.seed)[:wanted]
        else:
            picked = farthest_points(describe(numbers, np.concatenate(trajectories)), wanted)
        ends = np.cumsum(lengths)
        starts = ends - lengths
        picked = np.sort(picked)
        return [picked[(picked >= a) & (picked < b)] - a for a, b in zip(starts, ends, strict=True)]


def describe(numbers: Ints, positions: Floats) -> Floats:
    """A fingerprint of (F, N, 3) geometries that equal atoms may swap places in.

    The inverse distances between atoms of each pair of elements, sorted: short distances weigh most, and two
    geometries that differ in which of methane's hydrogens left are the same.

    Returns:
        (F, pairs) 1/angstrom.
    """
    i, j = np.triu_indices(len(numbers), k=1)
    inverse = np.empty((len(positions), len(i)))
    for frame, geometry in enumerate(positions):
        inverse[frame] = 1.0 / np.linalg.norm(geometry[i] - geometry[j], axis=-1)
    low, high = np.minimum(numbers[i], numbers[j]), np.maximum(numbers[i], numbers[j])
    classes = low * 1000 + high
    parts = [np.sort(inverse[:, classes == kind], axis=1) for kind in np.unique(classes)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(positions), 0))


def farthest_points(points: Floats, count: int) -> Ints:
    """Indices of (F, D) points, each the farthest from all before it; the first is nearest to the mean."""
    if count <= 0 or len(points) == 0:
        return np.empty(0, dtype=np.int64)
    first = int(np.argmin(np.sum((points - points.mean(axis=0)) ** 2, axis=1)))
    picked = [first]
    nearest = np.full(len(points), np.inf)
    while len(picked) < min(count, len(points)):
        nearest = np.minimum(nearest, np.sum((points - points[picked[-1]]) ** 2, axis=1))
        nearest[picked] = -1.0
        picked.append(int(np.argmax(nearest)))
    return np.array(picked, dtype=np.int64)


def _shuffled(lengths: Sequence[int], seed: int) -> Ints:
    """All frames in an order that more or longer recordings leave as it was among the old ones."""
    tickets = []
    for number, length in enumerate(lengths):
        tickets.append(np.random.default_rng([seed, number]).random(length))
    return np.argsort(np.concatenate(tickets), kind="stable") if tickets else np.empty(0, dtype=np.int64)
