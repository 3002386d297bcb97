"""The layout of the paper's published data sets: one HDF5 file of flat arrays.

``xyz`` (n, atoms, 3) angstrom, ``zs`` (n, atoms), ``ene`` (n,) hartree, ``forces`` (n, atoms, 3), ``traj_idx``
(n,) and ``Filenumber`` (n,), the place in the trajectory. Smaller molecules are padded with atoms of number 0.
Forces may be missing; their unit is told by an attribute ``unit``, else found from the energies.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.data import DataSet, Molecule, Trajectory
from atomtug.trainer.exchange.names import alkane_name
from atomtug.trainer.exchange.units import ENERGIES, FORCES, check_energies, check_positions, force_unit

REQUIRED = ("xyz", "zs", "ene")
UNITS = {"xyz": "angstrom", "ene": "hartree", "forces": "hartree/bohr"}


def load(path: Path, check_units: bool = True) -> DataSet:
    """A data set from a published file.

    Raises:
        InputError: it lacks an array, the arrays don't fit each other, or the units look wrong
    """
    arrays, units = _arrays(path)
    energies = arrays["ene"] * ENERGIES[units.get("ene", "hartree")]
    data = DataSet(attributes={"imported": path.name})
    for found, atoms, rows in _by_molecule(arrays):
        numbers = arrays["zs"][rows[0], :atoms].astype(np.int64)
        positions = arrays["xyz"][rows][:, :atoms]
        trajectory = arrays["traj_idx"][rows]
        where = f"{path}, {len(rows)} geometries of {atoms} atoms"
        if check_units:
            check_positions(positions, where)
            check_energies(energies[rows], numbers, where)
        forces = np.full(positions.shape, np.nan)
        if "forces" in arrays:
            forces = arrays["forces"][rows][:, :atoms]
            unit = units.get("forces") or force_unit(
                positions, energies[rows], forces, trajectory, arrays["Filenumber"][rows]
            )
            if unit is None:
                raise InputError(
                    f"{where}: the unit of the forces is not said and can't be told from the energies: "
                    f"give the array `forces` an attribute `unit`, one of {', '.join(FORCES)}."
                )
            forces = forces * FORCES[unit]
        multiplicity = 1 + int(numbers.sum()) % 2
        name = data.home(found, numbers, 0, multiplicity)
        places = {}
        for number in np.unique(trajectory):
            key = f"{path.name}:{name}:{number}"
            count = int(np.sum(trajectory == number))
            data.add_trajectory(Trajectory(key, f"{path.stem} {number}", name, str(path), count))
            places[number] = len(data.trajectories) - 1
        data.extend(
            Molecule.build(
                name,
                numbers,
                0,
                multiplicity,
                positions=positions,
                energies=energies[rows] * HARTREE,
                forces=forces * (HARTREE / BOHR),
                trajectory=np.array([places[number] for number in trajectory]),
                frame=arrays["Filenumber"][rows],
                converged=np.isfinite(energies[rows]),
            )
        )
    return data


def save(data: DataSet, path: Path) -> None:
    """Write all labelled geometries of all molecules in the published layout."""
    kept = [molecule.subset(molecule.labelled) for molecule in data]
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
    with h5py.File(path, "w") as file:
        for name, parts in arrays.items():
            dataset = file.create_dataset(name, data=np.concatenate(parts) if parts else np.empty(0))
            if name in UNITS:
                dataset.attrs["unit"] = UNITS[name]


def _arrays(path: Path) -> tuple[dict[str, NDArray[Any]], Mapping[str, str]]:
    try:
        with h5py.File(path, "r") as file:
            missing = [name for name in REQUIRED if name not in file]
            if missing:
                raise InputError(
                    f"{path} is no data set: it has no {', '.join(missing)} (and it is not one of atomtug's)."
                )
            names = (*REQUIRED, "forces", "traj_idx", "Filenumber")
            arrays = {name: np.asarray(file[name]) for name in names if name in file}
            units = {name: str(file[name].attrs["unit"]) for name in arrays if "unit" in file[name].attrs}
    except OSError as error:
        raise InputError(f"{path} can't be read as HDF5: {error}") from error
    count = len(arrays["ene"] if arrays["ene"].ndim else [])
    arrays["ene"] = arrays["ene"].reshape(count, -1)[:, 0].astype(np.float64)
    if arrays["zs"].ndim == 1:
        arrays["zs"] = np.tile(arrays["zs"], (count, 1))
    arrays.setdefault("traj_idx", np.zeros(count, dtype=np.int64))
    arrays.setdefault("Filenumber", np.arange(count))
    for name in ("traj_idx", "Filenumber"):
        arrays[name] = arrays[name].reshape(count, -1)[:, 0].astype(np.int64)
    shape = (*arrays["zs"].shape, 3)
    for name in ("xyz", "forces"):
        if name in arrays and arrays[name].shape != shape:
            raise InputError(
                f"{path}: {name} has the shape {arrays[name].shape}, where zs and ene call for {shape}."
            )
    for name, allowed in (("ene", ENERGIES), ("forces", FORCES)):
        if name in units and units[name] not in allowed:
            raise InputError(f"{path}: {name} is in {units[name]}; one of {', '.join(allowed)} is needed.")
    if units.get("xyz", "angstrom") != "angstrom":
        raise InputError(f"{path}: xyz is in {units['xyz']}, not in angstrom.")
    return arrays, units


def _by_molecule(arrays: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, int, NDArray[np.int64]]]:
    """Name, number of atoms and rows of each molecule, in order of first appearance.

    Isomers can have the same list of atoms: each trajectory is looked at by itself.
    """
    zs, trajectories = arrays["zs"], arrays["traj_idx"]
    _, inverse = np.unique(zs, axis=0, return_inverse=True)
    members: dict[tuple[int, str], list[int]] = {}
    names: dict[tuple[int, int], str] = {}
    for row, (kind, trajectory) in enumerate(zip(inverse.ravel(), trajectories, strict=True)):
        atoms = int(np.count_nonzero(zs[row]))
        key = (int(kind), int(trajectory))
        if key not in names:
            names[key] = alkane_name(zs[row, :atoms].astype(np.int64), arrays["xyz"][row, :atoms])
        members.setdefault((key[0], names[key]), []).append(row)
    for (_, name), rows in members.items():
        yield name, int(np.count_nonzero(zs[rows[0]])), np.array(rows, dtype=np.int64)
