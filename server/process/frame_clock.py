"""Keeps a frame rate and measures how fast the simulation advances.

A frame that someone waits for may be begun before its time. What follows is shifted with it, so that it comes an
interval later, as ever; then the intervals are a little longer until the schedule is reached again. So the mean rate
is kept, and no frame is far from the one before.
"""

import time
from collections.abc import Callable

SMOOTHING = 0.8
"""Weight of the past in the measured speed."""
RETURN = 0.25
"""Of an interval, by which the next ones are longer at most, until frames are no longer ahead of their time."""


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
        self._due = self._begin = self._clock()
        self._counted = self._due
        self._ahead = self._back = 0.0

    def wait(self) -> float:
        """Seconds until the next frame should be begun."""
        now = self._clock()
        if self._due < now - self._interval:
            self._due = now  # late by more than a frame: the frames that were missed are not made up for
            self._ahead = self._back = 0.0
        self._begin = max(self._due, now)
        self._ahead -= self._back
        self._back = min(self._ahead, RETURN * self._interval)
        self._due += self._interval + self._back
        return self._begin - now

    def hurry(self) -> float:
        """Seconds until the frame of the last :meth:`wait` may be begun, if it is wanted as soon as possible.

        Frames are ahead of their time by one interval at most, however often this is called.
        """
        now = self._clock()
        early = min(max(self._begin - now, 0.0), self._interval - self._ahead)
        self._begin -= early
        self._due -= early
        self._ahead += early
        return max(self._begin - now, 0.0)

    def count(self, steps: int) -> None:
        """Record that ``steps`` MD steps were made since the last call (or restart)."""
        now = self._clock()
        speed = steps / max(now - self._counted, 1e-9)
        past = SMOOTHING if self.steps_per_second else 0.0
        self.steps_per_second = past * self.steps_per_second + (1 - past) * speed
        self._counted = now
