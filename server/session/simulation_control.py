"""The commands that run, pause, undo and pace a live simulation, and what frames say of that."""

from collections.abc import Callable, Mapping

from atomtug.core.errors import AtomtugError, InputError
from atomtug.recordings import events
from atomtug.server.process.supervisor import Supervisor
from atomtug.server.session.checkpoints import Checkpoints
from atomtug.server.session.commands import Commands, Result, number
from atomtug.server.session.frame_stream import FrameStream
from atomtug.server.session.log import log
from atomtug.server.session.recorder import Recorder
from atomtug.server.session.recording_control import RecordedFrame
from atomtug.wire import command_names, frame_keys, state_keys
from atomtug.wire.values import Value


class SimulationControl:
    """Whether the simulation runs, what went wrong last, and the frames to go back to.

    Args:
        supervisor: carries out what clients ask for
        frames: tells clients
        recorder: records whether it runs, and failures
        announce: sets keys of the shared state
        current: the frame at which the simulation stands; None before the first
    """

    def __init__(
        self,
        supervisor: Supervisor,
        frames: FrameStream,
        recorder: Recorder,
        announce: Callable[[Mapping[str, Value]], None],
        current: Callable[[], RecordedFrame | None],
    ) -> None:
        self._supervisor = supervisor
        self._frames = frames
        self._recorder = recorder
        self._announce = announce
        self._current = current
        self._checkpoints = Checkpoints()
        self.playing = False
        """Whether the simulation runs."""
        self.failure = ""
        """What went wrong, until the simulation goes on; a sentence."""
        self._tell_checkpoints()

    def register(self, commands: Commands) -> None:
        """Offer the commands."""
        register, supervisor = commands.register, self._supervisor
        register(command_names.PLAY, self.play)
        register(command_names.PAUSE, supervisor.pause)
        register(command_names.STEP, supervisor.step)
        register(command_names.RESET, supervisor.reset)
        register(command_names.STEP_BACK, self._restore_checkpoint)
        register(command_names.SAVE_CHECKPOINT, self.save_checkpoint)
        register(command_names.RESTORE_CHECKPOINT, self._restore_checkpoint)
        register(command_names.GET_FRAME_INTERVAL, lambda: {"interval": _inverse(supervisor.fps)})
        register(command_names.SET_FRAME_INTERVAL, self._set_interval, interval=1 / 30)

    @property
    def asked_steps_per_second(self) -> float:
        """MD steps a second that the options ask for; 0 for as many as possible."""
        return self._supervisor.fps * self._supervisor.settings.steps_per_frame

    def play(self) -> Result:
        """Run."""
        self.clear_failure()
        self._supervisor.play()
        return None

    def clear_failure(self) -> None:
        """What went wrong is over."""
        if self.failure:
            self.failure = ""
            self._frames.publish({frame_keys.SIMULATION_EXCEPTION: ""})

    def on_playing(self, playing: bool) -> None:
        """Tell clients whether the simulation runs."""
        self.playing = playing
        self._recorder.event(events.PLAY if playing else events.PAUSE)
        self._frames.publish({frame_keys.PLAYBACK_PLAYING: playing})

    def on_failure(self, reason: str) -> None:
        """Tell clients what went wrong."""
        self.failure = reason
        log.warning("%s", reason)
        self._frames.publish({frame_keys.SIMULATION_EXCEPTION: reason})
        self._recorder.event(events.EXCEPTION, text=reason)

    def forget_checkpoints(self) -> None:
        """Another system is simulated."""
        self._checkpoints.clear()
        self._tell_checkpoints()

    def save_checkpoint(self) -> Result:
        """Keep this frame. Also called when a client begins to hold atoms and none were held."""
        current = self._current()
        self._checkpoints.add(None if current is None else current.frame)
        return self._tell_checkpoints()

    def _restore_checkpoint(self) -> Result:
        frame = self._checkpoints.pop()
        try:
            self._supervisor.go_back(frame)
        except AtomtugError:
            self._checkpoints.add(frame)
            raise
        return self._tell_checkpoints()

    def _tell_checkpoints(self) -> Result:
        self._announce({state_keys.CHECKPOINT_COUNT: len(self._checkpoints)})
        return {"count": len(self._checkpoints)}

    def _set_interval(self, interval: Value) -> Result:
        seconds = number("interval", interval)
        if not (seconds == 0 or 0.001 <= seconds <= 60):
            raise InputError(f"interval must be 0 (as fast as possible) or 0.001 to 60 s, not {seconds:g}.")
        self._supervisor.set_frame_rate(_inverse(seconds))
        return None


def _inverse(value: float) -> float:
    """1/value; 0, which stands for "as fast as possible" in both, stays 0."""
    return 1.0 / value if value else 0.0
