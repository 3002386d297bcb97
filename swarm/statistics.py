"""Fractions, committors and means with their errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TWO_SIDED_95 = 1.959964
"""Standard deviations of a normal distribution that hold 95 % of it."""


@dataclass(frozen=True)
class Fraction:
    """A share of trajectories, with its 95 % interval.

    Args:
        count: how many
        total: of how many
    """

    count: int
    total: int

    @property
    def value(self) -> float:
        """The share; NaN of none."""
        return self.count / self.total if self.total else float("nan")

    @property
    def error(self) -> float:
        """The standard error, from Wilson's interval for one standard deviation, so that it is never 0."""
        low, high = self._interval(1.0)
        return (high - low) / 2

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval: Wilson, J. Am. Stat. Assoc. 22, 209 (1927)."""
        return self._interval(TWO_SIDED_95)

    def as_dict(self) -> dict[str, float | int | None]:
        """As plain JSON; the value of none is null."""
        low, high = self.interval
        value = self.value if self.total else None
        return {"count": self.count, "of": self.total, "value": value, "low": low, "high": high}

    def _interval(self, z: float) -> tuple[float, float]:
        if not self.total:
            return 0.0, 1.0
        n, p = self.total, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Mean:
    """A mean over trajectories and its standard error; None of a single one."""

    value: float
    error: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Mean":
        """Of at least one value."""
        error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
        return cls(float(np.mean(values)), error)


def point_of_no_return(times: Sequence[float], committors: Sequence[Fraction]) -> float | None:
    """When the committor passes 1/2 for good, by linear interpolation; None if it does not.

    Args:
        times: ascending, of each
        committors: those of no trajectories are left out
    """
    known = [(when, each.value) for when, each in zip(times, committors, strict=True) if each.total]
    below = [place for place, (_, value) in enumerate(known) if value < 0.5]
    if not known or len(below) == len(known) or not below or below[-1] == len(known) - 1:
        return None
    (before, low), (after, high) = known[below[-1]], known[below[-1] + 1]
    return before + (after - before) * (0.5 - low) / (high - low)


def surely_committed(times: Sequence[float], committors: Sequence[Fraction]) -> float | None:
    """The first time from which on every committor's 95 % interval is above 1/2; None if there is none.

    Args:
        times: ascending, of each
        committors: of no trajectories have the interval from 0 to 1
    """
    unsure = [place for place, each in enumerate(committors) if each.interval[0] <= 0.5]
    first = unsure[-1] + 1 if unsure else 0
    return times[first] if first < len(times) else None
