"""One simulation process as the event loop sees it: orders go out, reports come in, its end is told."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable, Mapping
from typing import cast

from atomtug.core.errors import CommandFailed, EngineError, UnsureError
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.process.channel import encode, read_message
from atomtug.server.process.messages import (
    Ended,
    Loaded,
    LoadFailed,
    Order,
    Received,
    Released,
    Reply,
    Report,
    Request,
    SetInteractions,
    TakenOver,
)
from atomtug.server.process.worker_process import WorkerProcess, describe_exit, start_worker, wait_for_exit

MAX_QUEUED_ORDERS = 1000
"""Orders kept for a process that is busy; one more is refused."""


class SimulationHandle:
    """One simulation process. It is made and used on the event loop.

    Orders never block the caller. They go out in batches, the next one when the process has read the last; of
    several changes of the interactions only the newest is sent. Reports are handed over one at a time; while the
    event loop is busy the socket fills up and the process waits, so nothing is lost and nothing piles up.

    Args:
        engine: display name of its engine, for error messages
        timeout: seconds a single calculation may take before the process is ended
        on_report: called on the event loop with this handle and each report, in order. The last one is
            :class:`~atomtug.server.process.messages.Ended`, unless the handle was closed
        worker: the process, if it has been started already
    """

    def __init__(
        self,
        engine: str,
        timeout: float,
        on_report: Callable[["SimulationHandle", Report], None],
        worker: WorkerProcess | None = None,
    ) -> None:
        self.end_reason = ""
        """How the process ended, as a clause; empty while it runs."""
        self._engine = engine
        self._timeout = timeout
        self._on_report = on_report
        self._orders: deque[Order] = deque()
        self._interactions: SetInteractions | None = None
        self._replies: deque[asyncio.Future[Reply]] = deque()
        self._batch_in_flight = False
        self._closing = False
        self._writer: asyncio.StreamWriter | None = None
        self._process, self._socket = worker or start_worker(timeout)
        self._task = asyncio.get_running_loop().create_task(self._communicate())

    @property
    def pid(self) -> int:
        """Process identifier."""
        return self._process.pid

    def order(self, order: Order) -> None:
        """Have this done, after what was ordered before.

        Raises:
            CommandFailed: too many orders wait already
        """
        if len(self._orders) >= MAX_QUEUED_ORDERS:
            raise CommandFailed(
                f"The simulation is busy and {MAX_QUEUED_ORDERS} commands wait already: try again later."
            )
        self._orders.append(order)
        if isinstance(order, Request):
            reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
            reply.add_done_callback(
                lambda done: done.cancelled() or done.exception()
            )  # nobody has to await it
            self._replies.append(reply)
        self._send()

    def request(self, order: Request) -> "asyncio.Future[Reply]":
        """As :meth:`order`, for orders that are answered.

        Returns:
            a future with the answer. It fails with an :class:`~atomtug.core.errors.EngineError` if the engine
            can't do what was ordered, or if the process ends before it answers

        Raises:
            CommandFailed: too many orders wait already
        """
        self.order(order)
        reply = self._replies[-1]
        if self.end_reason:
            reply.set_exception(self._failure())
        return reply

    def set_interactions(self, interactions: Mapping[str, ActiveInteraction]) -> None:
        """Replace all interactions that act on the atoms."""
        self._interactions = SetInteractions(dict(interactions))
        self._send()

    async def close(self) -> None:
        """End the process; nothing more is reported."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(
                socket.SHUT_RDWR
            )  # the worker ends in good order, unless it is in a calculation
        await asyncio.to_thread(wait_for_exit, self._process)
        await asyncio.wait([self._task])

    def _send(self) -> None:
        batch: list[Order] = list(self._orders)
        if self._interactions is not None:
            batch.append(self._interactions)
        if self._writer is None or self._batch_in_flight or not batch:
            return
        self._orders.clear()
        self._interactions = None
        self._batch_in_flight = True
        self._writer.write(encode(batch))

    async def _communicate(self) -> None:
        reader, writer = await asyncio.open_connection(sock=self._socket)
        self._writer = writer
        self._send()
        try:
            while True:
                self._receive(cast(Report, await read_message(reader)))
                await asyncio.sleep(0)  # a fast simulation leaves the event loop to others in between
        except (EOFError, OSError):
            pass
        writer.close()
        code = await asyncio.to_thread(wait_for_exit, self._process)
        self.end_reason = describe_exit(code, self._timeout)
        for reply in self._replies:
            if not reply.done():
                reply.set_exception(self._failure())
        self._report(Ended(self.end_reason))

    def _receive(self, report: Report) -> None:
        match report:
            case Received():
                self._batch_in_flight = False
                self._send()
            case Loaded() | Released() | TakenOver():
                self._answer(report)
            case LoadFailed(reason, unsure=True):
                self._answer(UnsureError(reason))
            case LoadFailed(reason):
                self._answer(EngineError(reason))
        self._report(report)

    def _report(self, report: Report) -> None:
        if self._closing:
            return
        try:
            self._on_report(self, report)
        except Exception as error:  # a mistake there must not stop the simulation
            asyncio.get_running_loop().call_exception_handler(
                {
                    "message": f"A report of the simulation ({type(report).__name__}) failed",
                    "exception": error,
                }
            )

    def _answer(self, answer: Reply | EngineError) -> None:
        reply = self._replies.popleft()
        if reply.done():  # whoever asked has stopped waiting
            return
        if isinstance(answer, EngineError):
            reply.set_exception(answer)
        else:
            reply.set_result(answer)

    def _failure(self) -> EngineError:
        return EngineError(f"{self._engine} can't simulate this: {self.end_reason}.")
