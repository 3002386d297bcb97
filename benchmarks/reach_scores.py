"""What benchmarks/reach.py compares: an engine's energies and forces on labelled test sets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import EngineError
from atomtug.core.shipped import find_model
from atomtug.core.systems import System
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.potential import Evaluator, load_model
from atomtug.potential.force_spread import ForceSpread
from atomtug.server.engines import create_engine
from atomtug.trainer import data as datasets

HOLE, CEILING = 15.0, 150.0
"""kcal/mol: how far below the label a hole is, and how high the label may be there."""
BANDS = (60.0, 120.0)
"""kcal/mol above the lowest point."""
REFUSED = 500.0
"""kcal/mol, the error of a geometry for which the engine has no result."""


@dataclass(frozen=True)
class Judged:
    """An engine on the labelled geometries of one series; n geometries of N atoms.

    Args:
        name: of the series
        molecule: its name
        frame: (n,) place in the series
        labels: (n,) kcal/mol
        energies: (n,) kcal/mol, of the engine
        uncertainty: (n,) kcal/mol; NaN where the engine tells none
        force_errors: (n, N, 3) kcal/mol/angstrom
        force_uncertainty: (n, N) of the force on each atom, kcal/mol/angstrom
    """

    name: str
    molecule: str
    frame: Ints
    labels: Floats
    energies: Floats
    uncertainty: Floats
    force_errors: Floats
    force_uncertainty: Floats


def judge(named: str, path: Path) -> list[Judged]:
    """A model, by file or name, on all series of a data set; none where there is no such file."""
    if not path.exists():
        return []
    data = datasets.read(path)
    judged = []
    for molecule in data:
        rows = molecule.subset(molecule.with_forces & molecule.learnable)
        if not len(rows):
            continue
        system = System(
            molecule.name, rows.numbers, rows.positions[0], molecule.charge, molecule.multiplicity
        )
        engine, force_spread = create_engine(f"ann:{named}", system), spread_of_forces(named, rows.numbers)
        atoms = len(rows.numbers)
        energies, spread = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        forces, atomic = np.full((len(rows), atoms, 3), np.nan), np.full((len(rows), atoms), np.nan)
        for row, positions in enumerate(rows.positions):
            try:
                result = engine.evaluate(positions)
            except EngineError:
                continue
            energies[row], forces[row] = result.energy, result.forces
            if result.uncertainty is not None:
                spread[row], atomic[row] = result.uncertainty, force_spread(positions)
        for index in np.unique(rows.trajectory):
            here = np.flatnonzero(rows.trajectory == index)
            here = here[np.argsort(rows.frame[here])]
            judged.append(
                Judged(
                    data.trajectories[index].name,
                    molecule.name,
                    rows.frame[here],
                    rows.energies[here] * KCALMOL_PER_EV,
                    energies[here] * KCALMOL_PER_EV,
                    spread[here] * KCALMOL_PER_EV,
                    (forces[here] - rows.forces[here]) * KCALMOL_PER_EV,
                    atomic[here] * KCALMOL_PER_EV,
                )
            )
    return judged


def spread_of_forces(named: str, numbers: Ints) -> Callable[[Floats], Floats]:
    """A function from a geometry (N, 3) to the uncertainty (N,) of the force on each atom, eV/angstrom."""
    model = load_model(find_model(named))
    evaluator = Evaluator(model, numbers)
    if model.architecture.members < 2:
        return lambda positions: np.zeros(len(numbers))
    spread = ForceSpread(model, evaluator.forces_by)
    return lambda positions: spread.at(positions, evaluator.evaluate(positions).forces)


def surface_errors(series: Judged) -> tuple[Floats, Floats]:
    """(n,) errors, and heights above the lowest label; the offset is the median error up to the first band."""
    heights = series.labels - series.labels.min()
    off = series.energies - series.labels
    return _refused(off - np.nanmedian(off[heights <= BANDS[0]])), heights


def approach_errors(series: Judged) -> tuple[Floats, Floats]:
    """(n - 1,) errors and heights, both from the first, farthest point on."""
    off = series.energies - series.labels
    return _refused(off - off[0])[1:], (series.labels - series.labels[0])[1:]


def run_errors(series: Sequence[Judged], by_molecule: bool) -> list[Floats]:
    """Errors (n,) of each series, without the mean of the series, or the median over all of the same molecule."""
    off = [each.energies - each.labels for each in series]
    if not by_molecule:
        return [_refused(each - np.nanmean(each)) for each in off]
    offsets = {
        name: np.nanmedian(
            np.concatenate([o for o, each in zip(off, series, strict=True) if each.molecule == name])
        )
        for name in {each.molecule for each in series}
    }
    return [_refused(o - offsets[each.molecule]) for o, each in zip(off, series, strict=True)]


def _refused(errors: Floats) -> Floats:
    """A geometry without a result counts as far off."""
    return np.where(np.isfinite(errors), errors, -REFUSED)


def mean_size(errors: Sequence[Floats]) -> float | None:
    """The mean absolute error of all; None where there is none."""
    values = np.concatenate([np.ravel(each) for each in errors]) if errors else np.empty(0)
    values = values[np.isfinite(values)]
    return float(np.mean(np.abs(values))) if values.size else None


def reliability(spread: Floats, errors: Floats, parts: int = 5) -> dict[str, object]:
    """Root mean square error over that of the spread, over all and in each fifth by spread; rank correlation."""
    from scipy.stats import spearmanr

    known = np.isfinite(spread) & np.isfinite(errors)
    spread, errors = spread[known], np.abs(errors[known])
    if len(spread) < 2 * parts or not np.ptp(spread) > 0:
        return {"ratio": None, "rank": None, "fifths": None}

    def ratio(which: Ints) -> float:
        return float(np.sqrt(np.mean(errors[which] ** 2) / np.mean(spread[which] ** 2)))

    order = np.argsort(spread, kind="stable")
    return {
        "ratio": ratio(order),
        "rank": float(spearmanr(spread, errors).statistic),
        "fifths": [ratio(part) for part in np.array_split(order, parts)],
    }
