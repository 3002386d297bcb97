"""Data sets in other programs' formats. docs/files.md says which, and what is read of them."""

from os import PathLike
from pathlib import Path

from atomtug.core.errors import InputError
from atomtug.core.files import replacing
from atomtug.trainer.data import DataSet, is_data_set, read, write
from atomtug.trainer.exchange.imported import Imported, ReadOptions

FORMATS = ("atomtug", "published", "extxyz", "ase")
"""What is written: our own; the published data sets' HDF5; extended XYZ; an ASE database."""

SUFFIXES = {
    ".xyz": "extxyz", ".extxyz": "extxyz", ".db": "ase", ".json": "ase", ".traj": "traj", ".npz": "npz",
}  # fmt: skip
"""Suffix to kind of file; any other is HDF5, which tells its layout by what is in it."""

__all__ = ["FORMATS", "SUFFIXES", "ReadOptions", "load", "notes", "save"]


def load(path: str | PathLike[str], check_units: bool = True, options: ReadOptions | None = None) -> DataSet:
    """A data set from a file of any of the formats, or from a folder of DeePMD-kit.

    Args:
        path: of the file or folder
        check_units: refuse numbers that can't be in the units they should be in
        options: names and units, where the file has others than usual; ``check_units`` is then theirs

    Raises:
        InputError: no such file, not one of the formats, nothing to learn from, or the units look wrong
    """
    path = Path(path)
    options = options or ReadOptions(check_units=check_units)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES and not path.is_dir() and (not path.exists() or is_data_set(path)):
        return read(path)
    if not path.exists():
        raise InputError(f"There is no file {path}: check the path.")
    from atomtug.trainer.exchange.assemble import assemble

    return assemble(_imported(path, suffix, options), path, options)


def _imported(path: Path, suffix: str, options: ReadOptions) -> Imported:
    kind = SUFFIXES.get(suffix)
    if path.is_dir():
        from atomtug.trainer.exchange.deepmd import read_deepmd

        return read_deepmd(path)
    if kind is None or kind == "npz":
        from atomtug.trainer.exchange.arrays import read_hdf5, read_npz

        return read_npz(path, options) if kind == "npz" else read_hdf5(path, options)
    from atomtug.trainer.exchange.ase_formats import read_ase

    return read_ase(path, kind, options)


def notes(data: DataSet) -> list[str]:
    """What is to be said of how a data set was read: how many have energies and forces, under which names, ..."""
    from atomtug.trainer.exchange.assemble import NOTES

    return [line for line in data.attributes.get(NOTES, "").split("\n") if line]


def save(data: DataSet, path: str | PathLike[str], kind: str) -> None:
    """Write the labelled geometries of a data set; failed labels stay behind, except in our own format.

    Args:
        data: the data set
        path: of the new file
        kind: one of :data:`FORMATS`

    Raises:
        InputError: no such format, nothing to write, or the file can't be written
    """
    if kind not in FORMATS:
        raise InputError(f"There is no format {kind!r}: use one of {', '.join(FORMATS)}.")
    path = Path(path)
    if kind == "atomtug":
        write(data, path)
        return
    if not any(molecule.labelled.any() for molecule in data):
        raise InputError(f"{path} is not written: no geometry has an energy.")
    from atomtug.trainer.exchange import writing

    writers = {
        "published": writing.write_published,
        "extxyz": writing.write_extxyz,
        "ase": writing.write_database,
    }
    try:
        with replacing(path) as draft:
            writers[kind](data, draft)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error}") from error
