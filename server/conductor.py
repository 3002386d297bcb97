"""Keeps a simulation going: starts its process, starts it again when it ends, and brings its reports home.

The process reports in a thread of its own; here everything happens on the event loop. What a new process has
to be told to go on where the last one stood is remembered here.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from atomtug.errors import AtomtugError, CommandFailed, EngineError
from atomtug.frame import Frame
from atomtug.server import messages
from atomtug.server.force_laws import Interaction
from atomtug.server.options import LiveOptions
from atomtug.server.process import SimulationProcess
from atomtug.server.simulation import DynamicsSettings

START_PATIENCE = 120.0
"""Seconds for an engine to be ready."""
GOING_ON = (messages.Load, messages.Play, messages.StepOnce, messages.Reset)
"""Orders that ask for more of the simulation."""
MAX_BATCHES = 8
"""Batches of reports on their way from the process's thread; it waits when there are more."""


class Audience(Protocol):
    """Who is told what the simulation does; called on the event loop, in order."""

    def take_loaded(self, index: int, engine_settings: Mapping[str, Any], restarted: bool) -> None:
        """Frames are from now on of system ``index``."""

    def take_frame(self, frame: Frame, begins: bool, pace: float) -> None:
        """A frame; ``begins``: the first after a load or reset; ``pace``: MD steps a second."""

    def take_playing(self, playing: bool) -> None:
        """Whether the simulation runs."""

    def take_trouble(self, reason: str) -> None:
        """Something went wrong; a sentence for the user."""


class Conductor:
    """One simulation, through as many processes as it takes.

    Args:
        options: what to simulate, and how
        audience: who is told
    """

    def __init__(self, options: LiveOptions, audience: Audience) -> None:
        self._options = options
        self._audience = audience
        self.settings = options.dynamics
        self.fps = options.fps
        self.index = 0
        self._interactions: Mapping[str, Interaction] = {}
        self._play_wanted = not options.paused
        self._process: SimulationProcess | None = None
        self._batches = threading.BoundedSemaphore(MAX_BATCHES)
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
            await asyncio.wait_for(self._start_process(), START_PATIENCE)
        except TimeoutError:
            system = self._options.systems[self.index]
            raise EngineError(
                f"{self._options.engine} gave no first frame of {system.name} in {START_PATIENCE:g} s: "
                f"try a faster engine or a smaller system."
            ) from None

    async def close(self) -> None:
        """End the process."""
        if self._process is not None:
            await asyncio.to_thread(self._process.close)

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

    async def load(self, index: int) -> None:
        """Simulate another of the systems.

        Raises:
            EngineError: the engine can't; the old one goes on
        """
        await self._load(index, None)

    def hold(self, interactions: Mapping[str, Interaction]) -> None:
        """What all clients hold now."""
        self._interactions = dict(interactions)
        if self._process is not None:
            self._process.hold(self._interactions)

    def configure(self, settings: DynamicsSettings) -> None:
        """Go on with other settings."""
        self.settings = settings
        self._order(messages.Configure(settings))

    def set_pace(self, fps: float) -> None:
        """Frames per second to keep; 0: as many as the engine can."""
        self.fps = fps
        self._order(messages.SetPace(fps))

    def _order(self, order: messages.Order) -> None:
        if self._given_up:
            if not isinstance(order, GOING_ON):
                return  # what it says is remembered, and told to the next process
            self._given_up = False
            self._start_process().add_done_callback(self._restarted)
        if self._process is None:
            raise CommandFailed("The simulation has not been started yet: try again in a moment.")
        self._process.order(order)

    def _load(self, index: int, frame: Frame | None) -> asyncio.Future[None]:
        loaded = self._loop.create_future()
        system = self._options.systems[index]
        self._order(messages.Load(system, self._options.engine, self.settings, frame))
        self._loads.append((index, frame is not None, loaded))
        return loaded

    # Life of the process --------------------------------------------------------------------------------

    def _start_process(self) -> asyncio.Future[None]:
        """A process that starts at the last frame, or from the beginning where there is none."""
        self._advanced = False
        if self._process is None:
            self._process = SimulationProcess(self._options.engine_timeout, self._receive, self._ended)
        self._order(messages.SetPace(self.fps))
        loaded = self._load(self.index, self._frame)
        self._process.hold(self._interactions)
        if self._play_wanted:
            self._order(messages.Play())
        return loaded

    def _restart(self, reason: str) -> None:
        self._process = None
        engine = self._options.engine
        failure = EngineError(f"{engine} can't simulate this: {reason}.")
        loads = [load for load in self._loads if not load[2].done()]
        self._loads.clear()
        if self._frame is not None:
            if any(restarted for _, restarted, _ in loads):
                self._give_up()  # and the future of this load says so
            elif self._advanced:
                self._audience.take_trouble(f"{engine} was started again from the last good frame: {reason}.")
                self._start_process().add_done_callback(self._restarted)
            else:
                self._stop_playing()
                self._audience.take_trouble(
                    f"{engine} failed twice at the same place ({reason}): the simulation is paused at the "
                    f"last good frame. Reset, or play on."
                )
                self._start_process().add_done_callback(self._restarted)
        for _, _, waiting in loads:
            waiting.set_exception(failure)

    def _restarted(self, loaded: asyncio.Future[None]) -> None:
        error = None if loaded.cancelled() else loaded.exception()
        if isinstance(error, AtomtugError):
            self._audience.take_trouble(
                f"{error} The simulation is paused at the last good frame: reset or play on to try again."
            )

    def _give_up(self) -> None:
        self._given_up = True
        self._stop_playing()

    def _stop_playing(self) -> None:
        """Where the process can't say so itself."""
        self._play_wanted = False
        self._audience.take_playing(False)

    # Reports --------------------------------------------------------------------------------------------

    def _receive(self, reports: list[messages.Report]) -> None:
        """In the process object's thread: hand over to the loop, but not faster than it can take."""
        self._batches.acquire(timeout=5.0)
        self._call_loop(self._take, reports)

    def _ended(self, reason: str) -> None:
        self._call_loop(self._restart, reason)

    def _call_loop(self, callback: Callable[[Any], None], argument: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the session is over
            self._loop.call_soon_threadsafe(callback, argument)

    def _take(self, reports: list[messages.Report]) -> None:
        with contextlib.suppress(ValueError):  # the thread stopped waiting for it
            self._batches.release()
        for report in reports:
            match report:
                case messages.FrameReady(frame, begins, pace):
                    if begins or self._frame is None or frame.step != self._frame.step:
                        self._advanced = True
                    self._frame = frame
                    self._audience.take_frame(frame, begins, pace)
                case messages.Playing(playing):
                    self._audience.take_playing(playing)
                case messages.Loaded(_, settings):
                    self._take_loaded(settings)
                case messages.LoadFailed(reason):
                    _, restarted, waiting = self._loads.popleft()
                    if restarted:
                        self._give_up()
                    if not waiting.done():
                        waiting.set_exception(EngineError(reason))
                case messages.Trouble(reason):
                    self._play_wanted = False
                    self._audience.take_trouble(reason)

    def _take_loaded(self, settings: Mapping[str, Any]) -> None:
        self.index, restarted, waiting = self._loads.popleft()
        self._audience.take_loaded(self.index, settings, restarted)
        if not waiting.done():
            waiting.set_result(None)
