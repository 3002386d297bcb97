"""Held-out trajectories. Frames of one trajectory are nearly alike, so they are never split."""

from collections.abc import Iterator, Sequence

import numpy as np

from atomtug.core.arrays import Ints
from atomtug.core.errors import InputError
from atomtug.trainer.fit.samples import Sample

FEWEST = 3
"""Geometries that a network needs at least to learn from."""


class NothingToHoldOut(InputError):
    """No trajectory can be held out to judge by."""


def groups(samples: Sequence[Sample]) -> Ints:
    """(n,) a number for each sample's trajectory, counted as they first appear."""
    seen: dict[tuple[str, str], int] = {}
    return np.array([seen.setdefault((each.molecule, each.trajectory), len(seen)) for each in samples])


def hold_out(samples: Sequence[Sample], share: float, seed: int) -> tuple[Ints, Ints]:
    """Indices to train on and to judge by: about ``share`` of each molecule's geometries, in whole trajectories.

    A molecule with one trajectory is all trained on, and so is a trajectory with a single geometry, whose energy has
    nothing to be compared with, or with more than half of its molecule's geometries. With a share of 0 nothing is
    held out.

    Raises:
        NothingToHoldOut: there is a share to hold out but no trajectory that can be
        InputError: too few geometries are left to learn from
    """
    of_sample = groups(samples)
    sizes = np.bincount(of_sample)
    random = np.random.default_rng([seed, 1])
    held: set[int] = set()
    for molecule in dict.fromkeys(sample.molecule for sample in samples):
        mine = np.array([sample.molecule == molecule for sample in samples])
        trajectories = random.permutation(np.unique(of_sample[mine]))
        wanted, got = share * mine.sum(), 0
        if share == 0 or len(trajectories) < 2:
            continue
        # Smaller ones first among the shuffled, as long as they bring the total nearer to what is wanted.
        for number in trajectories:
            size = int(sizes[number])
            if size < 2 or got + size > 0.5 * mine.sum():
                continue
            if got == 0 or abs(got + size - wanted) < abs(got - wanted):
                held.add(int(number))
                got += size
            if got >= wanted:
                break
    if share and not held:
        raise NothingToHoldOut(
            "No molecule has a trajectory that can be held out to judge by: one of two or more, with two geometries "
            "or more and at most half of the molecule's: use --validation 0, or more data."
        )
    judged = np.isin(of_sample, sorted(held))
    left = int(np.sum(~judged))
    if left < FEWEST:
        raise InputError(
            f"{left} of {len(samples)} geometries would be left to learn from, and at least {FEWEST} are needed: "
            f"label more{', or use --validation 0' if len(samples) >= FEWEST else ''}."
        )
    return np.flatnonzero(~judged), np.flatnonzero(judged)


def folds(samples: Sequence[Sample], count: int, seed: int) -> Iterator[tuple[Ints, Ints]]:
    """``count`` times indices to train on and to judge by; each trajectory is judged by once.

    Raises:
        InputError: fewer trajectories than folds
    """
    of_sample = groups(samples)
    total = int(of_sample.max()) + 1
    if total < count:
        raise InputError(
            f"{total} trajectories can't be split into {count} folds: use fewer folds or more data."
        )
    sizes = np.bincount(of_sample)
    random = np.random.default_rng([seed, 2])
    order = sorted(random.permutation(total), key=lambda number: -sizes[number])
    fold, filled = np.zeros(total, np.int64), np.zeros(count)
    for number in order:  # the largest first, each to the fold that has least
        fold[number] = int(np.argmin(filled))
        filled[fold[number]] += sizes[number]
    for number in range(count):
        judged = fold[of_sample] == number
        yield np.flatnonzero(~judged), np.flatnonzero(judged)
