"""Positions between two server frames, so that 30 frames a second look like 90."""

import numpy as np

from atomtug.core.arrays import Floats

SLOWEST = 0.25
"""Seconds; after a longer break atoms do not take as long to arrive."""
FASTEST = 1 / 240
MEMORY = 0.2
"""How much the newest interval counts for the expected one."""


class PositionInterpolator:
    """Where atoms are shown: on their way from where they were shown to where the newest frame has them.

    They arrive when the next frame is due, so what is seen lags by one frame and never jumps.
    """

    def __init__(self) -> None:
        self._start: Floats = np.zeros((0, 3))
        self._target: Floats = np.zeros((0, 3))
        self._arrived = 0.0
        self._interval = 1 / 30

    def add_frame(self, positions: Floats, now: float, jump: bool = False) -> None:
        """A new frame.

        Args:
            positions: (N, 3)
            now: when it came, seconds
            jump: it has nothing to do with the one before
        """
        if jump or positions.shape != self._target.shape:
            self._start = self._target = positions
        else:
            self._start = self.at(now)
            self._target = positions
            passed = min(max(now - self._arrived, FASTEST), SLOWEST)
            self._interval += MEMORY * (passed - self._interval)
        self._arrived = now

    def at(self, now: float) -> Floats:
        """(N, 3) at some time, seconds."""
        share = (now - self._arrived) / self._interval
        if share >= 1.0 or self._start is self._target:
            return self._target
        shown: Floats = self._start + (self._target - self._start) * max(share, 0.0)
        return shown
