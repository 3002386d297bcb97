"""NanoVer's recordings (``.nanover.zip``): the messages of its WebSocket protocol, one after the other.

Frames are increments: a key that is absent keeps its last value, and index 0 makes everything before it void.
"""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import RecordingError
from atomtug.core.units import (
    KJMOL_NM_PER_FORCE,
    KJMOL_PER_EV,
    NM_PER_ANGSTROM,
    NM_PS_PER_VELOCITY,
    PS_PER_TIME,
)
from atomtug.recordings.foreign import ForeignFrame, ForeignTrajectory
from atomtug.wire import frame_keys
from atomtug.wire.packing import PACKED
from atomtug.wire.state_keys import AVATAR_PREFIX, INTERACTION_PREFIX, PLAYAREA_PREFIX

SUFFIX = ".nanover.zip"
MESSAGES = "messages.msgpack"
_SHOWN = (INTERACTION_PREFIX, AVATAR_PREFIX, PLAYAREA_PREFIX)
"""Prefixes of the keys that are replayed; others, such as a server's own, would say what is not so."""


def read_nanover(path: Path) -> ForeignTrajectory:
    """Read a recording. Only the first molecule of one in which another was loaded is taken, and a note says so.

    Raises:
        RecordingError: the file can't be read, or is no such recording
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(MESSAGES) as stream:
            return from_messages(path, msgpack.Unpacker(stream, raw=False, strict_map_key=False))
    except OSError as error:
        raise RecordingError(f"{path} can't be read ({error.strerror or error}).") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:  # or it is encrypted
        raise RecordingError(
            f"{path} is no recording of NanoVer, or was cut off: it must be a zip with {MESSAGES} in it."
        ) from error
    except (ValueError, TypeError, AttributeError, msgpack.UnpackException) as error:
        raise RecordingError(f"{path} is damaged: its messages can't be read ({error}).") from error


def from_messages(path: Path, messages: Iterator[Mapping[str, Any]]) -> ForeignTrajectory:
    """The trajectory that messages make, each with a ``frame``, changes of the ``state``, or both.

    Args:
        path: where they are from
        messages: in the order in which they were sent; arrays of a frame packed as bytes, or as numbers

    Raises:
        RecordingError: they hold no frame
        ValueError: a message makes no sense
    """
    moments: list[ForeignFrame] = []
    notes: list[str] = []
    values: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    numbers: Ints | None = None
    for message in messages:
        state = message.get("state") or {}
        shared = {**shared, **_shown(state.get("updates") or {})}
        shared = {key: value for key, value in shared.items() if key not in (state.get("removals") or [])}
        update = message.get("frame")
        if update is None:
            continue
        if update.get(frame_keys.FRAME_INDEX) == 0:
            values = {}
        values.update(update)
        if not {frame_keys.PARTICLE_ELEMENTS, frame_keys.PARTICLE_POSITIONS} <= values.keys():
            continue
        elements = _array(values, frame_keys.PARTICLE_ELEMENTS).astype(np.int64)
        numbers = elements if numbers is None else numbers
        if not np.array_equal(numbers, elements):
            notes.append(f"Another molecule follows after frame {len(moments) - 1}: it is not played.")
            break
        if frame_keys.PARTICLE_POSITIONS in update:
            moments.append(_moment(values, shared, len(numbers)))
    return ForeignTrajectory(
        path, np.empty(0, np.int64) if numbers is None else numbers, moments, tuple(notes)
    )


def _shown(updates: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in updates.items() if key.startswith(_SHOWN)}


def _moment(values: Mapping[str, Any], shared: Mapping[str, Any], count: int) -> ForeignFrame:
    positions = _vectors(values, frame_keys.PARTICLE_POSITIONS, NM_PER_ANGSTROM)
    if positions is None or positions.shape != (count, 3):
        raise ValueError(f"positions of {count} atoms are needed")
    user_forces = np.zeros_like(positions)
    pulls = _vectors(values, frame_keys.USER_FORCES_SPARSE, KJMOL_NM_PER_FORCE)
    if pulls is not None and frame_keys.USER_FORCES_INDEX in values:
        held = _array(values, frame_keys.USER_FORCES_INDEX).astype(np.int64)
        if len(held) and (held.max() >= count or len(held) != len(pulls)):
            raise ValueError("forces on atoms that are not there")
        user_forces[held] = pulls
    bonds = None
    if frame_keys.BOND_PAIRS in values:
        bonds = _array(values, frame_keys.BOND_PAIRS).astype(np.int64).reshape(-1, 2)
        if len(bonds) and bonds.max() >= count:
            raise ValueError("bonds of atoms that are not there")
        # Where there are none, old servers send a pair of zeros.
        bonds = bonds[bonds[:, 0] != bonds[:, 1]]
    return ForeignFrame(
        positions,
        _vectors(values, frame_keys.PARTICLE_VELOCITIES, NM_PS_PER_VELOCITY, count),
        _vectors(values, frame_keys.PARTICLE_FORCES_SYSTEM, KJMOL_NM_PER_FORCE, count),
        user_forces,
        _number(values, frame_keys.POTENTIAL_ENERGY) / KJMOL_PER_EV,
        _number(values, frame_keys.KINETIC_ENERGY) / KJMOL_PER_EV,
        _number(values, frame_keys.TEMPERATURE),
        _number(values, frame_keys.SIMULATION_TIME) / PS_PER_TIME,
        bonds,
        shared,
    )


def _array(values: Mapping[str, Any], key: str) -> Floats | Ints:
    """An array of numbers, packed or (in old recordings) as a list."""
    value = values[key]
    return np.frombuffer(value, PACKED[key]) if isinstance(value, bytes) else np.asarray(value).reshape(-1)


def _vectors(values: Mapping[str, Any], key: str, factor: float, count: int | None = None) -> Floats | None:
    if key not in values:
        return None
    vectors: Floats = _array(values, key).astype(np.float64).reshape(-1, 3) / factor
    return vectors if count in (None, len(vectors)) else None


def _number(values: Mapping[str, Any], key: str) -> float:
    return float(values.get(key, "nan"))
