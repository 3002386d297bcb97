"""Keeping a frame rate, and knowing how fast the engine really is."""

import time
from collections.abc import Callable

SMOOTHING = 0.8
"""Weight of the past in the measured speed."""


class FrameClock:
    """When the next frame is due, and MD steps per second.

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
        """Time spent standing still does not count."""
        self._due = self._clock()
        self._counted = self._due

    def wait(self) -> float:
        """Seconds until the next frame should be begun."""
        now = self._clock()
        if self._due < now - self._interval:
            self._due = now  # too late by more than a frame: don't try to catch up
        wait = max(self._due - now, 0.0)
        self._due += self._interval
        return wait

    def count(self, steps: int) -> None:
        """That many MD steps were made since the last call (or restart)."""
        now = self._clock()
        speed = steps / max(now - self._counted, 1e-9)
        past = SMOOTHING if self.steps_per_second else 0.0
        self.steps_per_second = past * self.steps_per_second + (1 - past) * speed
        self._counted = now
