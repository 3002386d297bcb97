"""Keeps a simulation going: starts its process, starts it again when it ends, and lets another engine take over.

Everything here happens on the event loop. What a new process has to be told to go on where the last one stood
is remembered here.

A swap of engines is a hand-over between two processes. The new one stands ready before the old one is asked to
stop; that one stops between two steps and says where it stands, and the new one goes on from there. Orders that
come in between wait for whoever leads afterwards. So no frame is lost or made twice.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Mapping
from typing import Any

from atomtug.core.errors import AtomtugError, CommandFailed, EngineError
from atomtug.core.frame import Frame
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.simulation import DynamicsSettings
from atomtug.server.engines import display_name, fingerprint
from atomtug.server.options import LiveOptions
from atomtug.server.process import messages
from atomtug.server.process.background_tasks import BackgroundTasks
from atomtug.server.process.link import Link, Nobody
from atomtug.server.process.listener import SimulationListener
from atomtug.server.process.simulation_process import MAX_QUEUED_ORDERS
from atomtug.server.process.standby import Bench

START_TIMEOUT = 300.0
"""Seconds for an engine to be ready: one that has to be compiled takes long on a busy machine."""
GOING_ON = (messages.Load, messages.Play, messages.StepOnce, messages.Reset, messages.GoBack)
"""Orders that ask for more of the simulation."""


Key = tuple[str, int, int]


class Supervisor:
    """One simulation, through as many processes as it takes.

    Args:
        options: what to simulate, and how
        listener: who is told
    """

    def __init__(self, options: LiveOptions, listener: SimulationListener) -> None:
        self._options = options
        self._listener = listener
        self.settings = options.dynamics
        self.fps = options.fps
        self.index = 0
        self.engine = options.engine
        """The one that leads, as :func:`atomtug.server.engines.create_engine` takes it."""
        self._key = fingerprint(self.engine)
        self._interactions: Mapping[str, ActiveInteraction] = {}
        self._play_wanted = not options.paused
        self._link: Link | None = None
        self._bench = Bench(options.engine_timeout, START_TIMEOUT)
        self._swapping = asyncio.Lock()
        """Held from the order for another engine to its first frame: one swap at a time."""
        self._changing = asyncio.Lock()
        """Held while a process is handed over to, or loads: not both at a time."""
        self._tasks = BackgroundTasks()
        self._waiting: list[messages.Order] | None = None
        """Orders that came while nobody led."""
        self._released: asyncio.Future[messages.Standing | None] | None = None
        self._taken: asyncio.Future[None] | None = None
        self._loads: deque[tuple[int, bool, asyncio.Future[None]]] = deque()
        """Loads on their way: which system, whether after a restart, and what waits for it."""
        self._frame: Frame | None = None
        self._advanced = False
        """Whether this process has brought the simulation any farther than the last one did."""
        self._given_up = False
        """Whether the engine could not be started again: it is tried anew when someone wants to go on."""

    async def start(self) -> None:
        """Start the process; returns when the engine is ready.

        Raises:
            EngineError: the engine can't simulate the system
        """
        self._loop = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(self._start_process(), START_TIMEOUT)
        except TimeoutError:
            system = self._options.systems[self.index]
            raise EngineError(
                f"{display_name(self.engine)} gave no first frame of {system.name} in {START_TIMEOUT:g} s: "
                f"try a faster engine or a smaller system."
            ) from None

    async def close(self) -> None:
        """End the process."""
        await self._tasks.drop()
        if self._link is not None:
            await self._link.close()
        await self._bench.clear()

    # Orders ---------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Run."""
        self._play_wanted = True
        self._order(messages.Play())

    def pause(self) -> None:
        """Stand still."""
        self._play_wanted = False
        self._order(messages.Pause())

    def step(self) -> None:
        """Advance to the next frame, then stand still."""
        self._play_wanted = False
        self._order(messages.StepOnce())

    def reset(self) -> None:
        """Back to the starting geometry."""
        self._order(messages.Reset())

    def go_back(self, frame: Frame) -> None:
        """To an instant of before, of the same system."""
        self._order(messages.GoBack(frame))

    async def load(self, index: int) -> None:
        """Simulate another of the systems.

        Raises:
            EngineError: the engine can't; the old one goes on
        """
        await self.run_to_completion(self._load_other(index))

    async def _load_other(self, index: int) -> None:
        async with self._changing:
            await self._load(index, None)

    def set_interactions(self, interactions: Mapping[str, ActiveInteraction]) -> None:
        """What all clients hold now."""
        self._interactions = dict(interactions)
        if self._link is not None:
            self._link.process.hold(self._interactions)

    def configure(self, settings: DynamicsSettings) -> None:
        """Go on with other settings."""
        self.settings = settings
        self._order(messages.Configure(settings))

    def set_frame_rate(self, fps: float) -> None:
        """Frames per second to keep; 0: as many as the engine can."""
        self.fps = fps
        self._order(messages.SetFrameRate(fps))

    def _order(self, order: messages.Order) -> None:
        if self._waiting is not None:
            if len(self._waiting) >= MAX_QUEUED_ORDERS:
                raise CommandFailed("Another engine is about to take over: try again in a moment.")
            self._waiting.append(order)
            return
        if self._given_up:
            if not isinstance(order, GOING_ON):
                return  # what it says is remembered, and told to the next process
            self._given_up = False
            self._start_process().add_done_callback(self._restarted)
        if self._link is None:
            raise CommandFailed("The simulation has not been started yet: try again in a moment.")
        self._link.process.order(order)

    def _load(self, index: int, frame: Frame | None) -> asyncio.Future[None]:
        loaded = self._loop.create_future()
        system = self._options.systems[index]
        self._order(messages.Load(system, self.engine, self.settings, frame))
        self._loads.append((index, frame is not None, loaded))
        return loaded

    # Another engine -------------------------------------------------------------------------------------

    async def swap(self, engine: str) -> None:
        """Go on with another engine from where the simulation stands, or with the one there is.

        Raises:
            EngineError: it can't simulate this; the one there was goes on
        """
        async with self._swapping:
            while fingerprint(engine) != self._key:
                index, before = self.index, self._key
                system = self._options.systems[index]
                new = await self._bench.call(engine, system, self.settings, self._frame)
                try:
                    async with self._changing:
                        left = await self._hand_over(new, engine) if self.index == index else new
                except EngineError:
                    await new.close()
                    raise
                if left is not None and left is not new:
                    await self._bench.seat(before, system, left)
                elif left is new:
                    await new.close()  # another system was loaded in the meantime

    async def run_to_completion(self, work: Coroutine[Any, Any, None]) -> None:
        """See :meth:`BackgroundTasks.run`."""
        await self._tasks.run(work)

    async def prepare(self, engine: str) -> None:
        """Have an engine stand ready, so that a swap to it takes no time.

        Raises:
            EngineError: it can't simulate this
        """
        async with self._swapping:
            key, system = fingerprint(engine), self._options.systems[self.index]
            if key != self._key:
                link = await self._bench.call(engine, system, self.settings, self._frame)
                await self._bench.seat(key, system, link)

    async def _hand_over(self, new: Link, engine: str) -> Link | None:
        """Returns the process that led before, if it is still there.

        Raises:
            EngineError: the new one can't go on from there; the old one does
        """
        old, before = self._link, (self.engine, self._key)
        standing = await self._stop_leading(old)
        try:
            self.engine, self._key = engine, fingerprint(engine)
            await self._lead(new, standing)
            self._given_up = False
            self._advanced = True
            return None if old is None or old.over else old
        except EngineError:
            self.engine, self._key = before
            await self._go_on_as_before(old, standing)
            raise
        finally:
            self._released = self._taken = None
            waiting, self._waiting = self._waiting or [], None
            for order in waiting:
                self._order(order)

    async def _stop_leading(self, link: Link | None) -> messages.Standing | None:
        """Where the simulation stands; None if the process could not say."""
        self._waiting = []
        self._released = self._loop.create_future()
        if link is None or link.over:
            return None
        link.process.order(messages.Release())
        standing = await self._released
        link.role = Nobody()
        return standing

    async def _lead(self, link: Link, standing: messages.Standing | None) -> None:
        """Raises EngineError if this process can't go on from there."""
        self._taken = self._loop.create_future()
        self._link, link.role = link, self
        if link.over:
            self.ended(link.over)
        else:
            link.process.order(messages.SetFrameRate(self.fps))
            link.process.order(messages.TakeOver(standing, self._frame, self._play_wanted))
            link.process.hold(self._interactions)
        await self._taken

    async def _go_on_as_before(self, old: Link | None, standing: messages.Standing | None) -> None:
        self._link = None
        if old is not None and not old.over:
            try:
                await self._lead(old, standing)
                return
            except EngineError:
                self._link = None
        self._taken = self._waiting = None
        self._start_process().add_done_callback(self._restarted)

    # Life of the process --------------------------------------------------------------------------------

    def _start_process(self) -> asyncio.Future[None]:
        """A process that starts at the last frame, or from the beginning where there is none."""
        self._advanced = False
        if self._link is None:
            self._link = Link(self._options.engine_timeout, self)
        self._order(messages.SetFrameRate(self.fps))
        loaded = self._load(self.index, self._frame)
        self._link.process.hold(self._interactions)
        if self._play_wanted:
            self._order(messages.Play())
        return loaded

    def ended(self, reason: str) -> None:
        """The process that leads has ended: start another where it stood."""
        self._link = None
        engine = display_name(self.engine)
        failure = EngineError(f"{engine} can't simulate this: {reason}.")
        loads = [load for load in self._loads if not load[2].done()]
        self._loads.clear()
        if self._taken is not None and not self._taken.done():
            self._taken.set_exception(failure)
        elif self._released is not None and not self._released.done():
            self._released.set_result(
                None
            )  # it can't say where it stands: the next goes on from the last frame
        elif self._frame is not None:
            if any(restarted for _, restarted, _ in loads):
                self._give_up()  # and the future of this load says so
            elif self._advanced:
                self._listener.on_failure(f"{engine} was started again from the last good frame: {reason}.")
                self._start_process().add_done_callback(self._restarted)
            else:
                self._stop_playing()
                self._listener.on_failure(
                    f"{engine} failed twice at the same place ({reason}): the simulation is paused at the "
                    f"last good frame. Reset, or play on."
                )
                self._start_process().add_done_callback(self._restarted)
        for _, _, waiting in loads:
            waiting.set_exception(failure)

    def _restarted(self, loaded: asyncio.Future[None]) -> None:
        error = None if loaded.cancelled() else loaded.exception()
        if isinstance(error, AtomtugError):
            self._listener.on_failure(
                f"{error} The simulation is paused at the last good frame: reset or play on to try again."
            )

    def _give_up(self) -> None:
        self._given_up = True
        self._stop_playing()

    def _stop_playing(self) -> None:
        """Where the process can't say so itself."""
        self._play_wanted = False
        self._listener.on_playing(False)

    # Reports --------------------------------------------------------------------------------------------

    def take(self, report: messages.Report) -> None:
        """The process that leads has something to say."""
        match report:
            case messages.FrameReady(frame, begins, pace):
                if begins or self._frame is None or frame.step != self._frame.step:
                    self._advanced = True
                self._frame = frame
                self._listener.on_frame(frame, begins, pace)
            case messages.Playing(playing):
                self._listener.on_playing(playing)
            case messages.Loaded(_, settings):
                self._take_loaded(settings)
            case messages.LoadFailed(reason):
                self._take_failure(reason)
            case messages.Trouble(reason):
                self._play_wanted = False
                self._listener.on_failure(reason)
            case messages.Released(standing):
                if self._released is not None and not self._released.done():
                    self._released.set_result(standing)
            case messages.TakenOver(name, settings, offset):
                if self._taken is not None and not self._taken.done():
                    self._taken.set_result(None)
                self._listener.on_engine_change(name, settings, offset)

    def _take_failure(self, reason: str) -> None:
        if self._taken is not None and not self._taken.done():
            self._taken.set_exception(EngineError(reason))
            return
        _, restarted, waiting = self._loads.popleft()
        if restarted:
            self._give_up()
        if not waiting.done():
            waiting.set_exception(EngineError(reason))

    def _take_loaded(self, settings: Mapping[str, Any]) -> None:
        self.index, restarted, waiting = self._loads.popleft()
        self._listener.on_loaded(self.index, settings, restarted)
        if not waiting.done():
            waiting.set_result(None)
