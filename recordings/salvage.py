"""Finding how many complete frames of a damaged recording can be read, from its beginning on.

A file is written from front to back, its description first. So a file that ends too early has all of its first
frames; how many is found by reading each dataset as far as possible.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from atomtug.core.errors import RecordingError
from atomtug.recordings import events as journal
from atomtug.recordings import layout
from atomtug.recordings.commit import read_mark
from atomtug.recordings.events import Event
from atomtug.recordings.layout import FrameColumn, TableDataset
from atomtug.recordings.opening import COMPLAINTS
from atomtug.recordings.superblock import FileView

LOST = "lost"
"""Kind of the event that replaces one that can't be read."""
_BLOCK = 4096
"""Rows read at once."""


@dataclass(frozen=True)
class ReadableExtent:
    """How far a recording can be read.

    Args:
        frames: number of complete frames, from the first on
        promised: number of frames that the file claims to have
        rows: rows of each dataset, by its path, that belong to those frames
        events: the events up to the last of those frames
        bonds_known: whether all changes of bonds up to then can be read
        lost: names of columns of which nothing can be read
    """

    frames: int
    promised: int
    rows: dict[str, int]
    events: tuple[Event, ...]
    bonds_known: bool
    lost: tuple[str, ...]


@contextmanager
def opened_leniently(path: Path) -> Iterator[h5py.File]:
    """Open a file for reading although it ends too early, or its first bytes are damaged.

    Raises:
        RecordingError: it can't be opened, or is something else
    """
    failure: BaseException | None = None
    for rebuilt in (False, True):
        try:
            view = FileView(path, whole=True, rebuilt=rebuilt)
        except OSError as error:
            raise RecordingError(f"{path} can't be read: {error.strerror or error}.") from error
        try:
            file = h5py.File(view, "r")
            _ = file.attrs.get("format")
        except COMPLAINTS as error:
            view.close()  # h5py closes the file when it is forgotten
            failure = failure or error
            continue
        try:
            yield file
        finally:
            file.close()
            view.close()
        return
    assert failure is not None
    raise RecordingError(f"Nothing of {path} can be saved: its description can't be read.") from failure


def readable(path: Path, file: h5py.File, columns: dict[str, FrameColumn]) -> ReadableExtent:
    """How far a recording can be read.

    Args:
        path: the file, for the error's text
        file: the open file
        columns: the columns of the file, by name

    Raises:
        RecordingError: not a single frame can be read
    """
    lost = tuple(sorted(name for name, column in columns.items() if _length(file, column.value) is None))
    tables = [layout.STEP, layout.TIME, layout.FRAME_END.path]
    per_frame = [column.value for name, column in columns.items() if name not in lost] + tables
    if any(name in lost for name in (layout.POSITION.name, layout.VELOCITY.name, layout.ENGINE_FORCE.name)):
        raise RecordingError(f"Nothing of {path} can be saved: its {', '.join(lost)} can't be read.")
    promised = _promised(file)
    frames = min(_prefix(file, name, promised) for name in per_frame)
    frames, hands, held = _hands(file, frames)
    if not frames:
        raise RecordingError(f"Nothing of {path} can be saved: not one of its {promised} frames is whole.")
    told = _events(file, frames)
    changes, pairs, known = _bonds(file, frames)
    rows = dict.fromkeys(per_frame, frames)
    rows |= dict.fromkeys((t.path for t in _ROWS), hands) | dict.fromkeys((t.path for t in _HELD), held)
    rows |= {layout.BOND_FRAME.path: changes, layout.BOND_END.path: changes, layout.BOND_PAIRS.path: pairs}
    return ReadableExtent(frames, promised, rows, told, known, lost)


def blocks(file: h5py.File, path: str, rows: int) -> Iterator[NDArray[Any]]:
    """The first ``rows`` rows of a dataset as the file has them, some at a time."""
    for start in range(0, rows, _BLOCK):
        yield file[path][start : min(start + _BLOCK, rows)]


_ROWS = (layout.ROW_EVENT, layout.ROW_POSITION, layout.ROW_ENERGY, layout.ROW_END)
_HELD = (layout.ROW_PARTICLE, layout.ROW_FORCE)


def _promised(file: h5py.File) -> int:
    """The number of frames by the mark, or by the length of the steps where the mark is damaged."""
    there = _length(file, layout.STEP) or 0
    try:
        marked = read_mark(file).frames
    except COMPLAINTS:
        return there
    return marked if 0 <= marked <= there else there


