"""The paper's training sets: which molecules in what ratio, drawn at random from all their geometries."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from atomtug.core.arrays import Ints
from atomtug.core.errors import InputError
from atomtug.trainer.fit.samples import Sample

PAPER_SIZE = 15_000
MIXTURES: Mapping[int, Mapping[str, int]] = {
    1: {"methane": 15_000},
    2: {"methane": 10_000, "ethane": 5_000},
    3: {"methane": 8_000, "ethane": 4_000, "isobutane": 3_000},
    4: {"methane": 7_500, "ethane": 3_500, "isobutane": 2_500, "isopentane": 1_500},
    5: {"methane": 7_500, "isopentane": 7_500},
    6: {"methane": 8_000, "isopentane": 4_000, "2-isohexane": 1_500, "3-isohexane": 1_500},
}
"""Geometries of each molecule in the paper's sets."""


def quotas(number: int, size: int) -> dict[str, int]:
    """How many geometries of each molecule make a set of ``size`` in the paper's ratio.

    Raises:
        InputError: there is no such set
    """
    if number not in MIXTURES:
        raise InputError(f"There is no training set {number}: the paper has {', '.join(map(str, MIXTURES))}.")
    shares = {name: size * count / PAPER_SIZE for name, count in MIXTURES[number].items()}
    result = {name: int(share) for name, share in shares.items()}
    by_remainder = sorted(shares, key=lambda name: shares[name] - int(shares[name]), reverse=True)
    for name in by_remainder[: size - sum(result.values())]:
        result[name] += 1
    return result


def draw(samples: Sequence[Sample], number: int, size: int, seed: int) -> Ints:
    """Indices of a training set's geometries, ascending. Where a molecule has too few, all it has are taken.

    Raises:
        InputError: no such set, or a molecule of it isn't in the data at all
    """
    random = np.random.default_rng([seed, 4])
    chosen = []
    for name, count in quotas(number, size).items():
        mine = np.array([index for index, sample in enumerate(samples) if sample.molecule == name])
        if count and not len(mine):
            raise InputError(f"Training set {number} needs labels of {name}, and the data has none.")
        chosen.append(random.permutation(mine)[:count])
    return np.sort(np.concatenate(chosen))


def composition(samples: Sequence[Sample], which: Ints) -> dict[str, int]:
    """How many of each molecule are among these."""
    return dict(Counter(samples[index].molecule for index in which))
