"""Recordings of Narupa and of NanoVer to 2025: a ``.traj`` file of frames, a ``.state`` file of the shared state.

Each begins with a magic number and a version, then follow records until the end: a time stamp in microseconds (16
bytes), the length of the message (8 bytes), and the protobuf message that a client received. All little-endian. The
two files belong together by name and are merged by time; either may end in the middle of a record.
"""

import heapq
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from google.protobuf.message import DecodeError

from atomtug.core.errors import RecordingError
from atomtug.protos import array_pb2, state_pb2, trajectory_pb2
from atomtug.recordings.foreign import ForeignTrajectory
from atomtug.recordings.import_nanover import from_messages
from atomtug.wire import frame_keys
from atomtug.wire.struct_codec import from_protobuf, struct_to_dict

FRAMES, STATE = ".traj", ".state"
MAGIC, VERSION = 6661355757386708963, 2
_HEADER = struct.Struct("<QQ")
_RECORD = struct.Struct("<QQQ")
"""Lower and upper half of the time stamp, and the length of what follows."""


def is_narupa(path: Path) -> bool:
    """Whether a file begins as these recordings do (ASE's trajectories have the same ending)."""
    try:
        with path.open("rb") as stream:
            return stream.read(8) == struct.pack("<Q", MAGIC)
    except OSError:
        return False


def read_narupa(path: Path) -> ForeignTrajectory:
    """Read a recording, given by either of its files; without the state, the frames alone.

    Raises:
        RecordingError: the frames are not there, can't be read, or are no such recording
    """
    frames, states = path.with_suffix(FRAMES), path.with_suffix(STATE)
    if not frames.exists():
        raise RecordingError(
            f"{path} is the shared state of a recording; its frames, {frames}, are not there."
        )
    try:
        streams = [_stamped(frames, 1, _frame_message)]
        if states.exists():
            streams.append(_stamped(states, 0, _state_message))
        # Of one time, the state comes first: a frame shows the hands that made it.
        merged = heapq.merge(*streams, key=lambda each: each[:2])
        return from_messages(frames, (message for _, _, message in merged))
    except OSError as error:
        raise RecordingError(f"{path} can't be read ({error.strerror or error}).") from error
    except (ValueError, TypeError, AttributeError, DecodeError) as error:
        raise RecordingError(f"{path} is damaged: its messages can't be read ({error}).") from error


def _stamped(path: Path, order: int, decode: Any) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Time stamp, ``order`` and message of each whole record."""
    with path.open("rb") as stream:
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size or _HEADER.unpack(header)[0] != MAGIC:
            raise RecordingError(
                f"{path} is no recording of Narupa or NanoVer: it does not begin as they do."
            )
        if (version := _HEADER.unpack(header)[1]) != VERSION:
            raise RecordingError(
                f"{path} has version {version} of Narupa's format, and only version {VERSION} can be read."
            )
        for stamp, content in _records(stream, path.stat().st_size):
            yield stamp, order, decode(content)


def _records(stream: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """Time stamp and content of each whole record of a file of so many bytes."""
    while len(head := stream.read(_RECORD.size)) == _RECORD.size:
        low, high, length = _RECORD.unpack(head)
        if length > size - stream.tell():
            return
        yield low + (high << 64), stream.read(length)


def _frame_message(content: bytes) -> dict[str, Any]:
    response = trajectory_pb2.GetFrameResponse.FromString(content)
    frame = response.frame
    values = {key: from_protobuf(value) for key, value in frame.values.items()}
    arrays = {key: _array(array) for key, array in frame.arrays.items()}
    return {"frame": {**values, **arrays, frame_keys.FRAME_INDEX: response.frame_index}}


def _array(array: array_pb2.ValueArray) -> Any:
    kind = array.WhichOneof("values")
    if kind is None:
        return np.empty(0)
    values = getattr(array, kind).values
    return list(values) if kind == "string_values" else np.array(values)


def _state_message(content: bytes) -> dict[str, Any]:
    changes = struct_to_dict(state_pb2.StateUpdate.FromString(content).changed_keys)
    updates = {key: value for key, value in changes.items() if value is not None}
    return {"state": {"updates": updates, "removals": [key for key in changes if key not in updates]}}
