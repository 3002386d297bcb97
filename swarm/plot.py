"""Drawing a swarm: its outcomes, the committor along the pull, and where the energy went."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atomtug.core.figures import ARRIVING, HELD, INK, LEAVING, QUIET, open_frame, save_figure
from atomtug.swarm.statistics import Fraction
from atomtug.swarm.summary import MoleculeEnergies, OutcomeSummary

MOST = 6
"""Outcomes that are drawn, the most frequent ones."""
WAYS = (("translation", ARRIVING), ("rotation", HELD), ("vibration", LEAVING))


def save_swarm_plot(
    title: str,
    outcomes: Sequence[OutcomeSummary],
    committors: Sequence[tuple[int, float, Fraction]],
    no_return: float | None,
    path: Path,
) -> None:
    """Draw a swarm into a PNG, PDF or SVG file, by its suffix.

    Args:
        title: written above
        outcomes: of the trajectories from one frame
        committors: frame, its time (ps) and the committor there; may be empty
        no_return: ps, the point of no return, if it is known
        path: the file

    Raises:
        InputError: the picture can't be written
    """
    # The energies of what formed, else of what there is.
    measured = sorted((each for each in outcomes if each.energies), key=lambda each: each.kind != "reacted")
    panels = 1 + bool(committors) + bool(measured)
    figure = Figure(figsize=(4.4 * panels, 3.4), dpi=160, layout="constrained", facecolor="white")
    axes = iter(figure.subplots(1, panels, squeeze=False)[0])
    figure.suptitle(title, x=0.012, ha="left", color=INK, fontsize=11, fontweight="bold")
    _draw_outcomes(next(axes), outcomes[:MOST])
    if committors:
        _draw_committors(next(axes), committors, no_return)
    if measured:
        _draw_energies(next(axes), measured[0].energies)
    save_figure(figure, path)


def _draw_outcomes(axes: Axes, outcomes: Sequence[OutcomeSummary]) -> None:
    values = [each.fraction.value for each in outcomes]
    low, high = np.array([each.fraction.interval for each in outcomes]).reshape(-1, 2).T
    places = range(len(outcomes))
    axes.barh(places, values, color=[ARRIVING if each.kind == "reacted" else QUIET for each in outcomes])
    errors = [np.maximum(values - low, 0.0), np.maximum(high - values, 0.0)]
    axes.errorbar(values, places, xerr=errors, fmt="none", ecolor=INK, capsize=2)
    names = [f"{each.molecules}\n({each.kind})" if each.molecules else each.kind for each in outcomes]
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("share of trajectories, 95 % interval")
    open_frame(axes)


def _draw_committors(
    axes: Axes, committors: Sequence[tuple[int, float, Fraction]], no_return: float | None
) -> None:
    known = [(time, each) for _, time, each in committors if each.total]
    times = np.array([1000.0 * time for time, _ in known])
    values = np.array([each.value for _, each in known])
    low, high = np.array([each.interval for _, each in known]).reshape(-1, 2).T
    axes.axhline(0.5, color=QUIET, linewidth=0.7, linestyle=(0, (2, 2)))
    errors = [np.maximum(values - low, 0.0), np.maximum(high - values, 0.0)]
    axes.errorbar(times, values, yerr=errors, color=ARRIVING, marker="o", markersize=4, capsize=2)
    if no_return is not None:
        axes.axvline(1000.0 * no_return, color=LEAVING, linewidth=0.9)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("time in the recording (fs)")
    axes.set_ylabel("committor")
    open_frame(axes)


def _draw_energies(axes: Axes, energies: Sequence[MoleculeEnergies]) -> None:
    left = np.zeros(len(energies))
    for name, color in WAYS:
        values = np.array([getattr(each, name).value for each in energies])
        axes.barh(range(len(energies)), values, left=left, color=color, label=name)
        left += values
    axes.set_yticks(range(len(energies)), [each.name for each in energies])
    axes.invert_yaxis()
    axes.set_xlabel("mean energy (kcal/mol)")
    axes.legend(frameon=False, fontsize=8)
    open_frame(axes)
