"""How far predictions are from labels, in the paper's measures."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from atomtug.core.arrays import Floats
from atomtug.core.units import KCALMOL_PER_EV


@dataclass(frozen=True)
class Scores:
    """Of one method on n geometries; None where there is nothing to compare.

    Args:
        mae_kcal: mean absolute error of the energy, its constant offset removed, kcal/mol
        sd_kcal: standard deviation of the absolute errors
        rmse_kcal: root of their mean square
        r2: coefficient of determination (scikit-learn's ``r2_score``)
        worst_kcal: the largest absolute error of an energy, kcal/mol
        force_mae_kcal_A: mean absolute error of the forces' components, kcal/mol/angstrom
        force_rmse_kcal_A: root mean square likewise
    """

    mae_kcal: float
    sd_kcal: float
    rmse_kcal: float
    r2: float | None
    worst_kcal: float
    force_mae_kcal_A: float | None = None
    force_rmse_kcal_A: float | None = None

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it, without what is not known."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def without_offset(energies: Floats, reference: Floats) -> Floats:
    """Energies (n,) shifted by the constant that brings them nearest to ``reference`` in least squares."""
    return np.asarray(energies - np.mean(energies - reference))


def score(energies: Floats, reference: Floats, force_errors: Floats | None = None) -> Scores:
    """Of energies (n,) whose offsets are removed already, and errors of force components; eV, angstrom."""
    errors = np.abs(energies - reference) * KCALMOL_PER_EV
    spread_of_reference = len(reference) > 1 and np.ptp(reference) > 0
    sizes = np.empty(0) if force_errors is None else np.abs(force_errors) * KCALMOL_PER_EV
    with_forces = sizes.size > 0
    return Scores(
        mae_kcal=float(errors.mean()),
        sd_kcal=float(errors.std()),
        rmse_kcal=float(np.sqrt(np.mean(errors**2))),
        r2=float(r2_score(reference, energies)) if spread_of_reference else None,
        worst_kcal=float(errors.max()),
        force_mae_kcal_A=float(sizes.mean()) if with_forces else None,
        force_rmse_kcal_A=float(np.sqrt(np.mean(sizes**2))) if with_forces else None,
    )


def mean_and_spread(values: list[float]) -> tuple[float, float]:
    """Mean and standard deviation of a sample (0 for a single value)."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def plain(scores: Mapping[str, Scores]) -> dict[str, Any]:
    """Scores of several methods, as JSON can hold them."""
    return {name: each.to_plain() for name, each in scores.items()}
