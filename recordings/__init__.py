"""Recordings: HDF5 files of what happened, and the only code that knows their layout."""

from atomtug.recordings.events import Event
from atomtug.recordings.layout import Column
from atomtug.recordings.reader import Recording
from atomtug.recordings.writer import FLUSH_INTERVAL, RecordingWriter

__all__ = ["FLUSH_INTERVAL", "Column", "Event", "Recording", "RecordingWriter"]
