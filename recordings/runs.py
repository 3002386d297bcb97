"""The runs of a recording: from one reset, undo or load to the next, each a trajectory of its own."""

from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from atomtug.core.systems.apart import is_flown_apart
from atomtug.recordings import events
from atomtug.recordings.layout import POSITION
from atomtug.recordings.reader import Recording

_BLOCK = 64
"""Frames read at once, from the end."""
Number = TypeVar("Number", np.int64, np.float64)


def runs(recording: Recording) -> list[range]:
    """The frames of each run, in order. A run begins where the journal says so, or where the step goes back."""
    frames = len(recording)
    if not frames:
        return []
    told = {event.frame for event in recording.events if event.kind == events.RUN and event.frame < frames}
    back = np.flatnonzero(np.diff(recording.steps) < 0) + 1
    starts = sorted({0, *told, *back.tolist()})
    return [range(start, stop) for start, stop in pairwise([*starts, frames])]


def follows(recording: Recording) -> NDArray[np.bool_]:
    """(F - 1,) whether each frame but the first goes on from the one before it: whether they are of one run."""
    same = np.ones(max(len(recording) - 1, 0), dtype=bool)
    for run in runs(recording)[1:]:
        same[run.start - 1] = False
    return same


def continued(recording: Recording, values: NDArray[Number]) -> NDArray[Number]:
    """(F,) what begins anew with each run, such as time, as what goes on over all of them from 0.

    Args:
        recording: of F frames
        values: (F,) of each frame
    """
    changes = np.where(follows(recording), np.diff(values), 0)
    return np.concatenate([np.zeros_like(values[:1]), np.cumsum(changes, dtype=values.dtype)])


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
