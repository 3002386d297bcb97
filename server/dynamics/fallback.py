"""While a network is unsure, PM6 simulates in its place: for a while, then the network is asked again."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from atomtug.core.errors import AtomtugError
from atomtug.core.frame import Frame

FALLBACK_ENGINE = "pm6"
FALLBACK_STEPS = 200
"""MD steps that the fallback engine makes before the network is asked again."""


class EngineFallback:
    """Swaps to the fallback engine and back. It is used on the event loop.

    Args:
        swap: lets another engine take over; fails with an :class:`AtomtugError` if it can't
    """

    def __init__(self, swap: Callable[[str], Awaitable[None]]) -> None:
        self._swap = swap
        self._task: asyncio.Future[None] | None = None
        self._replaced: str | None = None
        """The engine that the fallback engine stands in for; None while it doesn't."""
        self._wait_until_sure = False
        """Whether not to try again before the engine has been sure."""
        self._first_step: int | None = None
        """The first step that the fallback engine made; None before it has made one."""

    def update(self, frame: Frame, unsure: bool, engine: str) -> None:
        """Decide after each frame which engine should be active.

        Args:
            frame: the newest
            unsure: whether the engine was unsure of it
            engine: the active engine
        """
        self._wait_until_sure &= unsure
        if self._task is not None and not self._task.done():
            return
        if self._replaced is None:
            if unsure and engine != FALLBACK_ENGINE and not self._wait_until_sure:
                self._replaced, self._first_step = engine, None
                self._start(self._swap(FALLBACK_ENGINE))
        elif engine != FALLBACK_ENGINE:  # it could not take over, or a client has chosen another engine
            self._replaced, self._wait_until_sure = None, True
        elif self._first_step is None or frame.step < self._first_step:
            self._first_step = frame.step
        elif frame.step - self._first_step >= FALLBACK_STEPS:
            back, self._replaced = self._replaced, None
            self._start(self._swap(back))

    def prepare(self, preparation: Awaitable[None]) -> None:
        """Do nothing until the fallback engine is ready; if it can't be, that is told when it is needed.

        Args:
            preparation: returns, or fails with an :class:`AtomtugError`, when it is known
        """
        self._start(preparation)

    def _start(self, work: Awaitable[None]) -> None:
        async def ignore_failure() -> None:
            with contextlib.suppress(AtomtugError):  # the shared state has the reason
                await work

        self._task = asyncio.ensure_future(ignore_failure())
