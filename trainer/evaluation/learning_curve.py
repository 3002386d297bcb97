"""How the errors fall with the number of geometries."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter

from atomtug.core.figures import save_figure
from atomtug.core.text import table
from atomtug.trainer.evaluation.scores import mean_and_spread
from atomtug.trainer.evaluation.table1 import TrainedSet


def _points(runs: Sequence[TrainedSet], name: str) -> list[tuple[int, float, float]]:
    """(size, mean, spread over seeds) of a score over all test trajectories."""
    result = []
    for size in sorted({sum(run.sizes.values()) for run in runs}):
        mine = [run for run in runs if sum(run.sizes.values()) == size]
        result.append((size, *mean_and_spread([float(np.mean(run.values(name))) for run in mine])))
    return result


def render_curve(runs: Sequence[TrainedSet]) -> str:
    """As a table."""
    energies, forces = _points(runs, "mae_kcal"), _points(runs, "force_mae_kcal_A")
    rows = [
        (str(size), f"{energy:.2f} ± {spread:.2f}", f"{force:.2f} ± {forces_spread:.2f}")
        for (size, energy, spread), (_, force, forces_spread) in zip(energies, forces, strict=True)
    ]
    return table(("geometries", "energy MAE (kcal/mol)", "forces MAE (kcal/mol/Å)"), rows)


def plot_curve(runs: Sequence[TrainedSet], target: Path) -> None:
    """As a picture, both axes logarithmic.

    Raises:
        InputError: the picture can't be written
    """
    figure = Figure(figsize=(5, 3.8), dpi=120, layout="constrained")
    panel = figure.subplots()
    for name, text in (("mae_kcal", "energy (kcal/mol)"), ("force_mae_kcal_A", "forces (kcal/mol/Å)")):
        sizes, means, spreads = zip(*_points(runs, name), strict=True)
        panel.errorbar(sizes, means, yerr=spreads, marker="o", markersize=4, capsize=3, label=text)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xticks(sizes, [str(size) for size in sizes])
    panel.xaxis.set_minor_locator(NullLocator())
    for formatter in (panel.yaxis.set_major_formatter, panel.yaxis.set_minor_formatter):
        formatter(StrMethodFormatter("{x:g}"))
    panel.set_xlabel(f"geometries in training set {runs[0].number}")
    panel.set_ylabel("MAE, held-out trajectories")
    panel.legend()
    save_figure(figure, target)
