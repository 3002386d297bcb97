"""Recordings: HDF5 files of simulations, and the only code that knows their layout."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from atomtug.recordings.events import Event, EventValue
from atomtug.recordings.layout import CANDIDATE, ENERGY_OFFSET, LIVE_COLUMNS, FrameColumn

if TYPE_CHECKING:
    from atomtug.recordings.reader import Recording
    from atomtug.recordings.writer import FLUSH_INTERVAL, RecordingWriter

__all__ = [
    "CANDIDATE",
    "ENERGY_OFFSET",
    "FLUSH_INTERVAL",
    "LIVE_COLUMNS",
    "Event",
    "EventValue",
    "FrameColumn",
    "Recording",
    "RecordingWriter",
]

_LATE = {"Recording": "reader", "RecordingWriter": "writer", "FLUSH_INTERVAL": "writer"}
"""name -> its module. These need h5py (10 MB of memory), so they are imported when they are used."""


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