def _hands(file: h5py.File, frames: int) -> tuple[int, int, int]:
    """Numbers of frames, of interaction rows and of held atoms, as far as the three agree."""
    frame_ends = _ends(file, layout.FRAME_END, frames)
    rows = min(_prefix(file, table.path, int(frame_ends[-1]) if len(frame_ends) else 0) for table in _ROWS)
    row_ends = _ends(file, layout.ROW_END, rows)
    atoms = min(_prefix(file, table.path, int(row_ends[-1]) if len(row_ends) else 0) for table in _HELD)
    rows = int(np.searchsorted(row_ends, atoms, side="right"))
    frames = int(np.searchsorted(frame_ends, rows, side="right"))
    rows = int(frame_ends[frames - 1]) if frames else 0
    return frames, rows, int(row_ends[rows - 1]) if rows else 0


def _events(file: h5py.File, frames: int) -> tuple[Event, ...]:
    """The events; one that can't be read keeps its place, because others are referred to by their index."""
    ends = _ends(file, layout.EVENT_END, _length(file, layout.EVENT_END.path) or 0)
    count = _prefix(file, layout.EVENT_TEXT.path, int(ends[-1]) if len(ends) else 0)
    ends = ends[: int(np.searchsorted(ends, count, side="right"))]
    text = b"".join(part.tobytes() for part in blocks(file, layout.EVENT_TEXT.path, count))
    told = [_event(text[begin:end]) for begin, end in pairwise([0, *ends])]
    late = next((k for k, event in enumerate(told) if event.kind != LOST and event.frame > frames), len(told))
    return tuple(told[:late])


def _event(line: bytes) -> Event:
    try:
        return journal.decode(line)
    except COMPLAINTS:
        return Event(LOST, 0, 0.0, {})


def _bonds(file: h5py.File, frames: int) -> tuple[int, int, bool]:
    """Numbers of bond changes and of pairs up to the last frame, and whether none is missing."""
    there = _length(file, layout.BOND_FRAME.path) or 0
    try:
        marked = read_mark(file).bond_changes
    except COMPLAINTS:
        marked = there
    promised = marked if 0 <= marked <= there else there
    starts = _ends(file, layout.BOND_FRAME, promised)
    ends = _ends(file, layout.BOND_END, len(starts))
    pairs = _prefix(file, layout.BOND_PAIRS.path, int(ends[-1]) if len(ends) else 0)
    count = int(np.searchsorted(ends, pairs, side="right"))
    past = int(np.searchsorted(starts, frames, side="left"))
    known = count > 0 and (count == promised or past < count)
    count = min(count, past)
    return count, int(ends[count - 1]) if count else 0, known


def _ends(file: h5py.File, table: TableDataset, rows: int) -> NDArray[np.int64]:
    """A table of ends, up to the first value that decreases or can't be read."""
    rows = _prefix(file, table.path, rows)
    values = np.concatenate([np.zeros(0, dtype=np.int64), *blocks(file, table.path, rows)]).astype(np.int64)
    wrong = np.flatnonzero(np.diff(values, prepend=0) < 0)
    return values[: wrong[0]] if len(wrong) else values


def _length(file: h5py.File, path: str) -> int | None:
    """The number of rows of a dataset; None where it doesn't exist or can't be opened."""
    try:
        return int(file[path].shape[0])
    except (*COMPLAINTS, MemoryError):
        return None


def _prefix(file: h5py.File, path: str, rows: int) -> int:
    """How many of the first ``rows`` rows of a dataset can be read."""
    length = _length(file, path)
    if length is None:
        return 0
    dataset, rows = file[path], min(rows, length)
    step = dataset.chunks[0] if dataset.chunks else _BLOCK
    for start in range(0, rows, step):
        try:
            dataset[start : min(start + step, rows)]
        except (*COMPLAINTS, MemoryError):
            return start
    return rows


def refuse_what_is_no_file(path: Path) -> None:
    """Refuse what is no file with content.

    Raises:
        RecordingError: there is no such file, it is a folder, or it is empty
    """
    if path.is_dir():
        raise RecordingError(f"{path} is a folder: give the path of a recording in it.")
    if not path.is_file():
        raise RecordingError(f"There is no file {path}: check the path.")
    if not path.stat().st_size:
        raise RecordingError(f"Nothing of {path} can be saved: it is empty.")
