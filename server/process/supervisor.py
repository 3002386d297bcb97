"""One simulation as a session uses it: orders, other systems, other engines. Its processes are looked after here."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any
from weakref import WeakSet

from atomtug.core.errors import AtomtugError, EngineError, UnsureError
from atomtug.core.frame import Frame
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.uncertainty import GUARDING
from atomtug.server.engines import display_name, fingerprint
from atomtug.server.options import LiveOptions
from atomtug.server.process import messages
from atomtug.server.process.active_process import ActiveProcess
from atomtug.server.process.background_tasks import BackgroundTasks
from atomtug.server.process.listener import SimulationListener
from atomtug.server.process.resume_point import ResumePoint
from atomtug.server.process.simulation_handle import SimulationHandle
from atomtug.server.process.standby import StandbyProcesses
from atomtug.server.process.worker_process import WorkerProcess, start_worker

START_TIMEOUT = 300.0
"""Seconds for an engine to be ready: one that has to be compiled takes long on a busy machine."""


class Supervisor:
    """One simulation and its processes. It is used on the event loop.

    Args:
        options: what to simulate, and how
        listener: receives what the simulation reports
        worker: a process for the first engine that has been started already
    """

    def __init__(
        self, options: LiveOptions, listener: SimulationListener, worker: WorkerProcess | None = None
    ) -> None:
        self._first_worker = worker
        self._engine_timeout = options.engine_timeout
        self._point = ResumePoint(
            options.systems,
            options.engine,
            options.dynamics,
            options.fps,
            not options.paused,
            anyway=options.anyway,
            follow_state=options.follow_state,
            guarded=options.uncertainty.when_unsure in GUARDING,
        )
        self._handles: WeakSet[SimulationHandle] = WeakSet()
        self._active = ActiveProcess(self._point, listener, self._start_handle)
        self._standby = StandbyProcesses(self._start_handle, START_TIMEOUT)
        self._swapping = asyncio.Lock()
        """Held from the order for another engine to its first frame: one swap at a time."""
        self._changing = asyncio.Lock()
        """Held during a handover or a load: never both at a time."""
        self._tasks = BackgroundTasks()

    @property
    def index(self) -> int:
        """Which of the systems is simulated."""
        return self._point.index

    @property
    def engine(self) -> str:
        """The active engine, as :func:`atomtug.server.engines.create_engine` takes it."""
        return self._point.engine

    @property
    def settings(self) -> DynamicsSettings:
        """Those of the dynamics now."""
        return self._point.settings

    @property
    def fps(self) -> float:
        """Frames per second to keep; 0 for as many as the engine can make."""
        return self._point.fps

    async def start(self) -> None:
        """Start the process; returns when the engine is ready.

        Raises:
            EngineError: the engine can't simulate the system
        """
        try:
            await asyncio.wait_for(self._active.start(), START_TIMEOUT)
        except TimeoutError:
            raise EngineError(
                f"{display_name(self.engine)} gave no first frame of {self._point.system.name} in "
                f"{START_TIMEOUT:g} s: try a faster engine or a smaller system."
            ) from None

    async def close(self) -> None:
        """End all processes."""
        await self._tasks.cancel()
        await asyncio.gather(*[handle.close() for handle in list(self._handles)])

    # Orders ---------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Run."""
        self._point.playing = True
        self._active.order(messages.Play())

    def pause(self) -> None:
        """Stop after the frame that is being made."""
        self._point.playing = False
        self._active.order(messages.Pause())

    def step(self) -> None:
        """Advance to the next frame, then stop."""
        self._point.playing = False
        self._active.order(messages.StepOnce())

    def reset(self) -> None:
        """Return to the starting geometry."""
        self._active.order(messages.Reset())

    def go_back(self, frame: Frame) -> None:
        """Return to an earlier frame of the same system."""
        self._active.order(messages.GoBack(frame, self.index))

    def set_interactions(self, interactions: Mapping[str, ActiveInteraction]) -> None:
        """Replace all interactions, by key."""
        self._point.interactions = dict(interactions)
        self._active.send_interactions()

    def configure(self, settings: DynamicsSettings) -> None:
        """Continue with other settings."""
        self._point.settings = settings
        self._active.order(messages.Configure(settings))

    def set_frame_rate(self, fps: float) -> None:
        """Frames per second to keep; 0 for as many as the engine can make."""
        self._point.fps = fps
        self._active.order(messages.SetFrameRate(fps))

    # Other systems and engines --------------------------------------------------------------------------

    async def load(self, index: int) -> None:
        """Simulate another of the systems.

        Raises:
            EngineError: the engine can't; the old system continues
        """
        await self.run_to_completion(self._load(index))

    async def _load(self, index: int) -> None:
        async with self._changing:
            await self._active.load(index)

    async def bring(self, index: int) -> None:
        """As :meth:`load`, but what is simulated now goes on until the other system is ready, in another process.

        Raises:
            EngineError: the engine can't; the old system continues
        """
        await self.run_to_completion(self._bring(index))

    async def _bring(self, index: int) -> None:
        while True:
            before = self._point.fingerprint
            new, loaded = await self._standby.load(self._point.load_order(index, None))
            async with self._swapping, self._changing:
                # In the meantime another engine may have come, or the process may have ended: then once more.
                is_usable = self._point.fingerprint == before and not new.end_reason
                old = self._active.replace(new, loaded) if is_usable else new
            if old is not None:
                await old.close()
            if is_usable:
                return

    async def swap(self, engine: str) -> None:
        """Continue with another engine from where the simulation is.

        Raises:
            EngineError: it can't simulate this; the active engine continues
            CommandFailed: the active engine is too busy to be asked for its state
        """
        started_anew = False
        async with self._swapping:
            while fingerprint(engine) != self._point.fingerprint:
                index, system, before = self.index, self._point.system, self._point.fingerprint
                new = await self._standby.prepare(engine, self._point)
                try:
                    async with self._changing:
                        current = self.index == index
                        old = await self._active.hand_over(new, engine) if current else None
                except UnsureError:  # ready for when it knows more
                    await self._standby.keep(fingerprint(engine), system, new)
                    raise
                except AtomtugError:
                    has_ended = bool(new.end_reason)
                    await new.close()
                    if not has_ended or started_anew:
                        raise
                    started_anew = True  # it died while it stood ready: once more, in a new process
                    continue
                if not current:  # another system was loaded in the meantime
                    await new.close()
                elif old is not None:
                    await self._standby.keep(before, system, old)

    async def prepare(self, engine: str) -> None:
        """Have an engine ready, so that a swap to it takes no time.

        Raises:
            EngineError: it can't simulate this
        """
        async with self._swapping:
            key, system = fingerprint(engine), self._point.system
            if key != self._point.fingerprint:
                handle = await self._standby.prepare(engine, self._point)
                await self._standby.keep(key, system, handle)

    async def run_to_completion(self, work: Coroutine[Any, Any, None]) -> None:
        """See :meth:`BackgroundTasks.run`."""
        await self._tasks.run(work)

    def _start_handle(self, engine: str) -> SimulationHandle:
        worker, self._first_worker = self._first_worker, None
        worker = worker or start_worker(self._engine_timeout, engine=engine)
        handle = SimulationHandle(display_name(engine), self._engine_timeout, self._active.receive, worker)
        self._handles.add(handle)
        return handle
