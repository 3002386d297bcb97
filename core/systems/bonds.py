"""Bonds from distances, with hysteresis so that a bond being stretched doesn't flicker."""

import numpy as np
from ase.data import covalent_radii
from numpy.typing import NDArray

FORM_TOLERANCE = 0.20
"""A bond forms when two atoms come within the sum of their covalent radii plus this, angstrom."""
BREAK_TOLERANCE = 0.45
"""A bond that exists is kept up to the sum plus this, angstrom. C-H: forms at 1.27, breaks at 1.52."""

Pairs = NDArray[np.int64]


def perceive_bonds(
    numbers: NDArray[np.int64], positions: NDArray[np.float64], previous: Pairs | None = None
) -> Pairs:
    """Who is bonded to whom.

    Args:
        numbers: (N,) atomic numbers
        positions: (N, 3) angstrom
        previous: (B, 2) the bonds an instant ago, as this function returned them

    Returns:
        (B, 2) pairs i < j, sorted.
    """
    return BondPerception(numbers)(positions, previous)


class BondPerception:
    """:func:`perceive_bonds` for one set of atoms, with what doesn't change worked out once."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        count = len(numbers)
        self._i, self._j = np.triu_indices(count, k=1)
        reach = covalent_radii[numbers][self._i] + covalent_radii[numbers][self._j]
        self._form = (reach + FORM_TOLERANCE) ** 2
        self._break = (reach + BREAK_TOLERANCE) ** 2
        self._count = count

    def __call__(self, positions: NDArray[np.float64], previous: Pairs | None = None) -> Pairs:
        """(B, 2) bonds of one geometry, given those an instant ago."""
        difference = positions[self._i] - positions[self._j]
        squared = np.einsum("pk,pk->p", difference, difference)
        bonded = squared < self._form
        if previous is not None and len(previous):
            held = np.zeros(len(squared), dtype=bool)
            held[self._index(previous)] = True
            bonded |= held & (squared < self._break)
        return np.stack([self._i[bonded], self._j[bonded]], axis=1).astype(np.int64)

    def _index(self, pairs: Pairs) -> NDArray[np.int64]:
        """Where each pair stands in the upper triangle."""
        i, j = pairs[:, 0], pairs[:, 1]
        index: NDArray[np.int64] = i * (2 * self._count - i - 1) // 2 + (j - i - 1)
        return index


def fragments(count: int, bonds: Pairs) -> list[list[int]]:
    """The connected parts, each a sorted list of atom indices, in the order of their first atom."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in bonds:
        a, b = sorted((root(int(i)), root(int(j))))
        parent[b] = a
    parts: dict[int, list[int]] = {}
    for i in range(count):
        parts.setdefault(root(i), []).append(i)
    return list(parts.values())
