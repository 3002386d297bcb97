"""Labelled scans as they are trained on: in series of 15, of which bagging leaves some out, without very high ones.

python tools/sort_scans.py LABELS ... data/train-scans.h5
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from atomtug.core.units import KCALMOL_PER_EV
from atomtug.trainer import data as datasets
from atomtug.trainer.data import DataSet, Trajectory

SERIES = 15
"""Geometries in a series."""
HIGHEST = 200.0
"""kcal/mol above the lowest geometry of the same atoms; higher ones are left out."""


def sort(labels: DataSet, sorted_set: DataSet) -> None:
    """Add the labels to another set in shorter series, without failed and very high ones."""
    lowest: dict[bytes, float] = {}
    for molecule in labels:
        key = np.sort(molecule.numbers).tobytes()
        lowest[key] = min(lowest.get(key, np.inf), float(np.nanmin(molecule.energies)))
    for molecule in labels:
        above = molecule.energies - lowest[np.sort(molecule.numbers).tobytes()]
        kept = molecule.subset(molecule.learnable & (above < HIGHEST / KCALMOL_PER_EV))
        series = kept.frame // SERIES
        for number in np.unique(series):
            rows = kept.subset(series == number)
            old = labels.trajectories[int(rows.trajectory[0])]
            home = sorted_set.home(molecule.name, molecule.numbers, molecule.charge, molecule.multiplicity)
            name = f"{old.name}, {number + 1}"
            place = len(sorted_set.trajectories)
            sorted_set.add_trajectory(
                Trajectory(f"{old.key}-{number}", name, home, "", len(rows), {}, old.provenance)
            )
            sorted_set.extend(replace(rows, name=home, trajectory=np.full(len(rows), place)))


if __name__ == "__main__":
    *sources, target = map(Path, sys.argv[1:])
    read = [datasets.read(source) for source in sources]
    result = DataSet(theory=read[0].theory)
    for labelled in read:
        sort(labelled, result)
    datasets.write(result, target)
    print(f"{target}: {len(result)} labels in {len(result.trajectories)} series")
