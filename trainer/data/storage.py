"""A data set's HDF5 file. docs/labels.md describes it to those who read it with other tools.

The file is written as a whole beside the old one and put in its place in one step: it is never half-written.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from atomtug.core.errors import InputError
from atomtug.core.files import replacing
from atomtug.core.hdf5 import written_at_once
from atomtug.core.units import HARTREE
from atomtug.core.versions import versions
from atomtug.trainer.data.dataset import DataSet, Trajectory
from atomtug.trainer.data.molecule import Molecule
from atomtug.trainer.data.quantities import QUANTITIES, Quantity, Values
from atomtug.trainer.data.scaling import EnergyScaling
from atomtug.trainer.dft.theory import Theory

FORMAT = "atomtug data set"
FORMAT_VERSION = 1
_PACKAGES = ("atomtug", "pyscf", "gpu4pyscf-cuda12x", "numpy", "scipy", "h5py", "dask")


def is_data_set(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a data set of ours."""
    try:
        with h5py.File(path, "r") as file:
            return bool(file.attrs.get("format") == FORMAT)
    except OSError:
        return False


def read(path: str | os.PathLike[str]) -> DataSet:
    """A data set, with what a journal beside it adds.

    Raises:
        InputError: no such file, or it is no data set, or damaged
    """
    from atomtug.trainer.data.journal import absorb, journal_path

    path = Path(path)
    if not path.exists() and not journal_path(path).exists():
        raise InputError(f"There is no file {path}: check the path.")
    data = _read(path) if path.exists() else DataSet()
    absorb(data, journal_path(path))
    return data


def write(data: DataSet, path: str | os.PathLike[str]) -> None:
    """Put a data set in a file, replacing the one there in one step.

    The energy scaling is fitted to what is written and stored with it.

    Raises:
        InputError: the file can't be written
    """
    path = Path(path)
    try:
        with replacing(path) as draft, written_at_once(draft) as file:
            _write(data, file)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}.") from error


def _write(data: DataSet, file: h5py.File) -> None:
    file.attrs["format"] = FORMAT
    file.attrs["format_version"] = FORMAT_VERSION
    file.attrs["theory"] = data.theory.to_json() if data.theory else ""
    file.attrs["written"] = datetime.now(UTC).isoformat(timespec="seconds")
    for name, text in {"versions": json.dumps(versions(_PACKAGES)), **data.attributes}.items():
        file.attrs[name] = text
    text = h5py.string_dtype()
    trajectories = [json.dumps(entry.to_plain(), default=str) for entry in data.trajectories]
    file.create_dataset("trajectories", data=np.array(trajectories, dtype=object), dtype=text)
    for molecule in data:
        group = file.create_group(f"molecules/{molecule.name}")
        group.attrs["charge"] = molecule.charge
        group.attrs["multiplicity"] = molecule.multiplicity
        group.create_dataset("numbers", data=molecule.numbers)
        for quantity in QUANTITIES:
            if not quantity.stored(molecule.column(quantity.field)):
                continue
            values = quantity.to_file(molecule.column(quantity.field))
            # Text and large arrays shrink well; single numbers are not worth a filter.
            packing = {"compression": "gzip", "shuffle": True} if values.size > 1000 else {}
            dataset = group.create_dataset(
                quantity.name, data=values, dtype=text if quantity.dtype == "O" else None, **packing
            )
            for key, value in (("unit", quantity.unit), ("meaning", quantity.meaning)):
                if value:
                    dataset.attrs[key] = value
    scaling = EnergyScaling.fit(data)
    if scaling is not None:
        group = file.create_group("energy_scaling")
        group.attrs["meaning"] = "energy = intercept + sum over elements of count * coefficient, hartree"
        group.attrs["intercept"] = scaling.intercept / HARTREE
        group.create_dataset("numbers", data=np.array(list(scaling.per_atom), dtype=np.int64))
        group.create_dataset("coefficients", data=np.array(list(scaling.per_atom.values())) / HARTREE)


def _read(path: Path) -> DataSet:
    try:
        with h5py.File(path, "r") as file:
            if file.attrs.get("format") != FORMAT:
                raise InputError(f"{path} is no atomtug data set: use one that `atomtug label` wrote.")
            if int(file.attrs["format_version"]) > FORMAT_VERSION:
                raise InputError(f"{path} was written by a newer atomtug: update this one to read it.")
            theory = str(file.attrs["theory"])
            ours = ("format", "format_version", "theory", "versions", "written")
            return DataSet(
                Theory.from_json(theory) if theory else None,
                [Trajectory(**json.loads(text)) for text in file["trajectories"].asstr()[:]],
                [_read_molecule(name, group) for name, group in file.get("molecules", {}).items()],
                {key: str(value) for key, value in file.attrs.items() if key not in ours},
            )
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path} can't be read as a data set: {error}") from error


def _read_molecule(name: str, group: h5py.Group) -> Molecule:
    columns: dict[str, Any] = {
        quantity.field: _read_column(group, quantity) for quantity in QUANTITIES if quantity.name in group
    }
    return Molecule.build(
        name,
        group["numbers"][:],
        int(group.attrs["charge"]),
        int(group.attrs["multiplicity"]),
        **columns,
    )


def _read_column(group: h5py.Group, quantity: Quantity) -> Values:
    dataset = group[quantity.name]
    unit = dataset.attrs.get("unit", "")
    if unit != quantity.unit:
        raise ValueError(f"{dataset.name} is in {unit or 'no unit'}, not {quantity.unit}")
    values: Values = dataset.asstr()[:] if quantity.dtype == "O" else dataset[:]
    return quantity.from_file(values)
