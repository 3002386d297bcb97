"""Positions between two frames of the server, so that 30 frames a second are shown as 90."""

import numpy as np

from atomtug.core.arrays import Floats

SLOWEST = 0.25
"""The longest interpolation between two frames, seconds."""
FASTEST = 1 / 240
MEMORY = 0.2
"""Weight of the newest interval in the expected one."""


class PositionInterpolator:
    """Interpolates from the displayed positions to those of the newest frame.

    They arrive when the next frame is due, so what is seen lags by one frame and never jumps.
    """

    def __init__(self) -> None:
        self._start: Floats = np.zeros((0, 3))
        self._target: Floats = np.zeros((0, 3))
        self._arrived = 0.0
        self._interval = 1 / 30

    def add_frame(self, positions: Floats, now: float, jump: bool = False) -> None:
        """Add a frame.

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
        """(N, 3) the positions at a time, seconds."""
        share = (now - self._arrived) / self._interval
        if share >= 1.0 or self._start is self._target:
            return self._target
        shown: Floats = self._start + (self._target - self._start) * max(share, 0.0)
        return shown
