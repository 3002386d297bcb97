"""What a committee's disagreement tells of its error."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import KCALMOL_PER_EV, KJMOL_PER_EV

LIMITS = (4.2, 8.4, 16.8)
"""Uncertainty limits of a live engine that are compared, kJ/mol."""
CHEMICAL_ACCURACY = 1.0
"""The error that a limit should catch what is beyond it, kcal/mol."""


@dataclass(frozen=True)
class Calibration:
    """Whether a committee's spread tells its error, over all geometries.

    Args:
        rank_correlation: Spearman's, of spread and absolute error
        ratio: root mean square error over root mean square spread; above 1 the committee is too sure of itself
        bins: geometries in equal parts by spread: for each the mean spread and the root mean square error, kcal/mol
    """

    rank_correlation: float
    ratio: float
    bins: tuple[tuple[float, float], ...]

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        names = ("spread_kcal", "rmse_kcal")
        return {
            "rank_correlation": self.rank_correlation,
            "ratio": self.ratio,
            "bins": [dict(zip(names, each, strict=True)) for each in self.bins],
        }


def calibrate(spread: Floats, errors: Floats, parts: int = 5) -> Calibration | None:
    """From spreads and errors (n,), eV; None if there are too few or no committee."""
    from scipy.stats import spearmanr

    if len(spread) < 2 * parts or not np.ptp(spread) > 0:
        return None
    spread, errors = spread * KCALMOL_PER_EV, np.abs(errors) * KCALMOL_PER_EV
    order = np.argsort(spread, kind="stable")
    bins = tuple((float(spread[part].mean()), _rms(errors[part])) for part in np.array_split(order, parts))
    return Calibration(float(spearmanr(spread, errors).statistic), _rms(errors) / _rms(spread), bins)


@dataclass(frozen=True)
class Limit:
    """What an uncertainty limit of a live engine would do on labelled geometries; None where there are none such.

    Args:
        limit_kj: the limit, kJ/mol
        beyond: part of the geometries whose uncertainty is beyond it
        rmse_beyond_kcal: root mean square error of these, kcal/mol
        rmse_within_kcal: of the rest
        caught: part of the errors of more than 1 kcal/mol that are beyond it
    """

    limit_kj: float
    beyond: float
    rmse_beyond_kcal: float | None
    rmse_within_kcal: float | None
    caught: float | None

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it, without what is not known."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def try_limits(uncertainty: Floats, errors: Floats, limits: Sequence[float] = LIMITS) -> tuple[Limit, ...]:
    """From uncertainties as a live engine tells them and errors (n,), eV; none if there is no committee."""
    if not np.any(uncertainty > 0):
        return ()
    uncertainty, errors = uncertainty * KJMOL_PER_EV, np.abs(errors) * KCALMOL_PER_EV
    wrong = errors > CHEMICAL_ACCURACY

    def over(limit: float) -> Limit:
        beyond = uncertainty > limit
        return Limit(
            limit,
            float(np.mean(beyond)),
            _rms(errors[beyond]) if np.any(beyond) else None,
            _rms(errors[~beyond]) if not np.all(beyond) else None,
            float(np.mean(beyond[wrong])) if np.any(wrong) else None,
        )

    return tuple(over(limit) for limit in limits)


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))
