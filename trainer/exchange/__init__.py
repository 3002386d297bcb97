"""Data sets in other programs' formats."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from atomtug.core.errors import InputError
from atomtug.trainer.data import DataSet, is_data_set, read, write
from atomtug.trainer.exchange import ase_formats, published

FORMATS = ("atomtug", "published", "extxyz", "ase")
"""Our own; the published data sets' HDF5; extended XYZ; an ASE database."""

_SUFFIXES = {".xyz": "extxyz", ".extxyz": "extxyz", ".db": "ase", ".json": "ase"}

__all__ = ["FORMATS", "load", "save"]


def load(path: str | PathLike[str], check_units: bool = True) -> DataSet:
    """A data set from a file of any of the formats; HDF5 files tell theirs by what is in them.

    Args:
        path: of the file
        check_units: refuse numbers that can't be in the units they should be in

    Raises:
        InputError: no such file, not one of the formats, or the units look wrong
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"There is no file {path}: check the path.")
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is not None:
        return ase_formats.load(path, kind, check_units)
    return read(path) if is_data_set(path) else published.load(path, check_units)


def save(data: DataSet, path: str | PathLike[str], kind: str) -> None:
    """Write the labelled geometries of a data set; failed labels stay behind, except in our own format.

    Args:
        data: the data set
        path: of the new file
        kind: one of :data:`FORMATS`

    Raises:
        InputError: no such format, or the file can't be written
    """
    writers: dict[str, Callable[[DataSet, Path], None]] = {
        "atomtug": write,
        "published": published.save,
        "extxyz": lambda data, path: ase_formats.save(data, path, "extxyz"),
        "ase": lambda data, path: ase_formats.save(data, path, "ase"),
    }
    if kind not in writers:
        raise InputError(f"There is no format {kind!r}: use one of {', '.join(FORMATS)}.")
    try:
        writers[kind](data, Path(path))
    except OSError as error:
        raise InputError(f"{path} can't be written: {error}") from error
