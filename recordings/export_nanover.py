"""Export to a NanoVer recording (``.nanover.zip``): the messages that a client would have received.

A zip with two stored members: ``messages.msgpack``, the messages of NanoVer's WebSocket protocol one after the
other, and ``index.msgpack``, where each begins and when it was sent.
"""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from atomtug.core.frame import Frame
from atomtug.recordings.hands import written_value
from atomtug.recordings.interactions import definition
from atomtug.recordings.reader import Recording
from atomtug.recordings.runs import runs
from atomtug.wire import frame_keys
from atomtug.wire.frames import bond_values, frame_values, topology_values
from atomtug.wire.packing import pack


def write_nanover(recordings: Sequence[Recording], path: Path, progress: Callable[[int], object]) -> None:
    """Write one message for each frame, and one before it when an interaction started, moved or ended."""
    (recording,) = recordings
    index: list[dict[str, Any]] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("messages.msgpack", "w", force_zip64=True) as stream:
            offset = 0
            for message, metadata in _messages(recording, progress):
                packed: bytes = msgpack.packb(message)
                stream.write(packed)
                index.append({"offset": offset, "length": len(packed), "metadata": metadata})
                offset += len(packed)
        archive.writestr("index.msgpack", msgpack.packb(index))


def _messages(recording: Recording, progress: Callable[[int], object]) -> Any:
    clock = np.maximum.accumulate(recording.wall_clock - recording.wall_clock[0])
    rows, table, events = 0, recording.interactions, recording.events
    shown: dict[str, dict[str, Any]] = {}
    previous: Frame | None = None
    counter, place, bonds = -1, 0, None
    starts = {run.start for run in runs(recording)}
    for number, frame in enumerate(recording.frames()):
        stamp = round(float(clock[number]) * 1e6)
        definitions = table.events[rows : rows + len(frame.interactions)]
        rows += len(frame.interactions)
        hands = {
            hand.key: written_value(hand, definition(events, int(event)))
            for hand, event in zip(frame.interactions, definitions, strict=True)
        } | recording.people(number)
        updates = {key: value for key, value in hands.items() if shown.get(key) != value}
        removals = [key for key in shown if key not in hands]
        shown = hands
        changes = {"updates": updates, "removals": removals}
        hands_moved = ({"state": changes}, {"types": ["state"], "timestamp": stamp})
        # The very first message is a frame: Python's zipfile can't begin with a leap over another message when the
        # index was read just before (seen with 3.13.0), and NanoVer's readers of frames would make one.
        if (updates or removals) and previous is not None:
            yield hands_moved
        begins = number in starts
        place = 0 if begins else place + 1
        counter += begins
        values = {**(topology_values(recording.system) if begins else {}), **frame_values(frame)}
        now = recording.bonds(number)
        if begins or bonds is None or not np.array_equal(now, bonds):
            values |= bond_values(now, frame.electrons)
        values |= {
            frame_keys.FRAME_INDEX: place,
            frame_keys.SIMULATION_COUNTER: counter,
            frame_keys.SERVER_TIMESTAMP: float(clock[number]),
        }
        message = {key: pack(key, value) for key, value in values.items()}
        yield {"frame": message}, {"types": ["frame"], frame_keys.FRAME_INDEX: place, "timestamp": stamp}
        if updates and number == 0:
            yield hands_moved
        bonds, previous = now, frame
        progress(1)
