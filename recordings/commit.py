"""How much of a recording is complete: a mark on disk that is set after each flush; and closing after a failure."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from atomtug.recordings import layout
from atomtug.recordings.being_written import hold


@dataclass(frozen=True)
class Extent:
    """How many frames, events and changes of bonds are complete in the file."""

    frames: int = 0
    events: int = 0
    bond_changes: int = 0


_COUNTED = (layout.STEP, layout.EVENT_END.path, layout.BOND_FRAME.path)
"""Paths of the datasets whose rows the three numbers count."""


class CommitMark:
    """Sets the mark: three integers at a fixed place of the file, written without HDF5. Meanwhile it holds the file.

    HDF5 writes a batch's parts in an order of its own, and after a failed write goes on with the next. So the
    number of complete frames can't come from the lengths of the datasets. The mark needs no room on the disk
    and is set only when a flush has succeeded.

    Args:
        path: a file made by :func:`~atomtug.recordings.create.create_file`
        dataset: the dataset of the mark, contiguous and already on disk
    """

    def __init__(self, path: Path, dataset: h5py.Dataset) -> None:
        self._place = int(dataset.id.get_offset())
        self._file = path.open("r+b", buffering=0)
        hold(self._file)

    @property
    def is_deleted(self) -> bool:
        """Whether the file has been removed from its folder, so that nobody will ever read what is written to it."""
        return os.fstat(self._file.fileno()).st_nlink == 0

    def set(self, extent: Extent) -> None:
        """Record what has been flushed by now.

        Raises:
            OSError: the mark can't be written
        """
        values = (extent.frames, extent.events, extent.bond_changes)
        self._file.seek(self._place)
        self._file.write(np.array(values, dtype="<i8").tobytes())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_mark(file: h5py.File) -> Extent:
    """The mark, as it was when the file was opened or later.

    Raises:
        ValueError: it counts more rows than the file has
    """
    counts = [int(value) for value in file[layout.COMMITTED][:]]
    for count, path in zip(counts, _COUNTED, strict=True):
        if not 0 <= count <= file[path].shape[0]:
            raise ValueError(f"{path} has {file[path].shape[0]} rows, not {count}")
    return Extent(*counts)


def close_without_writing(file: h5py.File) -> None:
    """Close a file after a write has failed, and discard what HDF5 still holds for it.

    HDF5 would otherwise try the write again when it closes, fail again, and crash the whole process at its
    exit (seen with 2.0).
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        os.dup2(nowhere, file.id.get_vfd_handle())
    finally:
        os.close(nowhere)
    file.close()


def reason(error: BaseException) -> str:
    """Why the operating system refused, in words. HDF5 has the error number in its text only."""
    code = getattr(error, "errno", None)
    if code is None:
        text = str(error)
        found = text.partition("errno = ")[2].partition(",")[0]
        code = int(found) if found.isdigit() else None
    if code == errno.ENOSPC:
        return "the disk is full"
    if code is not None:
        return f"the system says: {os.strerror(code).lower()}"
    return "the file can't be written"
