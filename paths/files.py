"""A path as extended XYZ, for ASE, OVITO and the rest."""

from pathlib import Path
from typing import Any

import ase
import ase.io
import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator

from atomtug.core.errors import InputError
from atomtug.core.files import replacing
from atomtug.core.systems import System
from atomtug.core.units import KJMOL_PER_EV
from atomtug.paths.result import ReactionPath
from atomtug.paths.surface import PathPoint


def write_path(path: ReactionPath, folder: Path) -> list[str]:
    """Write ``path.extxyz`` and, where there is one, ``saddle.extxyz`` with the imaginary mode; returns their names.

    Raises:
        InputError: the files can't be written
    """
    images = []
    for place, (point, length) in enumerate(zip(path.points, path.lengths, strict=True)):
        image = _as_atoms(path.system, point)
        image.info |= {"path_length": float(length), "saddle": place == path.place, "engine": path.engine}
        images.append(image)
    files = {"path.extxyz": images}
    if path.saddle is not None:
        saddle = _as_atoms(path.system, path.saddle.point)
        saddle.info |= {"wavenumbers": np.round(path.saddle.modes.wavenumbers, 1), "engine": path.engine}
        # The atoms' displacements, not mass-weighted, the largest component 1.
        motion = path.saddle.modes.vectors[0] / np.sqrt(path.system.masses)[:, None]
        saddle.set_array("mode", motion / np.abs(motion).max())
        files["saddle.extxyz"] = [saddle]
    for name, atoms in files.items():
        try:
            with replacing(folder / name) as draft:
                ase.io.write(draft, atoms, format="extxyz")
        except OSError as error:
            raise InputError(f"{folder / name} can't be written: {error.strerror or error}.") from error
    return list(files)


def _as_atoms(system: System, point: PathPoint) -> Any:
    make_atoms: Any = ase.Atoms
    atoms = make_atoms(system.numbers, point.positions)
    keep: Any = SinglePointCalculator
    atoms.calc = keep(atoms, energy=point.energy, forces=point.forces)
    atoms.info = {"charge": system.charge, "multiplicity": system.multiplicity}
    if point.uncertainty is not None:
        atoms.info["uncertainty_kjmol"] = point.uncertainty * KJMOL_PER_EV
    return atoms
