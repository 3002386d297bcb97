"""Drawing a recording: its energy, and the two distances that show a reaction."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase.data import covalent_radii
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from atomtug.core.arrays import Floats
from atomtug.core.errors import RecordingError
from atomtug.core.figures import ARRIVING, HELD, INK, LEAVING, QUIET, save_figure
from atomtug.core.systems.fragments import HYDROGEN
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.recordings.pulls import RecordedPull, find_pulls
from atomtug.recordings.reactions import (
    Pair,
    as_set,
    bond_changes,
    bond_name,
    elapsed_ps,
    find_transfer,
    products,
)
from atomtug.recordings.reader import Recording
from atomtug.recordings.summary import state_changes

STATE = "#cc79a7"
"""A line where the engine went over to another electronic state."""
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SMOOTHING = 0.025
"""ps; two C-H vibrations or so"""
FARTHEST = 4.2
"""angstrom; larger distances are not drawn, as the two atoms have separated"""


@dataclass(frozen=True)
class Trace:
    """A distance to be drawn.

    Args:
        pair: indices of its atoms
        label: its name
        color: color of the line
    """

    pair: Pair
    label: str
    color: str


def save_plot(recording: Recording, path: Path) -> None:
    """Draw a recording into a PNG, PDF or SVG file, by its suffix.

    Raises:
        RecordingError: there is nothing to draw
        InputError: the picture can't be written
    """
    save_figure(draw(recording), path)


def draw(recording: Recording) -> Figure:
    """The picture: energy above, distances below, shaded where a hand pulled.

    Raises:
        RecordingError: the recording has no frames
    """
    if not len(recording):
        raise RecordingError(f"{recording.path} has no frames yet: there is nothing to draw.")
    times = elapsed_ps(recording)
    in_fs = times[-1] < 2.0
    scale = 1000.0 if in_fs else 1.0
    traces = choose_traces(recording)

    figure = Figure(figsize=(8.0, 5.2 if traces else 3.4), dpi=160, layout="constrained", facecolor="white")
    rows = 2 if traces else 1
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    figure.suptitle(_title(recording), x=0.012, ha="left", color=INK, fontsize=13, fontweight="bold")
    figure.text(0.988, 0.985, _level(recording), ha="right", va="top", color=QUIET, fontsize=11)
    for axis in axes:
        _style(axis)
    _draw_energy(axes[0], recording, times, scale)
    if traces:
        _draw_distances(axes[1], recording, times * scale, traces)
    for state_change in state_changes(recording):
        axes[0].axvline(state_change.time_ps * scale, color=STATE, linewidth=0.9, zorder=1)
    changes = [change.time_ps * scale for change in bond_changes(recording)]
    for axis in axes:
        for when in changes[:8]:
            axis.axvline(when, color=QUIET, linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
    _shade_pulls(axes[0], list(axes), find_pulls(recording), scale)
    axes[-1].set_xlabel("time (fs)" if in_fs else "time (ps)")
    axes[-1].set_xlim(0.0, max(times[-1] * scale, 1e-6))
    figure.align_ylabels()
    return figure


def choose_traces(recording: Recording) -> list[Trace]:
    """The distances that show what happened.

    Where an atom moved: its distances to the old and the new partner. Otherwise the closest approach of two
    fragments, and the bond next to it. In a single fragment, the bond that stretched most.
    """
    system, bonds = recording.system, as_set(recording.bonds(0))
    transfer = find_transfer(recording)
    if transfer is None:
        transfer_pairs = _nearest_approach(recording, bonds)
    else:
        transfer_pairs = (_pair(transfer.donor, transfer.atom), _pair(transfer.acceptor, transfer.atom))
    return [
        Trace(pair, bond_name(system, pair), color)
        for pair, color in zip(transfer_pairs, (LEAVING, ARRIVING), strict=True)
        if pair is not None
    ]


def _nearest_approach(recording: Recording, bonds: set[Pair]) -> tuple[Pair | None, Pair | None]:
    system = recording.system
    home = {atom: number for number, part in enumerate(system.residues) for atom in part}
    apart = [(i, j) for i in home for j in home if i < j and home[i] != home[j]]
    if not apart:
        stretched = max(bonds, key=lambda pair: float(distance(recording, pair).max()), default=None)
        return stretched, None
    radii = covalent_radii[system.numbers]
    # Some frames suffice to find the closest approach; all pairs over all frames would be slow.
    sample = recording.positions[:: max(len(recording) // 200, 1)]

    def gap(pair: Pair) -> float:
        i, j = pair
        return float(np.linalg.norm(sample[:, i] - sample[:, j], axis=-1).min() - radii[i] - radii[j])

    nearest = min(apart, key=gap)
    hydrogens = [atom for atom in nearest if system.numbers[atom] == HYDROGEN] or [nearest[0]]
    held = [pair for pair in sorted(bonds) if hydrogens[0] in pair]
    return (held[0] if held else None), nearest


def distance(recording: Recording, pair: Pair) -> Floats:
    """(F,) the distance of two atoms, angstrom."""
    i, j = pair
    positions = recording.positions
    return np.asarray(np.linalg.norm(positions[:, i] - positions[:, j], axis=-1))


def _pair(i: int, j: int) -> Pair:
    return (min(i, j), max(i, j))


def _title(recording: Recording) -> str:
    system = recording.system
    begin, end = products(system, recording.bonds(0)), products(system, recording.bonds(-1))
    same = sorted(begin.split(" + ")) == sorted(end.split(" + "))
    return (begin if same else f"{begin}  →  {end}").translate(_SUBSCRIPTS)


def _level(recording: Recording) -> str:
    return ", then ".join(name.upper() if name.isalnum() else name for name in recording.engines)


def _style(axis: Axes) -> None:
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color(QUIET)
    axis.tick_params(colors=INK, labelsize=9, length=3, width=0.7)
    axis.yaxis.label.set_color(INK)
    axis.xaxis.label.set_color(INK)
    axis.grid(axis="y", color="#e6e9ec", linewidth=0.7)
    axis.set_axisbelow(True)


def _draw_energy(axis: Axes, recording: Recording, times: Floats, scale: float) -> None:
    energy = (recording.energies - recording.energies[0]) * KCALMOL_PER_EV
    axis.axhline(0.0, color=QUIET, linewidth=0.7)
    axis.plot(times * scale, energy, color=INK, linewidth=0.8, alpha=0.45)
    axis.plot(times * scale, smoothed(times, energy), color=INK, linewidth=1.8)
    axis.set_ylabel("potential energy (kcal/mol)")
    axis.text(
        1.0,
        1.02,
        f"thick: mean over {1000 * SMOOTHING:.0f} fs",
        transform=axis.transAxes,
        ha="right",
        color=QUIET,
        fontsize=8.5,
    )


def smoothed(times: Floats, values: Floats) -> Floats:
    """(F,) means over :data:`SMOOTHING` ps around each frame, so that vibrations don't hide the reaction."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    begin = np.searchsorted(times, times - SMOOTHING / 2, side="left")
    end = np.searchsorted(times, times + SMOOTHING / 2, side="right")
    return np.asarray((sums[end] - sums[begin]) / (end - begin))


