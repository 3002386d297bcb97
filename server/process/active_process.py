"""The process whose frames are published: started again when it ends, replaced when another engine takes over.

A handover is between two processes. The new one is ready before the old one is asked to stop; the old one stops
between two MD steps and says where it is, and the new one continues from there. Orders that come in the meantime
are kept for whichever process is active afterwards. So no frame is lost and none is made twice.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from atomtug.core.errors import CommandFailed, EngineError
from atomtug.server.engines import display_name
from atomtug.server.process import messages
from atomtug.server.process.listener import SimulationListener
from atomtug.server.process.resume_point import ResumePoint
from atomtug.server.process.simulation_handle import MAX_QUEUED_ORDERS, SimulationHandle

CONTINUING = (messages.Load, messages.Play, messages.StepOnce, messages.Reset, messages.GoBack)
"""Orders that ask for more frames."""


class ActiveProcess:
    """One simulation, through as many processes as it takes. Everything happens on the event loop.

    A process that ends is started again from the last good frame. If the new one ends before it has made any
    progress, the simulation is paused; if it can't even start, nothing is tried again until somebody asks for more.

    Args:
        point: the simulation as it is wanted; kept up to date with the frames that arrive
        listener: receives the reports of the active process
        start_handle: starts a process for an engine; its reports must go to :meth:`receive`
    """

    def __init__(
        self,
        point: ResumePoint,
        listener: SimulationListener,
        start_handle: Callable[[str], SimulationHandle],
    ) -> None:
        self._point = point
        self._listener = listener
        self._start_handle = start_handle
        self._handle: SimulationHandle | None = None
        self._kept_orders: list[messages.Order] | None = None
        """Orders that came during a handover; None while there is none."""
        self._advanced = False
        """Whether this process has brought the simulation any further than the last one did."""
        self._resuming = False
        """Whether the process is being started again."""
        self._given_up = False
        """Whether the engine could not be started again."""
        self._loaded = False
        """Whether a process has been ready to begin."""

    def start(self) -> "asyncio.Future[messages.Reply]":
        """Start at the last good frame, or from the beginning if there is none.

        Returns:
            the answer of the new process, see :meth:`SimulationHandle.request`
        """
        point = self._point
        self._advanced = False
        self._resuming = self._loaded
        if self._handle is None:
            self._handle = self._start_handle(point.engine)
        self._handle.order(messages.SetFrameRate(point.fps))
        loaded = self._handle.request(point.load_order(point.index, point.frame))
        self._handle.set_interactions(point.interactions)
        if point.playing:
            self._handle.order(messages.Play())
        return loaded

    # Orders ---------------------------------------------------------------------------------------------

    def order(self, order: messages.Order) -> None:
        """Have this done, by the process that is active or by the next one.

        Raises:
            CommandFailed: too many orders wait already, or the simulation has not been started
        """
        if self._kept_orders is not None:
            if len(self._kept_orders) >= MAX_QUEUED_ORDERS:
                raise CommandFailed("Another engine is about to take over: try again in a moment.")
            self._kept_orders.append(order)
            return
        if self._given_up and not isinstance(order, CONTINUING):
            return  # the resume point has it, and the next process is told
        self._usable_handle().order(order)

    async def load(self, index: int) -> None:
        """Simulate another of the systems. Not during a handover.

        Raises:
            EngineError: the engine can't; the old system continues
            CommandFailed: too many orders wait already, or the simulation has not been started
        """
        await self._usable_handle().request(self._point.load_order(index, None))

    def send_interactions(self) -> None:
        """Tell the process which interactions act now."""
        if self._handle is not None:
            self._handle.set_interactions(self._point.interactions)

    def _usable_handle(self) -> SimulationHandle:
        if self._given_up:
            self._given_up = False
            self.start()
        if self._handle is None:
            raise CommandFailed("The simulation has not been started yet: try again in a moment.")
        return self._handle

    # Handover -------------------------------------------------------------------------------------------

    async def hand_over(self, new: SimulationHandle, engine: str) -> SimulationHandle | None:
        """Make ``new``, in which ``engine`` is ready, the active process.

        Returns:
            the process that was active before, if it still runs

        Raises:
            EngineError: the new one can't continue from there; the old one does
        """
        old, engine_before = self._handle, self._point.engine
        self._kept_orders = []
        try:
            state = await self._release(old)
            try:
                self._point.set_engine(engine)
                await self._take_over(new, state)
            except EngineError:
                self._point.set_engine(engine_before)
                await self._return_to(old, state)
                raise
            self._given_up, self._resuming, self._advanced = False, False, True
            return None if old is None or old.end_reason else old
        finally:
            self._finish_handover()

    def replace(self, new: SimulationHandle, loaded: messages.Loaded) -> SimulationHandle | None:
        """Make ``new``, in which another system stands by, the active process; it begins at that system's start.

        Args:
            new: the process
            loaded: what it answered

        Returns:
            the process that was active before; nothing that it reports counts any more
        """
        point, old = self._point, self._handle
        self._handle, point.index, point.interactions, point.frame = new, loaded.index, {}, None
        self._given_up, self._resuming, self._advanced, self._loaded = False, False, False, True
        self._listener.on_loaded(loaded.index, loaded.settings, False)
        new.order(messages.SetFrameRate(point.fps))
        new.order(messages.Configure(point.settings))
        new.order(messages.Reset())
        if point.playing:
            new.order(messages.Play())
        return old

    async def _release(self, handle: SimulationHandle | None) -> messages.HandoverState | None:
        """Stop the process; returns where the simulation is, None if the process can't say."""
        if handle is None or handle.end_reason:
            return None
        try:
            reply = await handle.request(messages.Release())
        except EngineError:  # it has ended: the next one continues from the last frame
            return None
        return cast(messages.Released, reply).state

    async def _take_over(self, handle: SimulationHandle, state: messages.HandoverState | None) -> None:
        """Raises EngineError if this process can't continue from there."""
        point = self._point
        self._handle = handle
        handle.order(messages.SetFrameRate(point.fps))
        taken_over = handle.request(messages.TakeOver(state, point.frame, point.playing))
        handle.set_interactions(point.interactions)
        await taken_over

    async def _return_to(self, old: SimulationHandle | None, state: messages.HandoverState | None) -> None:
        self._handle = None
        if old is not None and not old.end_reason:
            try:
                await self._take_over(old, state)
            except EngineError:
                self._handle = None

    def _finish_handover(self) -> None:
        kept, self._kept_orders = self._kept_orders or [], None
        if self._handle is None:
            self.start()
        elif self._handle.end_reason:
            self._restart(self._handle.end_reason)
        for order in kept:
            self.order(order)

    # Reports --------------------------------------------------------------------------------------------

    def receive(self, handle: SimulationHandle, report: messages.Report) -> None:
        """Pass on what a process reports, if it is the active one; of others only how far their loading is."""
        if isinstance(report, messages.LoadingStep):
            self._listener.on_loading(report.step)
        if handle is not self._handle:
            return
        match report:
            case messages.FrameReady(frame, begins, steps_per_second):
                last = self._point.frame
                self._advanced |= begins or last is None or frame.step != last.step
                self._point.frame, self._resuming = frame, False
                self._listener.on_frame(frame, begins, steps_per_second)
            case messages.StateChanged(change):
                self._listener.on_state_change(change)
            case messages.Playing(playing):
                self._listener.on_playing(playing)
            case messages.Loaded(_, settings, index, resumed):
                self._loaded = True
                if resumed:
                    self._resuming = False
                else:
                    self._point.frame = None  # of what was simulated before
                self._point.index = index
                self._listener.on_loaded(index, settings, resumed)
            case messages.LoadFailed(reason, resumed) if resumed or self._resuming:
                self._give_up(reason)
            case messages.TakenOver(name, settings, offset):
                self._listener.on_engine_change(name, settings, offset)
            case messages.CalculationFailed(reason):
                self._point.playing = False
                self._listener.on_failure(reason)
            case messages.GivingWay(reason):
                self._listener.on_giving_way(reason)
            case messages.Ended(reason) if self._kept_orders is None:
                self._restart(reason)

    def _restart(self, reason: str) -> None:
        """The active process has ended: start another one where it was."""
        self._handle = None
        engine = display_name(self._point.engine)
        if not self._loaded:
            return  # it never began; whoever started it is told by the future
        if self._resuming:
            self._give_up(f"{engine} can't simulate this: {reason}.")
        elif self._point.frame is None:
            self._listener.on_failure(f"{engine} was started again, before the first frame: {reason}.")
            self.start()
        elif self._advanced:
            self._listener.on_failure(f"{engine} was started again from the last good frame: {reason}.")
            self.start()
        else:
            self._stop_playing()
            self._listener.on_failure(
                f"{engine} failed twice at the same place ({reason}): the simulation is paused at the "
                f"last good frame. Reset, or play on."
            )
            self.start()

    def _give_up(self, reason: str) -> None:
        self._given_up, self._resuming = True, False
        self._stop_playing()
        where = "before its first frame" if self._point.frame is None else "at the last good frame"
        self._listener.on_failure(
            f"{reason} The simulation is paused {where}: reset or play on to try again."
        )

    def _stop_playing(self) -> None:
        """In place of the process, which can't report it."""
        self._point.playing = False
        self._listener.on_playing(False)
