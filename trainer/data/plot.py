"""Drawing a data set: for each molecule its energies and the two distances that change most."""

from pathlib import Path

import numpy as np
from ase.data import covalent_radii
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.core.figures import ARRIVING, INK, LEAVING, QUIET, save_figure
from atomtug.core.systems import System
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.trainer.data.dataset import DataSet
from atomtug.trainer.data.molecule import Molecule

MOST = 8
"""Molecules drawn, at most."""
BONDED, APART = 1.25, 1.8
"""Two atoms react whose distance is below the first and elsewhere above the second, in sums of covalent radii."""
FARTHEST = 4.2
"""Angstrom; larger distances are not drawn."""


def save_plot(data: DataSet, path: Path) -> None:
    """Draw a data set into a PNG, PDF or SVG file, by its suffix.

    Raises:
        InputError: there is nothing to draw, or the picture can't be written
    """
    save_figure(draw(data), path)


def draw(data: DataSet) -> Figure:
    """The picture: a row for each molecule, with energies to the left and distances to the right.

    Raises:
        InputError: no geometry has an energy
    """
    labelled = [molecule for molecule in data if molecule.labelled.any()]
    if not labelled:
        raise InputError("None of its geometries has an energy: there is nothing to draw.")
    shown = labelled[:MOST]
    size = (10.0, 2.6 * len(shown) + 0.4)
    figure = Figure(figsize=size, dpi=120, layout="constrained", facecolor="white")
    if len(labelled) > MOST:
        figure.suptitle(f"{MOST} of {len(labelled)} molecules", ha="left", x=0.01, fontsize=10)
    for axes, molecule in zip(figure.subplots(len(shown), 2, squeeze=False), shown, strict=True):
        kept = molecule.subset(molecule.labelled)
        order = np.lexsort((kept.frame, kept.trajectory))
        _draw_energies(axes[0], kept.subset(order))
        _draw_distances(axes[1], kept.subset(order))
        for axis in axes:
            axis.set_xlabel("geometry")
            axis.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_energies(axis: Axes, molecule: Molecule) -> None:
    energies = (molecule.energies - molecule.energies.min()) * KCALMOL_PER_EV
    axis.plot(energies, ".", color=INK, markersize=3)
    odd = np.flatnonzero(~molecule.learnable)
    if len(odd):
        axis.plot(odd, energies[odd], "x", color=LEAVING, label="of another state")
        axis.legend(fontsize=8, frameon=False)
    axis.set_ylabel("energy (kcal/mol)")
    state = f"charge {molecule.charge}, multiplicity {molecule.multiplicity}"
    axis.set_title(f"{molecule.name}: {len(molecule)} labels, {state}", loc="left", fontsize=10)
    for start in np.flatnonzero(np.diff(molecule.trajectory)) + 0.5:
        axis.axvline(start, color=QUIET, linewidth=0.6, linestyle=":")


def _draw_distances(axis: Axes, molecule: Molecule) -> None:
    first = molecule.positions[0]
    names = System(molecule.name, molecule.numbers, first, molecule.charge, molecule.multiplicity).atom_labels
    for (i, j), color in zip(
        reacting_pairs(molecule.numbers, molecule.positions), (LEAVING, ARRIVING), strict=False
    ):
        distance = np.linalg.norm(molecule.positions[:, i] - molecule.positions[:, j], axis=1)
        axis.plot(distance, ".", color=color, markersize=3, label=f"{names[i]}\N{EN DASH}{names[j]}")
    axis.set_ylabel("distance (Å)")
    axis.set_ylim(0.4, FARTHEST)
    if axis.lines:
        axis.legend(fontsize=8, frameon=False)


def reacting_pairs(numbers: Ints, positions: Floats) -> list[tuple[int, int]]:
    """Two pairs of atoms that show what happens: bonded in some geometries and apart in others, else most varied.

    Args:
        numbers: (N,) atomic numbers
        positions: (n, N, 3) angstrom
    """
    i, j = np.triu_indices(len(numbers), k=1)
    if not len(i):
        return []
    sample = positions[:: max(1, len(positions) // 200)]
    sums = covalent_radii[numbers[i]] + covalent_radii[numbers[j]]
    ratio = np.linalg.norm(sample[:, i] - sample[:, j], axis=-1) / sums
    bonded = ratio < BONDED
    changes = bonded.any(axis=0) & (ratio > APART).any(axis=0)
    # The more evenly a pair is bonded and apart the more it tells; without such pairs, the bond that varies most.
    evenness = np.minimum(bonded.mean(axis=0), 1.0 - bonded.mean(axis=0))
    score = np.where(changes, 10.0 + evenness, np.where(bonded.any(axis=0), np.ptp(ratio, axis=0), -1.0))
    best = [int(pair) for pair in np.argsort(-score, kind="stable")[:2] if score[pair] >= 0.0]
    return [(int(i[pair]), int(j[pair])) for pair in best]
