"""A live session: a molecule simulated in a process of its own, pulled by clients, recorded to disk."""

import time
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.units import KJMOL_PER_EV
from atomtug.recordings import events
from atomtug.server.dynamics.state import StateSwitch
from atomtug.server.options import LiveOptions
from atomtug.server.process.messages import EngineSettings
from atomtug.server.process.supervisor import Supervisor
from atomtug.server.process.worker_process import WorkerProcess
from atomtug.server.session.commands import Result, whole_number
from atomtug.server.session.dynamics_control import DynamicsControl
from atomtug.server.session.engine_control import EngineControl
from atomtug.server.session.interaction_registry import InteractionChange, InteractionRegistry
from atomtug.server.session.learning_control import LearningControl
from atomtug.server.session.live_frames import LiveFrames
from atomtug.server.session.menu import Menu
from atomtug.server.session.people import RecordedPeople
from atomtug.server.session.recorder import Recorder
from atomtug.server.session.recording_control import RecordingControl
from atomtug.server.session.recording_viewers import RecordingViewers
from atomtug.server.session.refusals import KeysRefused
from atomtug.server.session.rights import Right
from atomtug.server.session.session import SERVER, Session
from atomtug.server.session.simulation_control import SimulationControl
from atomtug.server.session.speed_warning import SpeedWarning
from atomtug.server.session.state import SERVER_TOKEN
from atomtug.server.session.stored_recordings import StoredRecordings
from atomtug.server.session.system_choice import SystemChoice
from atomtug.server.session.system_loading import SystemLoading
from atomtug.wire import command_names, frame_keys, state_keys
from atomtug.wire.suggestions import suggested_keys
from atomtug.wire.values import Changes, Value


