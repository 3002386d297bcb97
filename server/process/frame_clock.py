"""Keeps a frame rate and measures how fast the simulation advances."""

import time
from collections.abc import Callable

SMOOTHING = 0.8
"""Weight of the past in the measured speed."""


class FrameClock:
    """When the next frame is due, and how many MD steps are made per second.

    Args:
        fps: frames per second; 0 for as many as can be made
        clock: seconds, monotonic
    """

    def __init__(self, fps: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1.0 / fps if fps > 0 else 0.0
        self._clock = clock
        self.steps_per_second = 0.0
        self.restart()

    def restart(self) -> None:
        """Begin after a pause: the time that has passed does not count."""
        self._due = self._clock()
        self._counted = self._due

    def wait(self) -> float:
        """Seconds until the next frame should be begun."""
        now = self._clock()
        if self._due < now - self._interval:
            self._due = now  # late by more than a frame: the frames that were missed are not made up for
        wait = max(self._due - now, 0.0)
        self._due += self._interval
        return wait

    def count(self, steps: int) -> None:
        """Record that ``steps`` MD steps were made since the last call (or restart)."""
        now = self._clock()
        speed = steps / max(now - self._counted, 1e-9)
        past = SMOOTHING if self.steps_per_second else 0.0
        self.steps_per_second = past * self.steps_per_second + (1 - past) * speed
        self._counted = now
