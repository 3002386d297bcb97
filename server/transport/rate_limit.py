"""Keeping messages of a stream apart."""

import asyncio


class Spacing:
    """At least ``interval`` seconds between two messages, without drifting later and later."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._due = 0.0

    async def wait(self) -> None:
        """Until the next message is due."""
        if not self.interval:
            return
        now = asyncio.get_running_loop().time()
        if self._due > now:
            await asyncio.sleep(self._due - now)
        self._due = max(self._due, now - self.interval) + self.interval
