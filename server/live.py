"""A live session: a molecule simulated in a process of its own, pulled by clients, recorded to disk."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from atomtug.errors import CommandFailed, EngineError, InputError
from atomtug.frame import Frame
from atomtug.server import messages
from atomtug.server.commands import Result, number, whole
from atomtug.server.engines import available_engines
from atomtug.server.force_laws import Interaction
from atomtug.server.interactions import PREFIX, parse_interaction
from atomtug.server.options import LiveOptions
from atomtug.server.process import SimulationProcess
from atomtug.server.recorder import Recorder
from atomtug.server.session import Session, log
from atomtug.server.state import SERVER_TOKEN
from atomtug.server.wire import bond_values, frame_values, topology_values
from atomtug.systems import System
from atomtug.systems.bonds import BondPerception, Pairs

MAX_INTERACTIONS = 256
START_PATIENCE = 120.0
"""Seconds for the first frame."""
MAX_BATCHES = 8
"""Batches of reports on their way from the simulation's thread; it waits when there are more."""


class LiveSession(Session):
    """See the module. Made, started and used on one event loop."""

    def __init__(self, options: LiveOptions) -> None:
        super().__init__()
        self._options = options
        self._index = 0
        self._settings = options.dynamics
        self._fps = options.fps
        self._interactions: dict[str, Interaction] = {}
        self._process: SimulationProcess | None = None
        self._batches = threading.BoundedSemaphore(MAX_BATCHES)
        self._loads: deque[tuple[int, asyncio.Future[None]]] = deque()
        """Loads on their way: which system, and what waits for it."""
        self._frame: Frame | None = None
        self._frames_since_start = 0
        self._bonds: Pairs | None = None
        self._perceive = BondPerception(self.system.numbers)
        self._playing = False
        self._wanted_playing = not options.paused
        self._counter = -1
        self._pace = 0.0
        self._trouble = ""
        self._behind = 0.0
        self._engine_settings: Mapping[str, Any] = {}
        self.recorder = Recorder(options.recordings, self._recording_failed)
        self._recording_wanted = options.record
        self.announce(
            {
                "imd.velocity_reset_available": True,
                "imd.force_law": self._settings.force_law,
                "imd.force_cap": self._settings.force_cap,
            }
        )
        self._register_commands()

    @property
    def system(self) -> System:
        """What is simulated now."""
        return self._options.systems[self._index]

    # Life -----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the simulation process; returns when the first frame is there.

        Raises:
            EngineError: the engine can't simulate the system
        """
        await super().start()
        self._loop = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(self._start_process(None), START_PATIENCE)
        except TimeoutError:
            raise EngineError(
                f"{self._options.engine} gave no first frame of {self.system.name} in {START_PATIENCE:g} s: "
                f"try a faster engine or a smaller system."
            ) from None

    async def close(self) -> None:
        """End the simulation, close the recording."""
        await super().close()
        if self._process is not None:
            await asyncio.to_thread(self._process.close)
        await asyncio.to_thread(self.recorder.close)

    def _start_process(self, frame: Frame | None) -> asyncio.Future[None]:
        """A simulation process that starts at ``frame``, or from the beginning."""
        self._frames_since_start = 0
        for _, waiting in self._loads:
            waiting.cancel()
        self._loads.clear()
        self._process = SimulationProcess(
            self._options.engine_timeout, self._from_process, self._process_ended
        )
        self._order(messages.SetPace(self._fps))
        loaded = self._order_load(self._index, frame)
        self._process.hold(self._interactions)
        if self._wanted_playing:
            self._order(messages.Play())
        return loaded

    def _order_load(self, index: int, frame: Frame | None = None) -> asyncio.Future[None]:
        """Have a system loaded; done when it is, or raises the reason why it can't be."""
        loaded = self._loop.create_future()
        system = self._options.systems[index]
        self._order(messages.Load(system, self._options.engine, self._settings, frame))
        self._loads.append((index, loaded))
        return loaded

    def _order(self, order: messages.Order) -> None:
        if self._process is None:
            raise CommandFailed("The simulation has not been started yet: try again in a moment.")
        self._process.order(order)

    # What comes from the simulation ---------------------------------------------------------------------

    def _from_process(self, reports: list[messages.Report]) -> None:
        """In the process object's thread: hand over to the loop, but not faster than it can take."""
        self._batches.acquire(timeout=5.0)
        self._call_loop(self._take_reports, reports)

    def _process_ended(self, reason: str) -> None:
        self._call_loop(self._restart, reason)

    def _call_loop(self, callback: Any, argument: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the session is over
            self._loop.call_soon_threadsafe(callback, argument)

    def _take_reports(self, reports: list[messages.Report]) -> None:
        with contextlib.suppress(ValueError):  # the thread stopped waiting for it
            self._batches.release()
        for report in reports:
            match report:
                case messages.FrameReady(frame, begins, pace):
                    self._take_frame(frame, begins, pace)
                case messages.Playing(playing):
                    self._playing = playing
                    self.frames.publish({"playback.playing": playing})
                case messages.Loaded(_, settings):
                    self._engine_settings = settings
                    self._take_loaded()
                case messages.LoadFailed(reason):
                    _, waiting = self._loads.popleft()
                    if not waiting.done():
                        waiting.set_exception(EngineError(reason))
                case messages.Trouble(reason):
                    self._wanted_playing = False
                    self._say_trouble(reason)

    def _take_loaded(self) -> None:
        """From here on frames are of the system that was asked for."""
        index, waiting = self._loads.popleft()
        if index != self._index:
            self._index = index
            self._drop_keys(PREFIX)
        self._perceive = BondPerception(self.system.numbers)
        self._bonds = None
        if not waiting.done():
            waiting.set_result(None)

    def _take_frame(self, frame: Frame, begins: bool, pace: float) -> None:
        self._frame = frame
        self._pace = pace
        self._frames_since_start += 1
        bonds = self._perceive(frame.positions, None if begins else self._bonds)
        changed = begins or self._bonds is None or not _same(bonds, self._bonds)
        self._bonds = bonds
        values: dict[str, Any] = {**frame_values(frame), "engine.steps_per_second": pace}
        if changed:
            values.update(bond_values(bonds))
        if begins:
            self._counter += 1
            self._trouble = ""
            values.update(topology_values(self.system))
            values.update(
                {
                    "system.simulation.counter": self._counter,
                    "system.simulation.exception": "",
                    "playback.playing": self._playing,
                }
            )
            if self._recording_wanted:
                self._record()
        self.frames.publish(values, begins)
        if self.recorder.path is not None:
            self.recorder.frame(frame, bonds)

    def _say_trouble(self, reason: str) -> None:
        self._trouble = reason
        log.warning("%s", reason)
        self.frames.publish({"system.simulation.exception": reason})
        self.recorder.event("exception", reason=reason)

    def _restart(self, reason: str) -> None:
        """The process ended by itself: go on from the last good frame."""
        if self._frame is None:
            _, waiting = self._loads.popleft()
            waiting.set_exception(
                EngineError(f"{self._options.engine} can't simulate {self.system.name}: {reason}.")
            )
            return
        if self._frames_since_start == 0:
            self._wanted_playing = False
            self._say_trouble(
                f"{self._options.engine} failed twice at the same place ({reason}): the simulation is paused "
                f"at the last good frame. Reset, or play on."
            )
        else:
            self._say_trouble(f"The engine was started again from the last good frame: {reason}.")
        self._start_process(self._frame)

    async def look_after(self) -> None:
        """Also: say so when the engine can't keep the pace asked for."""
        await super().look_after()
        asked = self._fps * self._settings.steps_per_frame
        if not self._playing or not asked or not self._pace or self._pace > 0.9 * asked:
            self._behind = 0.0
            return
        self._behind += 1
        if self._behind == 10:
            log.warning(
                "%s manages %.3g of the %g MD steps a second asked for: fewer --steps-per-frame make the "
                "picture smoother, a faster engine the motion.",
                self._options.engine,
                self._pace,
                asked,
            )

    # What comes from clients ----------------------------------------------------------------------------

    def update_state(self, peer: str, token: str, changes: Mapping[str, Any]) -> bool:
        """As :meth:`Session.update_state`; interactions are checked, and reach the dynamics."""
        count = len(self.system.numbers)
        held = {
            key: None if value is None else parse_interaction(key, value, count)
            for key, value in changes.items()
            if key.startswith(PREFIX)
        }
        added = sum(1 for key, value in held.items() if value is not None and key not in self._interactions)
        if added and len(self._interactions) + added > MAX_INTERACTIONS:
            raise InputError(f"There may be {MAX_INTERACTIONS} interactions at a time: end some first.")
        if not super().update_state(peer, token, changes):
            return False
        if held:
            self._take_held(held, changes)
        return True

    def _take_held(self, held: Mapping[str, Interaction | None], values: Mapping[str, Any]) -> None:
        for key, interaction in held.items():
            if interaction is not None:
                if not _same_but_position(self._interactions.get(key), interaction):
                    self.recorder.event("interaction", key=key, **_without_position(values[key]))
                self._interactions[key] = interaction
            elif self._interactions.pop(key, None) is not None:
                self.recorder.event("interaction_end", key=key)
        if self._process is not None:
            self._process.hold(self._interactions)

    # Commands -------------------------------------------------------------------------------------------

    def _register_commands(self) -> None:
        register = self.commands.register
        register("playback/play", self._play)
        register("playback/pause", self._pause)
        register("playback/step", self._step)
        register("playback/reset", self._reset)
        register("playback/list", lambda: {"simulations": [s.name for s in self._options.systems]})
        register("playback/load", self._load, index=0, clear_state=True)
        register("playback/next", self._next)
        register("trajectory/get-dynamics-interval", lambda: {"interval": self._interval})
        register("trajectory/set-dynamics-interval", self._set_interval, interval=1 / 30)
        register("recording/start", self._start_recording, name=None)
        register("recording/stop", self._stop_recording)
        register("recording/status", self._recording_status)
        register("engine/list", lambda: {"engines": available_engines(), "current": self._options.engine})
        register("engine/status", self._engine_status)
        register("dynamics/set", self._set_dynamics, temperature=None, friction=None, timestep=None)

    def _play(self) -> Result:
        self._wanted_playing = True
        if self._trouble:
            self._trouble = ""
            self.frames.publish({"system.simulation.exception": ""})
        self._order(messages.Play())
        return None

    def _pause(self) -> Result:
        self._wanted_playing = False
        self._order(messages.Pause())
        return None

    def _step(self) -> Result:
        self._wanted_playing = False
        self._order(messages.StepOnce())
        return None

    def _reset(self) -> Result:
        self._order(messages.Reset())
        return None

    async def _load(self, index: Any, clear_state: Any) -> Result:
        await self._order_load(whole("index", index) % len(self._options.systems))
        self._drop_keys(PREFIX, *(["selection."] if clear_state else []))
        return None

    async def _next(self) -> Result:
        return await self._load(self._index + 1, True)

    def _drop_keys(self, *prefixes: str) -> None:
        self.update_state(
            "server", SERVER_TOKEN, {key: None for key in self.state.values if key.startswith(prefixes)}
        )

    @property
    def _interval(self) -> float:
        return 1.0 / self._fps if self._fps else 0.0

    def _set_interval(self, interval: Any) -> Result:
        seconds = number("interval", interval)
        if not (seconds == 0 or 0.001 <= seconds <= 60):
            raise InputError(f"interval must be 0 (as fast as possible) or 0.001 to 60 s, not {seconds:g}.")
        self._fps = 1.0 / seconds if seconds else 0.0
        self._order(messages.SetPace(self._fps))
        return None

    def _set_dynamics(self, **changes: Any) -> Result:
        given = {name: number(name, value) for name, value in changes.items() if value is not None}
        self._settings = self._settings.changed(given)
        self._order(messages.Configure(self._settings))
        if given:
            self.recorder.event("dynamics", **self._settings.as_dict())
        return {name: getattr(self._settings, name) for name in changes}

    def _engine_status(self) -> Result:
        asked = self._fps * self._settings.steps_per_frame
        return {
            "engine": self._options.engine,
            "settings": dict(self._engine_settings),
            "system": self.system.name,
            "playing": self._playing,
            "steps_per_second": self._pace,
            "steps_per_second_asked": asked,
            "exception": self._trouble,
            "clients": len(self.clients),
            "dynamics": self._settings.as_dict(),
        }

    # Recording ------------------------------------------------------------------------------------------

    def _record(self, name: str | None = None) -> Future[Path]:
        """Begin a recording; its first frame is the next one taken."""
        provenance = {
            "engine": self._options.engine,
            "engine_settings": dict(self._engine_settings),
            "dynamics": self._settings.as_dict(),
            "seed": self._settings.seed,
            "fps": self._fps,
        }
        opened = self.recorder.start(self.system, provenance, name)
        for key in self._interactions:
            self.recorder.event("interaction", key=key, **_without_position(self.state.values[key]))
        return opened

    async def _start_recording(self, name: Any) -> Result:
        opened = self._record(name)
        self._recording_wanted = True
        if self._frame is not None and self._bonds is not None:
            self.recorder.frame(self._frame, self._bonds)
        path = await asyncio.wrap_future(opened)
        self.frames.publish({"recording.name": path.name, "recording.error": ""})
        return {"path": str(path)}

    async def _stop_recording(self) -> Result:
        self._recording_wanted = False
        path = await asyncio.to_thread(self.recorder.stop)
        if path is None:
            raise CommandFailed("Nothing is being recorded: start with recording/start.")
        self.frames.publish({"recording.name": ""})
        return {"path": str(path), "frames": self.recorder.frames}

    def _recording_status(self) -> Result:
        path = self.recorder.path
        return {
            "recording": path is not None,
            "path": "" if path is None else str(path),
            "frames": self.recorder.frames,
            "error": self.recorder.error,
        }

    def _recording_failed(self, reason: str) -> None:
        """In the recorder's thread."""
        self._recording_wanted = False

        def tell(text: str) -> None:
            self.frames.publish({"recording.name": "", "recording.error": text})
            log.warning("%s", text)

        self._call_loop(tell, reason)


def _same(bonds: Pairs, others: Pairs) -> bool:
    return bonds.shape == others.shape and bool((bonds == others).all())


def _same_but_position(old: Interaction | None, new: Interaction) -> bool:
    return old is not None and (
        old.interaction_type,
        old.scale,
        old.mass_weighted,
        old.max_force,
        old.reset_velocities,
        *old.particles,
    ) == (
        new.interaction_type,
        new.scale,
        new.mass_weighted,
        new.max_force,
        new.reset_velocities,
        *new.particles,
    )


def _without_position(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"parameters": {key: part for key, part in value.items() if key != "position"}}
