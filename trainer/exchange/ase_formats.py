"""Extended XYZ files and ASE databases, in ASE's units (angstrom, eV, eV/angstrom)."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db import connect

from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.data import DataSet, Molecule, Trajectory
from atomtug.trainer.exchange.names import alkane_name
from atomtug.trainer.exchange.units import check_energies, check_positions


def save(data: DataSet, path: Path, kind: str) -> None:
    """Write all labelled geometries; the file is replaced if it is there."""
    path.unlink(missing_ok=True)
    if kind == "extxyz":
        ase.io.write(path, list(_all_atoms(data)), format="extxyz")
        return
    with connect(path) as database:
        for atoms in _all_atoms(data):
            database.write(atoms, key_value_pairs=_storable(atoms.info))


def load(path: Path, kind: str, check_units: bool = True) -> DataSet:
    """A data set from an extended XYZ file or an ASE database.

    Frames without a trajectory's name are taken as one trajectory in the order of the file.

    Raises:
        InputError: it can't be read, or the units look wrong
    """
    try:
        if kind == "extxyz":
            images = ase.io.read(path, index=":", format="extxyz")
        else:
            with connect(path) as database:
                images = [_with_info(row) for row in database.select()]
    except Exception as error:  # ASE raises whatever its parsers met
        raise InputError(f"{path} can't be read: {error}") from error
    if not images:
        raise InputError(f"{path} holds no geometries.")
    data = DataSet(attributes={"imported": path.name})
    groups: dict[tuple[Any, ...], list[tuple[int, Atoms]]] = {}
    for number, atoms in enumerate(images):
        groups.setdefault(_identity(atoms), []).append((number, atoms))
    for (name, numbers, charge, multiplicity), members in groups.items():
        _add(data, path, name, np.array(numbers), charge, multiplicity, members, check_units)
    return data


def _all_atoms(data: DataSet) -> Iterator[Atoms]:
    for molecule in data:
        with_forces = molecule.with_forces
        for row in np.flatnonzero(molecule.labelled):
            index = int(molecule.trajectory[row])
            atoms = Atoms(molecule.numbers, molecule.positions[row])
            results = {"energy": float(molecule.energies[row])}
            if with_forces[row]:
                results["forces"] = molecule.forces[row]
            atoms.calc = SinglePointCalculator(atoms, **results)
            info = {
                "molecule": molecule.name,
                "charge": molecule.charge,
                "multiplicity": molecule.multiplicity,
                "trajectory": data.trajectories[index].key if index >= 0 else "",
                "frame": int(molecule.frame[row]),
                "spin_square": float(molecule.spin_square[row]),
                "theory": str(data.theory or ""),
            }
            # Neither format can hold an empty text or a NaN.
            atoms.info = {key: value for key, value in info.items() if value != "" and value == value}
            yield atoms


def _storable(info: dict[str, Any]) -> dict[str, Any]:
    """What an ASE database takes: it refuses text that could be a number."""
    return {key: f"key {value}" if key == "trajectory" else value for key, value in info.items()}


def _with_info(row: Any) -> Atoms:
    atoms: Atoms = row.toatoms()
    atoms.info = dict(row.key_value_pairs)
    atoms.info["trajectory"] = str(atoms.info.get("trajectory", "")).removeprefix("key ")
    return atoms


def _identity(atoms: Atoms) -> tuple[Any, ...]:
    numbers = tuple(map(int, atoms.numbers))
    charge = int(atoms.info.get("charge", 0))
    multiplicity = int(atoms.info.get("multiplicity", 1 + (sum(numbers) - charge) % 2))
    return str(atoms.info.get("molecule", "")), numbers, charge, multiplicity


def _add(
    data: DataSet,
    path: Path,
    name: str,
    numbers: np.ndarray[Any, np.dtype[np.int64]],
    charge: int,
    multiplicity: int,
    members: Iterable[tuple[int, Atoms]],
    check_units: bool,
) -> None:
    rows = list(members)
    positions = np.stack([atoms.positions for _, atoms in rows])
    energies = np.array([_result(atoms, "energy", np.nan) for _, atoms in rows]) / HARTREE
    nothing = np.full((len(numbers), 3), np.nan)
    forces = np.stack([_result(atoms, "forces", nothing) for _, atoms in rows]) * (BOHR / HARTREE)
    name = data.home(name or alkane_name(numbers, positions[0]), numbers, charge, multiplicity)
    if check_units:
        check_positions(positions, f"{path}, {name}")
        check_energies(energies, numbers, f"{path}, {name} (after eV to hartree)")
    keys = [str(atoms.info.get("trajectory", "")) or f"{path.name}:{name}" for _, atoms in rows]
    for key in dict.fromkeys(keys):
        data.add_trajectory(Trajectory(key, key, name, str(path), keys.count(key)))
    data.extend(
        Molecule.build(
            name,
            numbers,
            charge,
            multiplicity,
            positions=positions,
            energies=energies * HARTREE,
            forces=forces * (HARTREE / BOHR),
            trajectory=np.array([data.trajectory_index(key) for key in keys]),
            frame=np.array([int(atoms.info.get("frame", number)) for number, atoms in rows]),
            spin_square=np.array([float(atoms.info.get("spin_square", np.nan)) for _, atoms in rows]),
            converged=np.isfinite(energies),
        )
    )


def _result(atoms: Atoms, name: str, absent: Any) -> Any:
    # The results as they were stored: asking the calculator makes it compare geometries first.
    value = getattr(atoms.calc, "results", {}).get(name)
    return absent if value is None else value
