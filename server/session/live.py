"""A live session: a molecule simulated in a process of its own, pulled by clients, recorded to disk."""

import asyncio
import contextlib
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from atomtug.core.errors import CommandFailed, InputError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.systems.bonds import BondPerception, Pairs
from atomtug.recordings.events import (
    DYNAMICS,
    EXCEPTION,
    INTERACTION,
    INTERACTION_END,
    PAUSE,
    PLAY,
)
from atomtug.server.options import LiveOptions
from atomtug.server.process.supervisor import Supervisor
from atomtug.server.session.checkpoints import Checkpoints
from atomtug.server.session.commands import Result, number, whole
from atomtug.server.session.engine_control import EngineControl
from atomtug.server.session.interaction_registry import Grips, News
from atomtug.server.session.recorder import Recorder
from atomtug.server.session.session import CARE_INTERVAL, Session, log
from atomtug.server.session.state import SERVER_TOKEN
from atomtug.wire import command_names, frame_keys, state_keys
from atomtug.wire.frames import bond_values, frame_values, topology_values

SLOW = 0.9
"""Part of the asked speed below which the engine is said not to keep pace."""
SLOW_FOR = 2.0
"""Seconds of that before it is said."""


class LiveSession(Session):
    """See the module. Made, started and used on one event loop."""

    def __init__(self, options: LiveOptions) -> None:
        super().__init__()
        self._options = options
        self._supervisor = Supervisor(options, self)
        self._grips = Grips()
        self._frame: Frame | None = None
        self._checkpoints = Checkpoints()
        self._bonds: Pairs | None = None
        self._perceive = BondPerception(self.system.numbers)
        self._counter = -1
        self._playing = False
        self._trouble = ""
        self._pace = 0.0
        self._slow_looks = 0
        self.recorder = Recorder(options.recordings, self._recording_failed)
        self._recording_wanted = options.record
        self._engine = EngineControl(options, self._supervisor, self.recorder, self.announce)
        self.announce(
            {
                state_keys.VELOCITY_RESET_AVAILABLE: True,
                state_keys.FORCE_LAW: options.dynamics.force_law,
                state_keys.FORCE_CAP: options.dynamics.force_cap,
                state_keys.CHECKPOINT_COUNT: 0,
            }
        )
        self._register_commands()

    @property
    def system(self) -> System:
        """What is simulated now."""
        return self._options.systems[self._supervisor.index]

    async def start(self) -> None:
        """Start the simulation; returns when the engine is ready.

        Raises:
            EngineError: the engine can't simulate the system
        """
        self._loop = asyncio.get_running_loop()
        await super().start()
        await self._supervisor.start()
        self._engine.started()

    async def close(self) -> None:
        """End the simulation, close the recording."""
        await super().close()
        await self._supervisor.close()
        await asyncio.to_thread(self.recorder.close)

    # What the simulation tells (SimulationListener) ---------------------------------------------------------------

    def on_loaded(self, index: int, engine_settings: Mapping[str, Any], restarted: bool) -> None:
        """Frames are from now on of system ``index``."""
        self._engine.settings = engine_settings
        if not restarted:
            self._drop_keys(state_keys.INTERACTION_PREFIX)
            self._perceive = BondPerception(self.system.numbers)
            self._bonds = None
            self._checkpoints.forget()
            self.announce({state_keys.CHECKPOINT_COUNT: 0})

    def on_frame(self, frame: Frame, begins: bool, pace: float) -> None:
        """Find its bonds, send it to clients, record it."""
        bonds = self._perceive(frame.positions, None if begins else self._bonds)
        changed = begins or self._bonds is None or not _same(bonds, self._bonds)
        self._frame, self._bonds, self._pace = frame, bonds, pace
        candidate = self._engine.look(frame)
        values: dict[str, Any] = {
            **frame_values(frame),
            frame_keys.ENGINE_SPEED: pace,
            frame_keys.ENGINE_UNSURE: candidate,
        }
        if changed:
            values.update(bond_values(bonds))
        if begins:
            self._counter += 1
            self._trouble = ""
            if self._recording_wanted:
                self._record()
            values.update(topology_values(self.system))
            values.update(
                {
                    frame_keys.SIMULATION_COUNTER: self._counter,
                    frame_keys.SIMULATION_EXCEPTION: "",
                    frame_keys.PLAYBACK_PLAYING: self._playing,
                    frame_keys.RECORDING_NAME: "" if self.recorder.path is None else self.recorder.path.name,
                }
            )
        self.frames.publish(values, begins)
        self.recorder.frame(frame, bonds, candidate)

    def on_playing(self, playing: bool) -> None:
        """Tell clients whether it runs."""
        self._playing = playing
        self.recorder.event(PLAY if playing else PAUSE)
        self.frames.publish({frame_keys.PLAYBACK_PLAYING: playing})

    def on_failure(self, reason: str) -> None:
        """Tell clients what went wrong."""
        self._trouble = reason
        log.warning("%s", reason)
        self.frames.publish({frame_keys.SIMULATION_EXCEPTION: reason})
        self.recorder.event(EXCEPTION, text=reason)

    def on_engine_change(self, name: str, engine_settings: Mapping[str, Any], offset: float) -> None:
        """Tell clients and the recording which engine the next frame is from."""
        self._forget_trouble()
        self._engine.take_over(name, engine_settings, offset)

    async def look_after(self) -> None:
        """Also: say so when the engine can't keep the pace asked for."""
        await super().look_after()
        asked = self._asked_pace
        slow = self._playing and 0 < self._pace < SLOW * asked
        self._slow_looks = self._slow_looks + 1 if slow else 0
        if self._slow_looks == round(SLOW_FOR / CARE_INTERVAL):
            log.warning(
                "%s manages %.3g of the %g MD steps a second asked for: a smaller --steps-per-frame makes the "
                "picture smoother, only a faster engine the motion faster.",
                self._engine.name,
                self._pace,
                asked,
            )

    # What clients hold ----------------------------------------------------------------------------------

    def update_state(self, peer: str, token: str, changes: Mapping[str, Any]) -> bool:
        """As :meth:`Session.update_state`; interactions are checked, and reach the dynamics."""
        held = self._grips.parse(peer, changes, len(self.system.numbers))
        if not super().update_state(peer, token, changes):
            return False
        if held:
            self._take_held(self._grips.take(peer, changes, held))
        return True

    def _take_held(self, news: News) -> None:
        if news.first:
            self._save_checkpoint()
        for key in news.ended:
            self.recorder.event(INTERACTION_END, key=key)
        for key in news.changed:
            self._record_interaction(key)
        self._supervisor.set_interactions(self._grips.interactions)

    def _drop_keys(self, *prefixes: str) -> None:
        dropped = {key: None for key in self.state.values if key.startswith(prefixes)}
        self.update_state("server", SERVER_TOKEN, dropped)

    # Commands -------------------------------------------------------------------------------------------

    def _register_commands(self) -> None:
        register, supervisor = self.commands.register, self._supervisor
        register(command_names.PLAY, self._play)
        register(command_names.PAUSE, supervisor.pause)
        register(command_names.STEP, supervisor.step)
        register(command_names.RESET, supervisor.reset)
        register(command_names.SAVE_CHECKPOINT, self._save_checkpoint)
        register(command_names.RESTORE_CHECKPOINT, self._undo)
        register(command_names.LIST_SYSTEMS, lambda: {"simulations": [s.name for s in self._options.systems]})
        register(command_names.LOAD_SYSTEM, self._load, index=0, clear_state=True)
        register(command_names.NEXT_SYSTEM, lambda: self._load(supervisor.index + 1, True))
        register(command_names.GET_FRAME_INTERVAL, lambda: {"interval": _inverse(supervisor.fps)})
        register(command_names.SET_FRAME_INTERVAL, self._set_interval, interval=1 / 30)
        register(command_names.START_RECORDING, self._start_recording, name=None)
        register(command_names.STOP_RECORDING, self._stop_recording)
        register(command_names.RECORDING_STATUS, self._recording_status)
        register(command_names.ENGINE_STATUS, self._engine_status)
        self._engine.register(self.commands)
        register(
            command_names.SET_DYNAMICS, self._set_dynamics, temperature=None, friction=None, timestep=None
        )

    def _play(self) -> Result:
        self._forget_trouble()
        self._supervisor.play()
        return None

    def _forget_trouble(self) -> None:
        if self._trouble:
            self._trouble = ""
            self.frames.publish({frame_keys.SIMULATION_EXCEPTION: ""})

    async def _load(self, index: Any, clear_state: Any) -> Result:
        await self._supervisor.load(whole("index", index) % len(self._options.systems))
        if clear_state:
            self._drop_keys(state_keys.SELECTION_PREFIX)
        return None

    def _save_checkpoint(self) -> Result:
        """Also done by itself, whenever a hand takes hold and no other held anything."""
        self._checkpoints.keep(self._frame)
        self.announce({state_keys.CHECKPOINT_COUNT: len(self._checkpoints)})
        return {"count": len(self._checkpoints)}

    def _undo(self) -> Result:
        """To the newest checkpoint; the one before it is next."""
        self._supervisor.go_back(self._checkpoints.take())
        self.announce({state_keys.CHECKPOINT_COUNT: len(self._checkpoints)})
        return {"count": len(self._checkpoints)}

    def _set_interval(self, interval: Any) -> Result:
        seconds = number("interval", interval)
        if not (seconds == 0 or 0.001 <= seconds <= 60):
            raise InputError(f"interval must be 0 (as fast as possible) or 0.001 to 60 s, not {seconds:g}.")
        self._supervisor.set_frame_rate(_inverse(seconds))
        return None

    def _set_dynamics(self, **changes: Any) -> Result:
        given = {name: number(name, value) for name, value in changes.items() if value is not None}
        settings = self._supervisor.settings.changed(given)
        if given:
            self._supervisor.configure(settings)
            self.recorder.event(DYNAMICS, **settings.as_dict())
        return {name: getattr(settings, name) for name in changes}

    @property
    def _asked_pace(self) -> float:
        """MD steps a second; 0 for as many as possible."""
        return self._supervisor.fps * self._supervisor.settings.steps_per_frame

    def _engine_status(self) -> Result:
        return {
            **self._engine.status,
            "system": self.system.name,
            "playing": self._playing,
            "steps_per_second": self._pace,
            "steps_per_second_asked": self._asked_pace,
            "exception": self._trouble,
            "clients": len(self.clients),
            "dynamics": self._supervisor.settings.as_dict(),
        }

    # Recording ------------------------------------------------------------------------------------------

    def _record(self, name: str | None = None) -> Future[Path]:
        """Begin a recording; its first frame is the next one taken."""
        settings = self._supervisor.settings
        provenance = {
            **self._engine.provenance,
            "dynamics": settings.as_dict(),
            "seed": settings.seed,
            "fps": self._supervisor.fps,
        }
        opened = self.recorder.start(self.system, provenance, name)
        for key in self._grips.interactions:
            self._record_interaction(key)
        return opened

    def _record_interaction(self, key: str) -> None:
        self.recorder.event(INTERACTION, **self._grips.describe(key, self.state.values[key]))

    async def _start_recording(self, name: Any) -> Result:
        opened = self._record(name)
        self._recording_wanted = True
        if self._frame is not None and self._bonds is not None:
            self.recorder.frame(self._frame, self._bonds)
        path = await asyncio.wrap_future(opened)
        self.frames.publish({frame_keys.RECORDING_NAME: path.name, frame_keys.RECORDING_ERROR: ""})
        return {"path": str(path)}

    async def _stop_recording(self) -> Result:
        self._recording_wanted = False
        path = await asyncio.to_thread(self.recorder.stop)
        if path is None:
            raise CommandFailed("Nothing is being recorded: start with recording/start.")
        self.frames.publish({frame_keys.RECORDING_NAME: ""})
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

        def tell() -> None:
            log.warning("%s", reason)
            self.frames.publish({frame_keys.RECORDING_NAME: "", frame_keys.RECORDING_ERROR: reason})

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(tell)


def _same(bonds: Pairs, others: Pairs) -> bool:
    return bonds.shape == others.shape and bool((bonds == others).all())


def _inverse(value: float) -> float:
    """1/value; 0, which stands for "as fast as possible" in both, stays 0."""
    return 1.0 / value if value else 0.0
