"""Data sets in formats that other programs read: the published layout, extended XYZ, ASE databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db import connect
from numpy.typing import NDArray

from atomtug.core.hdf5 import written_at_once
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.data import DataSet

OURS = "key "
"""Before a text in an ASE database that could be a number, such as a molecule's name."""
UNITS = {"xyz": "angstrom", "ene": "hartree", "forces": "hartree/bohr"}


def write_extxyz(data: DataSet, path: Path) -> None:
    """Write all labelled geometries as extended XYZ, in ASE's units; a file that is there is replaced."""
    ase.io.write(path, list(_all_atoms(data)), format="extxyz")


def write_database(data: DataSet, path: Path) -> None:
    """Write all labelled geometries to an ASE database, in ASE's units; a file that is there is replaced."""
    path.unlink(missing_ok=True)
    with connect(path, type="db") as database:
        for atoms in _all_atoms(data):
            database.write(atoms, key_value_pairs=_storable(atoms.info))


def write_published(data: DataSet, path: Path) -> None:
    """Write all labelled geometries of all molecules in the published layout.

    Those of an odd electronic state are left out: it has no place to say so.
    """
    kept = [molecule.subset(molecule.learnable) for molecule in data]
    widest = max((len(molecule.numbers) for molecule in kept), default=0)

    def padded(values: NDArray[Any]) -> NDArray[Any]:
        fill = [(0, 0), (0, widest - values.shape[1])] + [(0, 0)] * (values.ndim - 2)
        return np.pad(values, fill)

    arrays = {
        "xyz": [padded(molecule.positions) for molecule in kept],
        "zs": [padded(np.tile(molecule.numbers, (len(molecule), 1))) for molecule in kept],
        "ene": [molecule.energies / HARTREE for molecule in kept],
        "traj_idx": [molecule.trajectory for molecule in kept],
        "Filenumber": [molecule.frame for molecule in kept],
    }
    if all(molecule.with_forces.all() for molecule in kept):
        arrays["forces"] = [padded(molecule.forces * (BOHR / HARTREE)) for molecule in kept]
    if any((m.charge, m.multiplicity) != (0, 1 + int(m.numbers.sum()) % 2) for m in kept):
        # The layout has no place for them; without a word, they would be read as the neutral molecule's.
        arrays["charge"] = [np.full(len(molecule), molecule.charge) for molecule in kept]
        arrays["multiplicity"] = [np.full(len(molecule), molecule.multiplicity) for molecule in kept]
    with written_at_once(path) as file:
        for name, parts in arrays.items():
            dataset = file.create_dataset(name, data=np.concatenate(parts) if parts else np.empty(0))
            if name in UNITS:
                dataset.attrs["unit"] = UNITS[name]


def _all_atoms(data: DataSet) -> Iterator[Atoms]:
    for molecule in data:
        with_forces = molecule.with_forces
        for row in np.flatnonzero(molecule.labelled):
            index = int(molecule.trajectory[row])
            atoms = Atoms(molecule.numbers, molecule.positions[row])
            results = {"energy": float(molecule.energies[row])}
            if with_forces[row]:
                results["forces"] = molecule.forces[row]
            if np.isfinite(molecule.charges[row]).all():
                results["charges"] = molecule.charges[row]
            if np.isfinite(molecule.spins[row]).all():
                atoms.set_array("spins", molecule.spins[row])
            atoms.calc = SinglePointCalculator(atoms, **results)
            info = {
                "molecule": molecule.name,
                "charge": molecule.charge,
                "multiplicity": molecule.multiplicity,
                "trajectory": data.trajectories[index].key if index >= 0 else "",
                "frame": int(molecule.frame[row]),
                "spin_square": float(molecule.spin_square[row]),
                "gap": float(molecule.gap[row]),
                "odd_state": str(molecule.odd_state[row]),
                "theory": str(data.theory or ""),
            }
            # Neither format can hold an empty text or a NaN.
            atoms.info = {key: value for key, value in info.items() if value != "" and value == value}
            yield atoms


def _storable(info: dict[str, Any]) -> dict[str, Any]:
    """What an ASE database takes: no text that could be a number, and no ``charge``, which it sums over atoms."""
    names = {"charge": "total_charge"}
    return {
        names.get(key, key): f"{OURS}{value}"
        if key == "trajectory" or (isinstance(value, str) and _could_be_a_value(value))
        else value
        for key, value in info.items()
    }


def _could_be_a_value(text: str) -> bool:
    """Whether a text may be taken for a number, or for one of ours with :data:`OURS` before it."""
    try:
        float(text)
    except ValueError:
        return text in ("True", "False") or text.startswith(OURS)
    return True
