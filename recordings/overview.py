"""A trajectory at a glance: its energy in a few points, its runs, and where fragments have flown apart."""

import math
from dataclasses import dataclass

import numpy as np

from atomtug.core.units import KCALMOL_PER_EV
from atomtug.recordings.playable import Playable
from atomtug.recordings.reader import Recording
from atomtug.recordings.runs import flown_apart, runs


@dataclass(frozen=True)
class Overview:
    """What a scrubber or a list shows of a trajectory of F frames.

    Args:
        energies: kcal/mol from the first frame, at frames evenly spread from the first to the last; None if unknown
        runs: the first frame of each run
        apart: first and last frame of each end of a run in which fragments have flown apart
    """

    energies: list[float | None]
    runs: list[int]
    apart: list[list[int]]


def overview(playable: Playable, points: int) -> Overview:
    """Look at a trajectory.

    Args:
        playable: what can be played
        points: energies at most

    Raises:
        RecordingError: the file is damaged
    """
    frames = len(playable)
    places = np.unique(np.linspace(0, frames - 1, min(points, frames)).round().astype(int)).tolist()
    if isinstance(playable, Recording):
        values = playable.energies[places] if frames else np.empty(0)
        found = runs(playable)
        ends = [flown_apart(playable, run) for run in found]
    else:
        values = np.array([playable.frame(place).energy for place in places])
        found, ends = [range(frames)], []
    relative = (values - values[:1]) * KCALMOL_PER_EV
    return Overview(
        [round(value, 2) if math.isfinite(value) else None for value in relative.tolist()],
        [run.start for run in found],
        [[end.start, end.stop - 1] for end in ends if end],
    )
