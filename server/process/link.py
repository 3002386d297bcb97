"""A simulation process as the event loop sees it: reports come in order, to whoever they are for now."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, Protocol

from atomtug.core.errors import EngineError
from atomtug.server.process import messages
from atomtug.server.process.simulation_process import SimulationProcess

MAX_BATCHES = 8
"""Batches of reports on their way from the process's thread; it waits when there are more."""


class Role(Protocol):
    """What a process is for: who hears of it. Called on the event loop, in order."""

    def take(self, report: messages.Report) -> None:
        """It says something."""

    def ended(self, reason: str) -> None:
        """It is no more; a sentence on how it ended."""


class Link:
    """One simulation process. To be made and used on the event loop.

    Args:
        patience: seconds a single calculation may take
        role: who hears of it
    """

    def __init__(self, patience: float, role: Role) -> None:
        self.role = role
        self.over = ""
        """How the process ended; empty while it is there."""
        self._loop = asyncio.get_running_loop()
        self._batches = threading.BoundedSemaphore(MAX_BATCHES)
        self.process = SimulationProcess(patience, self._receive, self._ended)

    async def close(self) -> None:
        """End the process; nothing more is heard of it."""
        self.role = Nobody()
        await asyncio.to_thread(self.process.close)

    def _receive(self, reports: list[messages.Report]) -> None:
        """In the process object's thread: hand over to the loop, but not faster than it can take."""
        self._batches.acquire(timeout=5.0)
        self._call_loop(self._take, reports)

    def _ended(self, reason: str) -> None:
        self._call_loop(self._end, reason)

    def _call_loop(self, callback: Callable[[Any], None], argument: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the session is over
            self._loop.call_soon_threadsafe(callback, argument)

    def _take(self, reports: list[messages.Report]) -> None:
        with contextlib.suppress(ValueError):  # the thread stopped waiting for it
            self._batches.release()
        for report in reports:
            self.role.take(report)

    def _end(self, reason: str) -> None:
        self.over = reason
        self.role.ended(reason)


class Nobody:
    """Hears nothing."""

    def take(self, report: messages.Report) -> None:
        """Not of interest."""

    def ended(self, reason: str) -> None:
        """Nor this."""


class Understudy:
    """A process that is asked for one thing: to load an engine, or to take over. ``answer`` says what came of it.

    Args:
        engine: what it is called, for the error's text
    """

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self.answer: asyncio.Future[messages.Loaded | messages.TakenOver] = (
            asyncio.get_running_loop().create_future()
        )

    def take(self, report: messages.Report) -> None:
        """It is ready, or can't be."""
        if self.answer.done():
            return
        match report:
            case messages.Loaded() | messages.TakenOver():
                self.answer.set_result(report)
            case messages.LoadFailed(reason):
                self.answer.set_exception(EngineError(reason))

    def ended(self, reason: str) -> None:
        """It can't be."""
        if not self.answer.done():
            self.answer.set_exception(EngineError(f"{self._engine} can't simulate this: {reason}."))
