"""Events: a journal of JSON lines beside the frames, each with the index of a frame and the time of day."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atomtug.wire.values import Value

INTERACTION = "interaction"
"""An interaction starts or changes: key, owner, interaction_type, scale, ..."""
INTERACTION_END = "interaction_end"
"""An interaction ends: key."""
ENGINE = "engine"
"""The engine changes: name, settings."""
DYNAMICS = "dynamics"
"""The dynamics change: temperature, friction, timestep, ..."""
UNSURE = "unsure"
"""The engine's uncertainty went above its limit, or below it again: unsure."""
STATE_CHANGE = "state_change"
"""The engine went over to another electronic state: step, energy before and after (kJ/mol), way."""
PERSON = "person"
"""Where a person is: key of the shared state, and its value; null when they have left."""
RUN = "run"
"""A reset, an undo or a load: the frames from here on are a run of their own."""
PLAY = "play"
"""The simulation goes on."""
PAUSE = "pause"
"""The simulation is paused."""
EXCEPTION = "exception"
"""Something failed: text."""

EventValue: TypeAlias = "Value | NDArray[np.generic] | np.generic"
"""What an event may be given; arrays and numbers of numpy are read back as plain ones."""


@dataclass(frozen=True)
class Event:
    """One line of the journal.

    Args:
        kind: one of this module's constants, or a word of the caller's own
        frame: index of the first frame recorded after it
        wall_clock: seconds since 1970
        data: depends on the kind
    """

    kind: str
    frame: int
    wall_clock: float
    data: Mapping[str, Any]


def encode(event: Event) -> bytes:
    """One line of UTF-8 JSON. Infinity is written as ``Infinity``: ``max_force`` may be infinite."""
    line = {
        "kind": event.kind,
        "frame": event.frame,
        "wall_clock": event.wall_clock,
        "data": dict(event.data),
    }
    return (json.dumps(line, ensure_ascii=False, default=plain) + "\n").encode("utf-8", "surrogatepass")


def decode(text: bytes) -> Event:
    """The event that a line holds.

    Raises:
        ValueError: the line is damaged
    """
    line = json.loads(text.decode("utf-8", "surrogatepass"))
    if not isinstance(line, dict) or not isinstance(line.get("data"), dict):
        raise ValueError("an event that is not a JSON object")
    return Event(
        kind=str(line.get("kind", "")),
        frame=int(line.get("frame", 0)),
        wall_clock=float(line.get("wall_clock", 0.0)),
        data=line["data"],
    )


def plain(value: Any) -> Any:
    """For :func:`json.dumps`: what numpy and mappings hold, as JSON has it.

    Raises:
        TypeError: JSON has nothing for it
    """
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in a recording's journal: give plain JSON values")
