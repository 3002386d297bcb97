"""From the cheap method's energies to those of the labels: a sum over elements and pairs of atoms, fitted.

Two methods differ most in what a bond of each kind is worth. So their difference is fitted by ridge regression as a
number for each element and a smooth function of the distance for each pair of elements. It has a few dozen
parameters, fades to nothing for pairs whose distances no label has, and leaves the rest to the cheap method.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.potential.symmetry import element_pairs

CENTRES = np.linspace(0.7, 4.0, 12)
"""angstrom, of the Gaussians that a function of the distance is made of."""
WIDTH = 0.3
"""angstrom, their standard deviation."""
CUTOFF = 4.5
"""angstrom; functions of the distance end here."""
PENALTY = 1.0
"""Of the squared coefficients (eV). Of 0.01 to 3 the errors hardly depend; from 10 on they grow."""
ENOUGH_OF_GAUSSIAN, SHARE_OF_LABELS = 0.2, 0.01
"""So much of a Gaussian in so many of the labelled geometries, at least, and its coefficient is fitted."""
_COUNT_SCALE = 30.0
"""Counts are scaled up by this, so that the penalty leaves the elements' own numbers alone."""


@dataclass(frozen=True)
class Correction:
    """Adds to the cheap method what it lacks.

    Args:
        elements: atomic numbers, ascending
        per_element: (E,) eV
        per_pair: (pairs of elements, Gaussians) eV
    """

    elements: tuple[int, ...]
    per_element: Floats
    per_pair: Floats

    @classmethod
    def fit(
        cls, molecules: Sequence[tuple[Ints, Floats]], differences: Floats, penalty: float = PENALTY
    ) -> "Correction":
        """Fitted to labelled geometries.

        Args:
            molecules: atomic numbers (N,) and positions (N, 3), angstrom, of each
            differences: (n,) energy of the label minus that of the cheap method, eV
            penalty: of the squared coefficients
        """
        elements = tuple(sorted({int(number) for numbers, _ in molecules for number in numbers}))
        counts = np.array([[np.sum(numbers == element) for element in elements] for numbers, _ in molecules])
        by_pair = np.array([_sums(elements, numbers, positions)[0] for numbers, positions in molecules])
        sums = (by_pair * _covered(by_pair)).reshape(len(molecules), -1)
        inputs = np.concatenate([sums, _COUNT_SCALE * counts], axis=1)
        square = inputs.T @ inputs + penalty * np.eye(inputs.shape[1])
        solved = np.linalg.solve(square, inputs.T @ differences)
        split = sums.shape[1]
        return cls(elements, _COUNT_SCALE * solved[split:], solved[:split].reshape(-1, len(CENTRES)))

    def of(self, numbers: Ints, positions: Floats) -> tuple[float, Floats]:
        """What is to be added to the energy, eV, and to the forces (N, 3), eV/angstrom, of one geometry."""
        sums, slopes = _sums(self.elements, numbers, positions, self.per_pair)
        counts = np.array([np.sum(numbers == element) for element in self.elements])
        return float(np.sum(sums * self.per_pair) + counts @ self.per_element), -slopes


def _covered(sums: Floats) -> Floats:
    """(K, G) 1 for the Gaussians that a function is made of: those from the farthest down to the first one that
    few of the geometries (sums (n, K, G)) have anything of. What lies below such a gap, as a bond that no label ever
    breaks, says nothing of the function there, and would be continued into the gap at will."""
    known = np.sum(sums > ENOUGH_OF_GAUSSIAN, axis=0) >= max(1, round(SHARE_OF_LABELS * len(sums)))
    known |= CENTRES > 0.65 * CUTOFF  # these the cutoff makes small
    return np.asarray(np.cumprod(known[:, ::-1], axis=1)[:, ::-1], dtype=np.float64)


def _sums(
    elements: Sequence[int], numbers: Ints, positions: Floats, weights: Floats | None = None
) -> tuple[Floats, Floats]:
    """For each pair of elements the sum (K, G) of the Gaussians of all distances; and (N, 3) the derivatives of their
    weighted sum by the positions."""
    one, two = element_pairs(len(elements))
    table = np.zeros((len(elements), len(elements)), np.int64)
    table[list(one), list(two)] = table[list(two), list(one)] = np.arange(len(one))
    element = np.searchsorted(np.asarray(elements), numbers)
    i, j = np.triu_indices(len(numbers), k=1)
    vector = positions[j] - positions[i]
    length = np.linalg.norm(vector, axis=1)
    near = length < CUTOFF
    i, j, vector, length = i[near], j[near], vector[near], length[near]
    kind = table[element[i], element[j]]
    away = (length[:, None] - CENTRES) / WIDTH
    x = np.pi * length / CUTOFF
    gauss = np.exp(-0.5 * away**2)
    fc, falling = 0.5 * (1.0 + np.cos(x)), -0.5 * np.pi / CUTOFF * np.sin(x)
    sums = np.zeros((len(one), len(CENTRES)))
    np.add.at(sums, kind, gauss * fc[:, None])
    slopes = np.zeros(positions.shape)
    if weights is not None:
        by_length = gauss * (falling[:, None] - fc[:, None] * away / WIDTH)
        along = np.sum(by_length * weights[kind], axis=1)[:, None] * vector / length[:, None]
        np.add.at(slopes, i, -along)
        np.add.at(slopes, j, along)
    return sums, slopes
