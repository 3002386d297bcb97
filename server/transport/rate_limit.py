"""A least time between two messages of a stream."""

import asyncio

MAX_EARLY = 0.01
"""Seconds, at most, by which a message may come early after one that was late."""


class RateLimit:
    """Keeps about ``interval`` seconds between two messages, and no less on average.

    Frames are made at a rate of their own. If one is late, the next may follow it a little early (by a quarter of
    the interval, at most :data:`MAX_EARLY`): otherwise each later one would wait as long as the late one was late.

    Args:
        interval: seconds; 0 for no limit
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._least = interval - min(interval / 4, MAX_EARLY)
        self._last: float | None = None
        """When the last message was sent."""
        self._regular = 0.0
        """When the next message would be due, had all been sent at regular intervals since the last gap."""

    def delay(self, now: float) -> float:
        """Seconds until the next message may be sent; 0 if it may be sent now.

        Args:
            now: seconds, monotonic
        """
        if self._last is None:
            return 0.0
        return max(self._last + self._least - now, self._regular - self.interval - now, 0.0)

    def count(self, now: float) -> None:
        """A message is sent now."""
        self._last = now
        self._regular = max(self._regular, now) + self.interval

    async def wait(self) -> None:
        """Wait until the next message may be sent, and count it."""
        if not self.interval:
            return
        clock = asyncio.get_running_loop().time
        delay = self.delay(clock())
        if delay > 0:
            await asyncio.sleep(delay)
        self.count(clock())
