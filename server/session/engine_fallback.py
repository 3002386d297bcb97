"""While a network is unsure, PM6 simulates in its place: for a while, then the network is asked again."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from atomtug.core.errors import AtomtugError, UnsureError
from atomtug.core.frame import Frame

FALLBACK_ENGINE = "pm6"
FALLBACK_STEPS = 200
"""MD steps that the fallback engine makes before the network is asked again."""


class EngineFallback:
    """Swaps to the fallback engine and back. It is used on the event loop.

    Args:
        swap: lets another engine take over; fails with an :class:`AtomtugError` if it can't
        at_limit: whether it stands in wherever the engine is unsure; otherwise only where it is asked to
    """

    def __init__(self, swap: Callable[[str], Awaitable[None]], at_limit: bool = True) -> None:
        self._at_limit = at_limit
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
            if self._at_limit and unsure and engine != FALLBACK_ENGINE and not self._wait_until_sure:
                self._replaced, self._first_step = engine, None
                self._start(self._swap(FALLBACK_ENGINE))
        elif engine != FALLBACK_ENGINE:  # it could not take over, or a client has chosen another engine
            self._replaced, self._wait_until_sure = None, True
        elif self._first_step is None or frame.step < self._first_step:
            self._first_step = frame.step
        elif frame.step - self._first_step >= FALLBACK_STEPS:
            back, self._replaced = self._replaced, None
            self._start(self._give_back(back))

    def give_way(self, engine: str, on_failure: Callable[[str], None]) -> None:
        """Let the fallback engine take over now, as soon as it is ready.

        Args:
            engine: the active engine, which makes no further step
            on_failure: called with a sentence if the fallback engine can't go on
        """
        before = self._task

        async def take_over() -> None:
            if before is not None:
                await before
            self._replaced, self._first_step = engine, None
            try:
                await self._swap(FALLBACK_ENGINE)
            except AtomtugError as error:
                self._replaced = None
                on_failure(str(error))

        self._start(take_over())

    async def _give_back(self, engine: str) -> None:
        """Let the engine take over again; if it still knows nothing, it is asked again after as many steps."""
        try:
            await self._swap(engine)
        except UnsureError:
            self._replaced, self._first_step = engine, None

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