def _draw_distances(axis: Axes, recording: Recording, x: Floats, traces: list[Trace]) -> None:
    for trace in traces:
        values = distance(recording, trace.pair)
        seen = values <= FARTHEST
        axis.plot(x, values, color=trace.color, linewidth=1.8, zorder=3)
        # The name is at the line's start, on the side away from the other line.
        place = int(np.argmax(seen))
        others = [distance(recording, other.pair)[place] for other in traces if other is not trace]
        above = all(values[place] >= other for other in others)
        axis.annotate(
            trace.label.replace("-", "–"),
            (x[place], values[place]),
            xytext=(6, 9 if above else -9),
            textcoords="offset points",
            color=trace.color,
            fontsize=10,
            fontweight="bold",
            va="bottom" if above else "top",
            zorder=4,
        )
    axis.set_ylabel("distance (Å)")
    axis.set_ylim(0.4, FARTHEST)
    axis.yaxis.set_major_locator(MultipleLocator(1.0))


def _shade_pulls(top: Axes, axes: list[Axes], pulls: list[RecordedPull], scale: float) -> None:
    spans: list[list[float]] = []
    for pull in pulls:  # ordered by when they began; hands that pull together share one shade
        if spans and pull.start_ps <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], pull.end_ps)
        else:
            spans.append([pull.start_ps, pull.end_ps])
    for start, end in spans:
        for axis in axes:
            axis.axvspan(start * scale, end * scale, color=HELD, alpha=0.2, linewidth=0, zorder=0)
    if not spans:
        return
    start, end = max(spans, key=lambda span: span[1] - span[0])
    names = list(
        dict.fromkeys(name for pull in pulls if start <= pull.start_ps <= end for name in pull.names)
    )
    held = ", ".join(names[:4]) + (" ..." if len(names) > 4 else "")
    hands = len({pull.key for pull in pulls if start <= pull.start_ps <= end})
    top.annotate(
        f"{'a hand' if hands == 1 else f'{hands} hands'} on {held}",
        ((start + end) / 2 * scale, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color="#a67c00",
        fontsize=9,
    )
