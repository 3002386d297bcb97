"""Writing a new recording from what can still be read of a damaged one, which is left as it is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from atomtug.core.errors import InputError, RecordingError
from atomtug.core.systems import System
from atomtug.core.systems.bonds import BondPerception
from atomtug.recordings import events as journal
from atomtug.recordings import layout
from atomtug.recordings.commit import reason
from atomtug.recordings.create import LIBVER, fill, write_new
from atomtug.recordings.decoding import find_columns, read_provenance, read_system
from atomtug.recordings.layout import FrameColumn
from atomtug.recordings.opening import COMPLAINTS, check_format
from atomtug.recordings.salvage import (
    ReadableExtent,
    blocks,
    opened_leniently,
    readable,
    refuse_what_is_no_file,
)

_BLOCK = 1024
"""Frames whose bonds are perceived at once."""


@dataclass(frozen=True)
class RepairReport:
    """What was saved of a file.

    Args:
        frames: number of frames saved
        promised: number of frames that the damaged file claims to have
        bonds_known: False where bonds were perceived again from the positions
        lost: names of columns of which nothing could be read; they are NaN in the new file
    """

    frames: int
    promised: int
    bonds_known: bool
    lost: tuple[str, ...]


def is_whole(path: Path) -> bool:
    """Whether a file was closed properly and can be read to its end.

    Raises:
        RecordingError: there is no such file
    """
    from atomtug.recordings.reader import Recording

    refuse_what_is_no_file(path)
    try:
        with Recording(path) as recording:
            for _ in recording.frames():
                pass
            return recording.closed and recording.events is not None and recording.bond_changes is not None
    except RecordingError:
        return False


def repair(path: Path, target: Path) -> RepairReport:
    """Write what can be read of a recording to a new file.

    Frames are saved from the first up to the first that can't be read whole. HDF5 keeps no checksum of the
    numbers themselves: one that is wrong but can be read is copied as it is.

    Args:
        path: the damaged file
        target: the new file, which must not exist

    Raises:
        RecordingError: nothing can be saved, or the new file can't be written
    """
    refuse_what_is_no_file(path)
    with opened_leniently(path) as file:
        try:
            check_format(path, file)
            system, columns = read_system(file), find_columns(file)
        except (*COMPLAINTS, InputError) as error:
            raise RecordingError(f"Nothing of {path} can be saved: its system can't be read.") from error
        found = readable(path, file, columns)
        facts = _provenance(file)
        facts["repaired"] = {
            "from": path.name,
            "frames": found.frames,
            "of": found.promised,
            "lost": list(found.lost),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        usual = {column.name for column in layout.COLUMNS}
        extra = [column for name, column in columns.items() if name not in usual]
        # Created in memory: HDF5 can crash when a disk refuses a write.
        with h5py.File("new", "w", libver=LIBVER, driver="core", backing_store=False) as new:
            fill(new, system, facts, extra)
            _copy(file, new, found, columns, system)
            new.flush()
            image = new.id.get_file_image()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_new(target, image)
    except FileExistsError as error:
        raise RecordingError(f"{target} exists and is never overwritten: choose another name.") from error
    except OSError as error:
        raise RecordingError(
            f"{target} can't be written because {reason(error)}: choose another place."
        ) from error
    return RepairReport(found.frames, found.promised, found.bonds_known, found.lost)


def _copy(
    file: h5py.File, new: h5py.File, found: ReadableExtent, columns: dict[str, FrameColumn], system: System
) -> None:
    """Copy all rows, and set the mark."""
    for name in found.lost:
        _fill_in(new[columns[name].value], found.frames)
    for path, rows in found.rows.items():
        dataset, done = new[path], 0
        dataset.resize(rows, axis=0)
        for block in blocks(file, path, rows):
            dataset[done : done + len(block)] = block
            done += len(block)
    if not found.bonds_known:
        _find_bonds(new, found.frames, system)
    lines = [journal.encode(event) for event in found.events]
    _rewrite(new[layout.EVENT_TEXT.path], np.frombuffer(b"".join(lines), dtype=np.uint8))
    _rewrite(new[layout.EVENT_END.path], np.cumsum([len(line) for line in lines], dtype=np.int64))
    new[layout.COMMITTED][:] = (found.frames, len(lines), len(new[layout.BOND_FRAME.path]))


def _fill_in(dataset: h5py.Dataset, rows: int) -> None:
    """Fill a dataset with NaN, or with zeros where its type has no NaN."""
    dataset.resize(rows, axis=0)
    if dataset.dtype.kind == "f":
        dataset[:] = np.nan


def _find_bonds(new: h5py.File, frames: int, system: System) -> None:
    """Perceive the bonds of each frame from its positions, as a live session does."""
    perceive, bonds = BondPerception(system.numbers), None
    starts, pairs, positions = [], [], new[layout.POSITION.value]
    for first in range(0, frames, _BLOCK):
        block = positions[first : min(first + _BLOCK, frames)] / layout.POSITION.factor
        for number, geometry in enumerate(block, start=first):
            now = perceive(geometry, bonds)
            if bonds is None or now.shape != bonds.shape or (now != bonds).any():
                starts.append(number)
                pairs.append(now)
            bonds = now
    _rewrite(new[layout.BOND_FRAME.path], np.array(starts))
    _rewrite(new[layout.BOND_END.path], np.cumsum([len(part) for part in pairs], dtype=np.int64))
    _rewrite(new[layout.BOND_PAIRS.path], np.concatenate(pairs))


def _rewrite(dataset: h5py.Dataset, values: Any) -> None:
    dataset.resize(len(values), axis=0)
    if len(values):
        dataset[:] = values


def _provenance(file: h5py.File) -> dict[str, Any]:
    try:
        return dict(read_provenance(file))
    except COMPLAINTS:
        return {"provenance": "could not be read"}
