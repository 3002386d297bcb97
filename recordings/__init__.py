"""Recordings: HDF5 files of simulations, and the only code that knows their layout.

- the layout: :mod:`layout`, :mod:`events`, :mod:`bond_orders`, :mod:`provenance`
- written by :mod:`writer`, with :mod:`create`, :mod:`growing` and :mod:`commit`
- read by :mod:`reader`, with :mod:`opening`, :mod:`superblock`, :mod:`decoding` and :mod:`interactions`
- damaged ones: :mod:`salvage`, :mod:`repair`
- what is in one: :mod:`runs`, :mod:`reactions`, :mod:`pulls`, :mod:`summary`, :mod:`describe`, :mod:`overview`,
  :mod:`plot`
- played again: :mod:`playable`, :mod:`foreign`, :mod:`hands`, :mod:`import_nanover`, :mod:`import_narupa`
- other formats: :mod:`export`, and ``export_*`` for each
"""

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
