"""Folders of DeePMD-kit: ``type.raw``, ``type_map.raw`` and ``set.*/coord.npy``; eV and angstrom."""

from pathlib import Path

import numpy as np

from atomtug.core.errors import InputError
from atomtug.core.systems.elements import read_label
from atomtug.trainer.exchange.imported import Imported, ImportedGeometry
from atomtug.trainer.exchange.names import molecule_name


def read_deepmd(path: Path) -> Imported:
    """The geometries of one system's folder.

    Raises:
        InputError: it is no such folder, is periodic, or its arrays don't fit each other
    """
    sets = sorted(path.glob("set.*"))
    if not (path / "type.raw").is_file() or not sets:
        raise InputError(f"{path} is a folder, but not one of DeePMD-kit (type.raw, set.*): name a file.")
    if not (path / "nopbc").is_file() and any((part / "box.npy").is_file() for part in sets):
        raise InputError(
            f"{path} is periodic, and only molecules without a cell can be learned from: "
            f"put a file called nopbc in it if its molecules are whole."
        )
    try:
        names = (path / "type_map.raw").read_text(encoding="utf-8").split()
        kinds = np.loadtxt(path / "type.raw", dtype=int, ndmin=1)
        numbers = np.array([read_label(names[kind]).number for kind in kinds], dtype=np.int64)
        parts = []
        for part in sets:
            positions = np.load(part / "coord.npy").reshape(-1, len(numbers), 3)
            energies = _column(part / "energy.npy", (len(positions),))
            forces = _column(part / "force.npy", positions.shape)
            parts.append((positions, energies, forces))
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path} can't be read as a folder of DeePMD-kit: {error}") from error
    rows = [row for part in parts for row in zip(*part, strict=True)]
    name = molecule_name("", numbers, rows[0][0]) if rows else ""
    multiplicity = 1 + int(numbers.sum()) % 2
    geometries = [
        ImportedGeometry(numbers, geometry, float(energy), force, 0, multiplicity, name, "", number)
        for number, (geometry, energy, force) in enumerate(rows)
    ]
    return Imported(geometries, "eV", "eV/angstrom", energy_key="energy.npy", forces_key="force.npy")


def _column(path: Path, shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.load(path).reshape(shape).astype(np.float64) if path.is_file() else np.full(shape, np.nan)