class LiveSession(Session):
    """A session whose frames come from a simulation. It is made, started and used on one event loop.

    Args:
        options: what to simulate, and how
        worker: a process for the simulation that has been started already, to save time
    """

    def __init__(self, options: LiveOptions, worker: WorkerProcess | None = None) -> None:
        super().__init__()
        # What clients load is added to the systems that can be chosen.
        self._systems = list(options.systems)
        options = replace(options, systems=self._systems)
        self._options = options
        self._supervisor = Supervisor(options, self, worker)
        self._registry = InteractionRegistry(self.ledger)
        self._live_frames = LiveFrames()
        self._live_frames.load(self.system)
        self._steps_per_second = 0.0
        self._speed_warning = SpeedWarning()
        self._recording = RecordingControl(
            options.recordings,
            options.record,
            self.frames,
            self._begin_recording,
            lambda: self._live_frames.last,
            self._remember,
        )
        self._stored = StoredRecordings(
            options.recordings, writing=lambda: self.recorder.path, allow_delete=options.allow_delete
        )
        self._viewers = RecordingViewers(self._stored)
        self._people = RecordedPeople(self._record_person)
        self._control = SimulationControl(
            self._supervisor, self.frames, self.recorder, self.announce, lambda: self._live_frames.last
        )
        self._engine = EngineControl(options, self._supervisor, self.recorder, self.announce)
        self._dynamics = DynamicsControl(options.dynamics, self._supervisor, self.recorder, self.announce)
        self._learning = LearningControl(self.announce)
        self._choice = SystemChoice(self._systems, options.choose, self.announce)
        self.announce(
            {
                state_keys.SERVER_STARTED: time.time(),
                state_keys.VELOCITY_RESET_AVAILABLE: True,
                state_keys.SYSTEM_NOTES: list(self.system.notes),
            }
        )
        self.state.update(SERVER_TOKEN, suggested_keys(options.suggestions))
        self._place_scene(self.system.positions)
        self._register_commands()

    @property
    def system(self) -> System:
        """What is simulated now."""
        return self._systems[self._supervisor.index]

    @property
    def recorder(self) -> Recorder:
        """Writes the recording."""
        return self._recording.recorder

    async def start(self) -> None:
        """Start the simulation; returns when the engine is ready.

        Raises:
            EngineError: the engine can't simulate the system
        """
        self._recording.start()
        await super().start()
        with self._engine.loading.of(self._engine.name):
            await self._supervisor.start()
        self._engine.started()

    async def close(self) -> None:
        """End the simulation, and close the recording."""
        await super().close()
        await self._supervisor.close()
        await self._recording.close()
        self._stored.close()

    def playing(self, name: str, right: Right) -> AbstractAsyncContextManager[Session]:
        """As :meth:`Session.playing`: a recording of the server's folder."""
        return self._viewers.playing(name, right)

    # Reports of the simulation (SimulationListener) -----------------------------------------------------

    def on_loading(self, step: str) -> None:
        """Tell clients how far the engine is that they wait for."""
        self._engine.loading.on_step(step)

    def on_loaded(self, index: int, engine_settings: EngineSettings, restarted: bool) -> None:
        """Frames are from now on of system ``index``; ``restarted`` if it continues after a crash."""
        self._engine.set_settings(engine_settings)
        if not restarted:
            self._remove_keys(state_keys.INTERACTION_PREFIX)
            self._live_frames.load(self.system)
            self._control.forget_checkpoints()
            self.announce(
                {
                    state_keys.SYSTEM_NOTES: list(self.system.notes),
                    state_keys.SIMULATION_NAME: self.system.name,
                    state_keys.SIMULATION_INDEX: index,
                }
            )

    def on_frame(self, frame: Frame, begins: bool, steps_per_second: float) -> None:
        """Find the frame's bonds, send it to clients, and record it.

        Args:
            frame: the newest
            begins: whether it is the first after a load or reset
            steps_per_second: measured speed, MD steps a second
        """
        candidate = self._engine.check(frame)
        recorded, values = self._live_frames.add(frame, begins, candidate)
        self._steps_per_second = values[frame_keys.ENGINE_SPEED] = steps_per_second
        if begins:
            self._control.failure = ""
            self.refusals.clear()
            self._recording.run_begins(self.system)
            values.update(
                {
                    frame_keys.SIMULATION_EXCEPTION: "",
                    frame_keys.PLAYBACK_PLAYING: self._control.playing,
                    frame_keys.RECORDING_NAME: self._recording.name,
                }
            )
        self.frames.publish(values, begins)
        self.recorder.frame(*recorded)

    def on_state_change(self, change: StateSwitch) -> None:
        """Tell clients that the engine went over to another electronic state, and record it."""
        self.frames.publish(self._live_frames.state_change(change))
        self.recorder.event(
            events.STATE_CHANGE,
            step=change.step,
            before=change.before * KJMOL_PER_EV,
            after=change.after * KJMOL_PER_EV,
            way=change.way,
        )

    def on_playing(self, playing: bool) -> None:
        """Tell clients whether the simulation runs."""
        self._control.on_playing(playing)

    def on_failure(self, reason: str) -> None:
        """Tell clients what went wrong."""
        self._control.on_failure(reason)

    def on_giving_way(self, reason: str) -> None:
        """Let another engine go on; if none can, pause and tell clients."""
        self._engine.give_way(reason, self.on_failure)

    def on_engine_change(self, name: str, engine_settings: EngineSettings, offset: float) -> None:
        """Tell clients that the next frame comes from another engine, and record it."""
        self._control.clear_failure()
        self._engine.on_engine_change(name, engine_settings, offset)
        if self.frames.current is not None and frame_keys.PARTICLE_COLORS in self.frames.current.values:
            # The new engine may not know its uncertainty, and a key that is absent keeps its last value.
            self.frames.publish({frame_keys.PARTICLE_COLORS: np.empty(0, dtype=np.uint32)})

    async def housekeeping(self) -> None:
        """As :meth:`Session.housekeeping`; also warn when the engine is slower than it should be."""
        await super().housekeeping()
        self._people.flush()
        self._learning.housekeeping()
        self._engine.loading.housekeeping()
        measured, asked = self._steps_per_second, self._control.asked_steps_per_second
        self._speed_warning.report(self._engine.name, measured, asked, self._control.playing)

    # Interactions ---------------------------------------------------------------------------------------

    def _change_state(self, peer: str, token: str, changes: Changes) -> bool:
        """As :meth:`Session.update_state`; interactions are checked one by one, and reach the dynamics."""
        parsed, refused = self._registry.parse(peer, changes, len(self.system.numbers))
        allowed = {key: value for key, value in changes.items() if key not in refused} if refused else changes
        if not super()._change_state(peer, token, allowed):
            return False
        self._people.update(allowed)
        if parsed:
            self._on_interactions(self._registry.update(parsed))
        if refused:
            raise KeysRefused(refused)
        return True

    def _on_interactions(self, change: InteractionChange) -> None:
        if change.is_first:
            self._control.save_checkpoint()
            self._choice.made()
        for key in change.ended:
            self.recorder.event(events.INTERACTION_END, key=key)
        for key in change.changed:
            self._record_interaction(key)
        self._supervisor.set_interactions(self._registry.interactions)

    def _remove_keys(self, prefix: str) -> None:
        keys = [key for key in self.state.values if key.startswith(prefix)]
        self.update_state(SERVER, SERVER_TOKEN, dict.fromkeys(keys))

    # Commands -------------------------------------------------------------------------------------------

    def _register_commands(self) -> None:
        register = self.commands.register
        self._control.register(self.commands)
        register(command_names.LIST_SYSTEMS, lambda: {"simulations": [s.name for s in self._systems]})
        register(command_names.LOAD_SYSTEM, self._load, index=0, clear_state=True)
        register(command_names.NEXT_SYSTEM, lambda: self._load(self._supervisor.index + 1, True))
        register(command_names.ENGINE_STATUS, self._engine_status)
        loading = SystemLoading(self._options.allow_systems, self._systems, self._bring)
        loading.register(self.commands)
        self._dynamics.register(self.commands)
        self._choice.register(self.commands)
        self._engine.register(self.commands)
        self._recording.register(self.commands)
        self._stored.register(self.commands)
        self._learning.register(self.commands)
        Menu(self.commands, self._engine.names)

    async def _load(self, index: Value, clear_state: Value) -> Result:
        place = whole_number("index", index) % len(self._systems)
        with self._engine.loading.of(self._engine.name):
            await self._supervisor.load(place)
        return self._began(clear_state)

    async def _bring(self, index: int) -> Result:
        """Begin with another system as soon as it is ready; what is simulated now goes on until then."""
        await self._supervisor.bring(index)
        return self._began(True)

    def _began(self, clear_state: Value) -> Result:
        self._choice.made()
        if clear_state:
            self._remove_keys(state_keys.SELECTION_PREFIX)
        return None if self._control.playing else self._control.play()

    def _engine_status(self) -> Result:
        return {
            **self._engine.status,
            "system": self.system.name,
            "playing": self._control.playing,
            "steps_per_second": self._steps_per_second,
            "steps_per_second_asked": self._control.asked_steps_per_second,
            "exception": self._control.failure,
            "clients": len(self.clients),
            "dynamics": self._supervisor.settings.as_dict(),
            "charge": self.system.charge,
            "multiplicity": self.system.multiplicity,
        }

    # Recording ------------------------------------------------------------------------------------------

    def _begin_recording(self, name: str | None = None) -> Future[Path]:
        """Begin a recording with what is held now; frames follow as they come."""
        opened = self.recorder.start(self.system, self._provenance, name)
        self._record_what_is_there()
        return opened

    def _remember(self) -> None:
        """Keep the last minute in memory from now on."""
        self.recorder.remember(self.system, self._provenance)
        self._record_what_is_there()

    @property
    def _provenance(self) -> dict[str, Value]:
        """What frames depend on that come now."""
        settings = self._supervisor.settings
        return {
            **self._engine.provenance,
            "dynamics": settings.as_dict(),
            "seed": settings.seed,
            "fps": self._supervisor.fps,
        }

    def _record_what_is_there(self) -> None:
        for key in self._registry.interactions:
            self._record_interaction(key)
        self._people.begin(self.state.values)

    def _record_person(self, key: str, value: Value) -> None:
        self.recorder.event(events.PERSON, key=key, value=value)

    def _record_interaction(self, key: str) -> None:
        self.recorder.event(events.INTERACTION, **self._registry.describe(key, self.state.values[key]))
