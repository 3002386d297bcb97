"""Recorded interactions as their clients wrote them to the shared state."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from atomtug.core.frame import AppliedInteraction
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.recordings.interactions import definition
from atomtug.recordings.reader import Recording
from atomtug.wire import interactions as fields

_WRITTEN_BY_CLIENTS = (
    fields.INTERACTION_TYPE,
    fields.COUNTER_PARTICLES,
    fields.LENGTH,
    fields.SCALE,
    fields.MASS_WEIGHTED,
    fields.RESET_VELOCITIES,
    fields.MAX_FORCE,
    fields.DAMPING,
    fields.LABEL,
    fields.OWNER,
)


def hands_at(recording: Recording, index: int) -> dict[str, dict[str, Any]]:
    """The interactions of one frame: by key, the value that a client would have written.

    Args:
        recording: where they are recorded
        index: of the frame

    Raises:
        RecordingError: the file is damaged
    """
    table, events = recording.interactions, recording.events
    rows = range(*np.searchsorted(table.frames, (index, index + 1)).tolist())
    definitions = [definition(events, int(table.events[row])) for row in rows]
    applied = [
        table.applied(row, str(said.get("key", ""))) for row, said in zip(rows, definitions, strict=True)
    ]
    return {
        hand.key: written_value(hand, said)
        for hand, said in zip(applied, definitions, strict=True)
        if hand.key
    }


def written_value(hand: AppliedInteraction, said: Mapping[str, Any]) -> dict[str, Any]:
    """The value that a client would have written to the shared state, in nm.

    Args:
        hand: an interaction of a frame
        said: the data of the event that defines it
    """
    value = {key: said[key] for key in _WRITTEN_BY_CLIENTS if key in said}
    if "owner" in said:
        value.setdefault(fields.OWNER, said["owner"])
    return {
        **value,
        fields.POSITION: (hand.position * NM_PER_ANGSTROM).tolist(),
        fields.PARTICLES: hand.particles.tolist(),
    }
