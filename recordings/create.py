"""Creating the file of a new recording with every group, dataset and attribute it will have.

In SWMR mode only rows can be added, so everything else exists before the first frame.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from atomtug.core.errors import RecordingError
from atomtug.core.systems import System
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.versions import VERSION
from atomtug.recordings import layout, provenance
from atomtug.recordings.commit import reason
from atomtug.recordings.layout import FrameColumn, TableDataset

_CHUNK_BYTES = 8192
_CHUNK_ROWS = 256

# The oldest format with SWMR: every HDF5 since 1.10 (2016) reads it.
LIBVER = ("v110", "v110")


def create_file(
    path: Path, system: System, facts: Mapping[str, Any], extra: Sequence[FrameColumn] = ()
) -> h5py.File:
    """Create a file that is ready for rows, in SWMR mode.

    Args:
        path: the new file, which must not exist; its folders are created
        system: gives species, masses, starting geometry and bonds
        facts: provenance, which is completed here
        extra: columns besides :data:`layout.COLUMNS`

    Raises:
        RecordingError: the file exists or can't be created
    """
    # Created in memory first: HDF5 can crash when a disk refuses a write, Python does not.
    image = _image(system, provenance.complete(system, facts), extra)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(
            f"The folder {path.parent} can't be made because {reason(error)}: choose another."
        ) from error
    try:
        write_new(path, image)
        file = h5py.File(path, "r+", libver=LIBVER)
        file.swmr_mode = True
    except FileExistsError as error:
        raise RecordingError(f"{path} exists and is never overwritten: choose another name.") from error
    except (OSError, RuntimeError) as error:
        raise RecordingError(
            f"A recording can't be made at {path} because {reason(error)}: choose another folder."
        ) from error
    return file


def write_new(path: Path, image: bytes) -> None:
    """Write a new file completely, or leave no file.

    Raises:
        OSError: the file exists, or can't be written
    """
    with path.open("xb") as stream:
        try:
            stream.write(image)
            stream.flush()
        except OSError:
            path.unlink()
            raise


def _image(system: System, facts: Mapping[str, Any], extra: Sequence[FrameColumn]) -> bytes:
    """The bytes of a recording without frames."""
    with h5py.File("image", "w", libver=LIBVER, driver="core", backing_store=False) as file:
        fill(file, system, facts, extra)
        file.flush()
        image: bytes = file.id.get_file_image()
    return image


def fill(
    file: h5py.File, system: System, facts: Mapping[str, Any], extra: Sequence[FrameColumn] = ()
) -> None:
    """Create all groups and attributes, and all datasets without rows."""
    file.attrs["format"] = layout.FORMAT
    file.attrs["format_version"] = layout.FORMAT_VERSION
    file.attrs[layout.EXTRA_COLUMNS] = json.dumps([column.name for column in extra])
    file[layout.COMMITTED] = np.zeros(3, dtype="<i8")
    describe_h5md(file, facts)
    describe_atoms(file, system)
    _describe_parameters(file, system, facts)
    atoms = len(system.numbers)
    for dataset in (layout.STEPS, layout.TIMES, *layout.TABLES):
        _table(file, dataset)
    for column in (*layout.COLUMNS, *extra):
        _element(file, column, atoms)


def describe_h5md(file: h5py.File, facts: Mapping[str, Any]) -> None:
    """Write the group ``h5md``, which makes this an H5MD file."""
    group = file.create_group("h5md")
    group.attrs["version"] = np.array(layout.H5MD_VERSION, dtype=np.int32)
    author = group.create_group("author")
    author.attrs["name"] = str(facts.get("author", "unknown"))
    creator = group.create_group("creator")
    creator.attrs["name"] = "atomtug"
    creator.attrs["version"] = VERSION
    units = group.create_group("modules/units")
    units.attrs["version"] = np.array((1, 0), dtype=np.int32)


def describe_atoms(file: h5py.File, system: System) -> None:
    """Write what stays the same: species, masses, the box (none), the bonds of the starting geometry."""
    atoms = file.create_group(layout.ATOMS)
    box = atoms.create_group("box")
    box.attrs["dimension"] = 3
    box.attrs["boundary"] = ["none", "none", "none"]
    file[layout.SPECIES] = system.numbers.astype(np.int32)
    file[layout.MASS] = system.masses
    file[layout.MASS].attrs["unit"] = "u"
    bonds = perceive_bonds(system.numbers, system.positions).astype(np.int32)
    file[layout.BONDS_AT_START] = bonds
    file[layout.BONDS_AT_START].attrs["particles_group"] = atoms.ref


def _describe_parameters(file: h5py.File, system: System, facts: Mapping[str, Any]) -> None:
    """Write the provenance twice: as JSON for programs, and as single attributes for people."""
    parameters = file.create_group(layout.PARAMETERS)
    parameters.attrs["provenance"] = json.dumps(facts)
    for name, value in provenance.flat(facts).items():
        parameters.attrs[name] = value
    group = file.create_group(layout.SYSTEM)
    group.attrs["name"] = system.name
    group.attrs["charge"] = system.charge
    group.attrs["multiplicity"] = system.multiplicity
    start = group.create_dataset("position", data=system.positions * layout.POSITION.factor)
    start.attrs["unit"] = layout.NM
    group.create_dataset("atom_names", data=np.array(system.atom_names, dtype="S"))


def _element(file: h5py.File, column: FrameColumn, atoms: int) -> None:
    """Create an H5MD element: its own values, and hard links to the shared steps and times."""
    value = _dataset(file, column.value, column.dtype, column.shape(atoms))
    if column.unit:
        value.attrs["unit"] = column.unit
    if column.element == layout.POSITION.element:
        return
    file[f"{column.element}/step"] = file[layout.STEP]
    file[f"{column.element}/time"] = file[layout.TIME]


def _table(file: h5py.File, table: TableDataset) -> None:
    dataset = _dataset(file, table.path, table.dtype, () if table.width == 1 else (table.width,))
    if table.unit:
        dataset.attrs["unit"] = table.unit


def _dataset(file: h5py.File, path: str, dtype: str, row: tuple[int, ...]) -> h5py.Dataset:
    """Create an empty dataset that grows by rows of shape ``row``."""
    size = np.dtype(dtype).itemsize * int(np.prod(row, dtype=int))
    rows = int(np.clip(_CHUNK_BYTES // size, 4, max(_CHUNK_ROWS, 2048 // size)))
    return file.create_dataset(path, (0, *row), dtype=dtype, maxshape=(None, *row), chunks=(rows, *row))
