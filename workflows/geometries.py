"""Bare geometries as a data set, for ``atomtug label``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.systems import System
from atomtug.trainer import data as datasets
from atomtug.trainer.data import DataSet, Molecule, Trajectory


def write_geometries(system: System, positions: Floats, path: Path, notes: Mapping[str, Any]) -> None:
    """Write geometries as a data set without energies, to be labelled.

    Args:
        system: the atoms, their charge and multiplicity
        positions: (F, N, 3) angstrom
        path: of the new data set
        notes: where they are from, as plain JSON
    """
    data, count = DataSet(), len(positions)
    home = data.home(system.name, system.numbers, system.charge, system.multiplicity)
    data.add_trajectory(Trajectory(path.stem, path.stem, home, path.name, count, {}, dict(notes)))
    data.extend(
        Molecule.build(
            home,
            system.numbers,
            system.charge,
            system.multiplicity,
            positions=positions,
            trajectory=np.zeros(count, dtype=np.int64),
            frame=np.arange(count),
        )
    )
    datasets.write(data, path)
