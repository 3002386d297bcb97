"""PM6 at the wheel while a network is unsure: it takes over for a while, then the network is asked again."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from atomtug.core.errors import AtomtugError
from atomtug.core.frame import Frame

FALLBACK_ENGINE = "pm6"
STEPS = 200
"""MD steps that the substitute makes before the network is asked again."""


class EngineFallback:
    """Swaps there and back. To be used on the event loop.

    Args:
        swap: lets another engine take over; fails with an :class:`AtomtugError` if it can't
    """

    def __init__(self, swap: Callable[[str], Awaitable[None]]) -> None:
        self._swap = swap
        self._task: asyncio.Future[None] | None = None
        self._stands_in_for: str | None = None
        self._left_alone = False
        """Whether not to try again before the engine has been sure."""
        self._since: int | None = None
        """The first step that the substitute made, once it has."""

    def update(self, frame: Frame, unsure: bool, engine: str) -> None:
        """After each frame.

        Args:
            frame: the newest
            unsure: whether its engine is
            engine: the one that leads
        """
        self._left_alone &= unsure
        if self._task is not None and not self._task.done():
            return
        if self._stands_in_for is None:
            if unsure and engine != FALLBACK_ENGINE and not self._left_alone:
                self._stands_in_for, self._since = engine, None
                self._go(FALLBACK_ENGINE)
        elif engine != FALLBACK_ENGINE:  # it could not take over, or a client has chosen another engine
            self._stands_in_for, self._left_alone = None, True
        elif self._since is None or frame.step < self._since:
            self._since = frame.step
        elif frame.step - self._since >= STEPS:
            back, self._stands_in_for = self._stands_in_for, None
            self._go(back)

    def prepare(self, getting_ready: Awaitable[None]) -> None:
        """Wait for the substitute to be ready; if it can't be, that is told when it is needed."""

        async def wait() -> None:
            with contextlib.suppress(AtomtugError):
                await getting_ready

        self._task = asyncio.ensure_future(wait())

    def _go(self, engine: str) -> None:
        async def swap() -> None:
            with contextlib.suppress(AtomtugError):  # it stands in the state, for those who look
                await self._swap(engine)

        self._task = asyncio.ensure_future(swap())
