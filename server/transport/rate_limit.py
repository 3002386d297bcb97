"""A least time between two messages of a stream."""

import asyncio


class RateLimit:
    """Keeps at least ``interval`` seconds between two messages, without drift.

    Args:
        interval: seconds; 0 for no limit
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._due = 0.0

    async def wait(self) -> None:
        """Wait until the next message may be sent."""
        if not self.interval:
            return
        now = asyncio.get_running_loop().time()
        if self._due > now:
            await asyncio.sleep(self._due - now)
        self._due = max(self._due, now - self.interval) + self.interval
