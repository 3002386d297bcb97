"""The runs of a recording: from one reset, undo or load to the next, each a trajectory of its own."""

from itertools import pairwise

import numpy as np

from atomtug.core.systems.apart import is_flown_apart
from atomtug.recordings import events
from atomtug.recordings.layout import POSITION
from atomtug.recordings.reader import Recording

_BLOCK = 64
"""Frames read at once, from the end."""


def runs(recording: Recording) -> list[range]:
    """The frames of each run, in order. A run begins where the journal says so, or where the step goes back."""
    frames = len(recording)
    if not frames:
        return []
    told = {event.frame for event in recording.events if event.kind == events.RUN and event.frame < frames}
    back = np.flatnonzero(np.diff(recording.steps) < 0) + 1
    starts = sorted({0, *told, *back.tolist()})
    return [range(start, stop) for start, stop in pairwise([*starts, frames])]


def flown_apart(recording: Recording, run: range) -> range:
    """The frames at the end of a run in which fragments have flown apart, all of them; empty where there are none.

    Args:
        recording: where the run is
        run: one of :func:`runs`
    """
    first = run.stop
    while first > run.start:
        start = max(run.start, first - _BLOCK)
        block = recording.part(POSITION.name, start, first)
        kept = next((k for k in reversed(range(len(block))) if not is_flown_apart(block[k])), None)
        if kept is not None:
            return range(start + kept + 1, run.stop)
        first = start
    return range(first, run.stop)
