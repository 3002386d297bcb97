"""Recordings: HDF5 files of what happened, and the only code that knows their layout."""

from atomtug.recordings.events import Event
from atomtug.recordings.layout import CANDIDATE, ENERGY_OFFSET, LIVE_COLUMNS, Column
from atomtug.recordings.reader import Recording
from atomtug.recordings.writer import FLUSH_INTERVAL, RecordingWriter

__all__ = [
    "CANDIDATE",
    "ENERGY_OFFSET",
    "FLUSH_INTERVAL",
    "LIVE_COLUMNS",
    "Column",
    "Event",
    "Recording",
    "RecordingWriter",
]
