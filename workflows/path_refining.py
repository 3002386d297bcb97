"""The images of a path labelled by density functional theory: how good the engine was on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.paths.result import ReactionPath
from atomtug.trainer import data as datasets
from atomtug.trainer.dft.theory import Theory
from atomtug.workflows.geometries import write_geometries
from atomtug.workflows.labelling import FinishedLabel, Labelling, PlannedLabels, label

SAME = 1e-6
"""angstrom; geometries that differ by less are the same."""


@dataclass(frozen=True)
class RefinedPath:
    """Energies of a path's images at another level, at the same geometries.

    Args:
        path: the path
        theory: the level
        totals: (K,) eV; NaN where a label failed or is not made yet
        labelling: what became of the labels
    """

    path: ReactionPath
    theory: Theory
    totals: Floats
    labelling: Labelling

    @property
    def energies(self) -> Floats:
        """(K,) kcal/mol above the path's first image."""
        return np.asarray((self.totals - self.totals[0]) * KCALMOL_PER_EV)

    @property
    def differences(self) -> Floats:
        """(K,) kcal/mol by which the engine is above this level, both counted from the path's first image."""
        ours = self.path.energies
        return np.asarray(ours - ours[0] - self.energies)

    def as_dict(self) -> dict[str, Any]:
        """As strict JSON has it; energies in kcal/mol, null where unknown."""
        known = np.isfinite(self.energies)
        place = self.path.place
        return {
            "theory": str(self.theory),
            "data": str(self.labelling.path),
            "labelled": int(np.isfinite(self.totals).sum()),
            "energies": _plain(self.energies),
            "saddle": None if place is None else _plain(self.energies)[place],
            "largest_difference": float(np.abs(self.differences[known]).max()) if known.any() else None,
        }


def refine_path(
    path: ReactionPath,
    out: Path,
    data: Path,
    theory: Theory | None = None,
    *,
    workers: int | None = None,
    on_plan: Callable[[PlannedLabels], object] = lambda _: None,
    on_label: Callable[[FinishedLabel], object] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> RefinedPath:
    """Label the images of a path and add them to a data set. Called again, it goes on where it was.

    Args:
        path: what was found
        out: folder for the images as a data set without labels
        data: the data set; made if it is not there
        theory: what to compute, PBE/def2-TZVP by default
        workers: processes; None for one a core, fewer for what would not fit in memory
        on_plan: called before the first label
        on_label: called after each
        stopped: asked often; when true, no more is started

    Raises:
        InputError: the data set is of another theory, the theory can't be computed, or PySCF is not installed
    """
    theory = theory or Theory()
    positions = np.array([point.positions for point in path.points])
    images = out / "images.h5"
    write_geometries(
        path.system, positions, images, {"source": "the images of a path", "engine": path.engine}
    )
    labelling = label(
        [images], data, theory=theory, workers=workers, on_plan=on_plan, on_label=on_label, stopped=stopped
    )
    return RefinedPath(path, theory, _find_labels(data, path, positions), labelling)


def _find_labels(data: Path, path: ReactionPath, positions: Floats) -> Floats:
    """(K,) eV of geometries (K, N, 3) in a data set; NaN where they have no label."""
    system, found = path.system, np.full(len(positions), np.nan)
    for molecule in datasets.read(data):
        if not molecule.same_atoms(system.numbers, system.charge, system.multiplicity):
            continue
        rows = molecule.subset(molecule.labelled)
        for place, geometry in enumerate(positions):
            same = np.flatnonzero(np.abs(rows.positions - geometry).max(axis=(1, 2), initial=0.0) < SAME)
            if len(same):
                found[place] = rows.energies[same[-1]]
    return found


def _plain(values: Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
