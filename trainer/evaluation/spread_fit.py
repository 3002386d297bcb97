"""What a committee's spread has to be multiplied by, and what it never is below, to be the error that is expected."""

from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats

_HALVINGS = 40


class SpreadFit(NamedTuple):
    """An uncertainty ``sqrt((factor * spread)^2 + floor^2)``; the floor in the unit of the errors."""

    factor: float
    floor: float


def fit_spread(errors: Floats, spreads: Floats, share: float) -> SpreadFit:
    """The factor and the floor with which a share of the errors is within the uncertainty.

    The share holds over all and, where a floor can make it so, over the half with the smaller spreads. A few large
    errors that all members have in common move neither.

    Args:
        errors: (n,) sizes
        spreads: (n,) of the members, likewise, above 0
        share: of the errors, between 0 and 1
    """
    squares, low = errors**2, spreads <= np.median(spreads)

    def factor(floor: float) -> float:
        return float(np.sqrt(max(0.0, np.quantile((squares - floor**2) / spreads**2, share))))

    lowest, highest = 0.0, float(np.quantile(errors, share))
    for _ in range(_HALVINGS):
        floor = 0.5 * (lowest + highest)
        within = squares[low] <= (factor(floor) * spreads[low]) ** 2 + floor**2
        lowest, highest = (floor, highest) if np.mean(within) < share else (lowest, floor)
    return SpreadFit(factor(lowest), lowest)
