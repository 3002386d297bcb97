"""Drawing a path: the energy along it, and the geometry of its saddle."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ase.data import covalent_radii
from ase.data.colors import jmol_colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from atomtug.core.arrays import Floats
from atomtug.core.figures import ARRIVING, INK, LEAVING, QUIET, open_frame, save_figure
from atomtug.core.systems import System
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.paths.profile import curve_through
from atomtug.paths.result import ReactionPath
from atomtug.paths.scan import ReactionCoordinate
from atomtug.recordings.reactions import Pair, as_set

BALL = 0.55
"""Of the covalent radius."""
MOVES = 0.25
"""Of the largest displacement of an atom in the imaginary mode, from which on an arrow is drawn."""
ARROW = 0.9
"""angstrom, the longest."""


def save_path_plot(path: ReactionPath, file: Path, refined: tuple[str, Floats] | None = None) -> None:
    """Draw a path into a PNG, PDF or SVG file, by its suffix.

    Args:
        path: what was found
        file: the picture
        refined: name of a level of theory, and its energies (K,) kcal/mol above the path's first point, NaN where
            unknown

    Raises:
        InputError: the picture can't be written
    """
    figure = Figure(figsize=(9.6, 4.0), dpi=160, layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1.0))
    title = f"{path.reaction.reactants}  →  {path.reaction.products}, {path.engine}"
    figure.suptitle(title, x=0.012, ha="left", color=INK, fontsize=12, fontweight="bold")
    _draw_energies(left, path, refined)
    _draw_geometry(right, path)
    save_figure(figure, file)


def _draw_energies(axes: Axes, path: ReactionPath, refined: tuple[str, Floats] | None) -> None:
    curve, lengths, energies = curve_through(path.points), path.lengths, path.energies
    axes.axhline(0.0, color=QUIET, linewidth=0.7, linestyle=(0, (2, 2)))
    axes.plot(curve.places, (curve.energies - path.zero) * KCALMOL_PER_EV, color=ARRIVING, linewidth=1.6)
    axes.plot(lengths, energies, "o", color=ARRIVING, markersize=3.5, label=path.engine)
    if refined is not None:
        axes.plot(lengths, refined[1] + energies[0], "x", color=LEAVING, markersize=5, label=refined[0])
        axes.legend(frameon=False, fontsize=8)
    edge = 0.06 * lengths[-1]
    levels = [(lengths[0] - 2 * edge, path.reactants), (lengths[-1] + 2 * edge, path.products)]
    for place, apart in levels:
        if apart is None:
            continue
        height = (apart.energy - path.zero) * KCALMOL_PER_EV
        axes.plot([place - edge, place + edge], [height] * 2, color=INK, linewidth=2.0)
        axes.annotate(
            f"{height:.1f}",
            (place, height),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    if path.place is not None:
        axes.plot(lengths[path.place], energies[path.place], "o", color=LEAVING, markersize=6)
        axes.annotate(
            f"{energies[path.place]:.1f}", (lengths[path.place], energies[path.place]), xytext=(0, 6),
            textcoords="offset points", ha="center", color=LEAVING, fontsize=9,
        )  # fmt: skip
    axes.margins(y=0.12)
    axes.set_xlabel("length of the path (Å); bars: molecules far apart")
    axes.set_ylabel("energy (kcal/mol)")
    open_frame(axes)


def _draw_geometry(axes: Axes, path: ReactionPath) -> None:
    """The saddle, or else where the bonds change."""
    numbers, pairs = path.system.numbers, path.reaction.pairs
    if path.saddle is not None:
        positions = path.saddle.point.positions
        motion = path.saddle.modes.vectors[0] / np.sqrt(path.system.masses)[:, None]
        said = "saddle" if path.verdict == "saddle" else "stationary point"
        title = (
            f"{said}, {abs(path.saddle.modes.wavenumbers[0]):.0f}i 1/cm" if path.saddle.imaginary else said
        )
    else:
        coordinate = ReactionCoordinate(numbers, path.reaction.formed, path.reaction.broken)
        positions = min(
            (each.positions for each in path.points), key=lambda each: abs(coordinate.value(each))
        )
        motion, title = None, "where the bonds change"
    view = seen_from(positions, pairs)
    flat = (positions - positions.mean(axis=0)) @ view.T
    _draw_bonds(axes, path.system, positions, flat, pairs)
    radii = BALL * covalent_radii[numbers]
    for atom in np.argsort(flat[:, 2]):
        axes.add_patch(
            Circle(
                flat[atom, :2], radii[atom], facecolor=jmol_colors[numbers[atom]], edgecolor=INK, linewidth=0.8,
                zorder=10 + flat[atom, 2],
            )
        )  # fmt: skip
    if motion is not None:
        _draw_motion(axes, flat, motion @ view.T)
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.margins(0.12)
    axes.set_axis_off()
    axes.set_title(title, fontsize=10, color=INK)


def _draw_bonds(axes: Axes, system: System, positions: Floats, flat: Floats, pairs: Sequence[Pair]) -> None:
    changing = set(pairs)
    for i, j in as_set(perceive_bonds(system.numbers, positions)) - changing:
        depth = 10 + min(flat[i, 2], flat[j, 2]) - 0.01
        axes.plot(*flat[[i, j], :2].T, color=QUIET, linewidth=4, solid_capstyle="round", zorder=depth)
    for i, j in changing:
        axes.plot(*flat[[i, j], :2].T, color=INK, linewidth=1.6, linestyle=(0, (2, 2)), zorder=9)
        across = np.array([-1.0, 1.0]) * (flat[j, :2] - flat[i, :2])[::-1]
        across /= max(float(np.linalg.norm(across)), 1e-9)
        across *= 1.0 if across[1] >= 0 else -1.0
        text = f"{np.linalg.norm(positions[i] - positions[j]):.2f} Å"
        x, y = flat[[i, j], :2].mean(axis=0) + 0.5 * across
        axes.text(x, y, text, ha="center", va="center", fontsize=8.5, color=INK, zorder=40)


def _draw_motion(axes: Axes, flat: Floats, motion: Floats) -> None:
    sizes = np.linalg.norm(motion, axis=1)
    for atom in np.flatnonzero(sizes > MOVES * sizes.max()):
        (x, y), (right, up) = flat[atom, :2], ARROW * motion[atom, :2] / sizes.max()
        axes.annotate(
            "", (x + right, y + up), (x, y), zorder=30,
            arrowprops={"arrowstyle": "-|>", "color": LEAVING, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip


def seen_from(positions: Floats, pairs: Sequence[Pair]) -> Floats:
    """(3, 3) rows: right, up and towards the eye, such that the changing bonds lie to the right and the most is seen.

    Args:
        positions: (N, 3) angstrom
        pairs: of atoms whose bonds change
    """
    atoms = sorted({atom for pair in pairs for atom in pair})
    _, _, along = np.linalg.svd(positions[atoms] - positions[atoms].mean(axis=0))
    right = along[0]
    rest = positions - positions.mean(axis=0)
    rest = rest - np.outer(rest @ right, right)
    _, _, wide = np.linalg.svd(rest)
    up = wide[0] - (wide[0] @ right) * right
    size = float(np.linalg.norm(up))
    up = up / size if size > 1e-6 else np.linalg.svd(right[None])[2][1]
    return np.array([right, up, np.cross(right, up)])
