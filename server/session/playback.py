"""A session that plays a recording back, with the commands of a live one."""

import asyncio
import contextlib
import time
from pathlib import Path

import numpy as np

from atomtug.core.arrays import Ints
from atomtug.core.errors import CommandFailed, InputError, RecordingError
from atomtug.core.systems.valences import species
from atomtug.core.units import KJMOL_PER_EV
from atomtug.recordings import events
from atomtug.recordings.overview import overview
from atomtug.recordings.playable import Playable, open_playable, shared_state
from atomtug.server.session.commands import Result, number, whole_number
from atomtug.server.session.log import log
from atomtug.server.session.session import SERVER, Session
from atomtug.server.session.state import SERVER_TOKEN
from atomtug.server.session.stored_recordings import StoredRecordings
from atomtug.wire import command_names, frame_keys, state_keys
from atomtug.wire.frames import bond_values, frame_values, state_change_values, topology_values
from atomtug.wire.values import FrameValue, FrameValues, Value

DEFAULT_FPS = 30.0
SCRUBBER_POINTS = 400
"""Energies that ``playback/overview`` answers with, at most."""


class PlaybackSession(Session):
    """A session whose frames come from recordings.

    Args:
        paths: recordings, of this program or others; clients choose among them with the command playback/load
        fps: frames a second
        loop: whether to begin again at the end; if not, it pauses there
        stored: the recordings that clients see listed; by default these

    Raises:
        RecordingError: a file can't be read, or has no frame
    """

    def __init__(
        self,
        paths: list[Path],
        fps: float = DEFAULT_FPS,
        loop: bool = True,
        stored: StoredRecordings | None = None,
    ) -> None:
        super().__init__()
        if not paths:
            raise InputError("There is nothing to play: name a recording.")
        self._recordings = [open_playable(path) for path in paths]
        self._current = 0
        self._place = 0
        self._counter = -1
        self._bonds: Ints | None = None
        """Of the frame that is shown; None before the first of a recording."""
        self._hands: set[str] = set()
        """Keys of the recorded hands and avatars that are in the shared state."""
        self._loops = loop
        self._fps = fps
        self._playing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._overview: tuple[int, Result] | None = None
        """Of the recording with that index."""
        self._stored = StoredRecordings(None, paths) if stored is None else stored
        self._stored.register(self.commands)
        self._owns_stored = stored is None
        self.announce({state_keys.SERVER_STARTED: time.time()})
        register = self.commands.register
        register(command_names.PLAY, self._play)
        register(command_names.PAUSE, self._pause)
        register(command_names.STEP, lambda: self._step(1))
        register(command_names.STEP_BACK, lambda: self._step(-1))
        register(command_names.RESET, self._reset)
        register(command_names.SEEK, self._seek, frame=0)
        register(command_names.LOOP, self._loop, loop=None)
        register(command_names.OVERVIEW, self._look_over)
        register(command_names.LIST_SYSTEMS, lambda: {"simulations": [r.path.name for r in self._recordings]})
        register(command_names.LOAD_SYSTEM, self._load, index=0, clear_state=True)
        register(command_names.NEXT_SYSTEM, lambda: self._load(self._current + 1, True))
        register(command_names.GET_FRAME_INTERVAL, lambda: {"interval": 1.0 / self._fps})
        register(command_names.SET_FRAME_INTERVAL, self._set_interval, interval=1.0 / DEFAULT_FPS)

    @property
    def recording(self) -> Playable:
        """The recording that is played."""
        return self._recordings[self._current]

    async def start(self) -> None:
        """Show the first frame, and play."""
        await super().start()
        self._place_scene(self.recording.system.positions)
        self._begin()
        self._play()
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop playing, and close the files."""
        await super().close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for recording in self._recordings:
            recording.close()
        if self._owns_stored:
            self._stored.close()

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            await self._playing.wait()
            due = max(due + 1.0 / self._fps, clock())
            await asyncio.sleep(due - clock())
            if not self._playing.is_set():
                continue
            try:
                self._advance()
            except RecordingError as error:  # the file is damaged, or was removed
                self._pause()
                log.warning("%s", error)
                self.frames.publish({frame_keys.SIMULATION_EXCEPTION: str(error)})

    def _advance(self) -> None:
        if self._place + 1 < len(self.recording):
            self._show(self._place + 1)
        elif self._loops:
            self._begin()
        else:
            self._pause()

    def _begin(self) -> None:
        """Show the first frame, with index 0."""
        self._place = 0
        self._bonds = None
        self._counter += 1
        self.announce(
            {
                state_keys.SYSTEM_NOTES: list(self.recording.system.notes),
                state_keys.SIMULATION_NAME: self.recording.path.name,
                state_keys.SIMULATION_INDEX: self._current,
            }
        )
        values: dict[str, FrameValue] = {
            **self._values(0),
            **topology_values(self.recording.system),
            frame_keys.SIMULATION_COUNTER: self._counter,
            frame_keys.SIMULATION_EXCEPTION: "",
            frame_keys.PLAYBACK_PLAYING: self._playing.is_set(),
            frame_keys.PLAYBACK_FRAME: 0,
            frame_keys.PLAYBACK_FRAMES: len(self.recording),
        }
        self._show_hands(0)
        self.refusals.clear()
        self.frames.publish(values, begins=True)

    def _show(self, place: int) -> None:
        self._place = place
        self._show_hands(place)
        self.frames.publish(
            {
                **self._values(place),
                frame_keys.PLAYBACK_FRAME: place,
            }
        )

    def _values(self, place: int) -> dict[str, FrameValue]:
        frame, bonds = self.recording.frame(place), self.recording.bonds(place)
        values: dict[str, FrameValue] = {
            **frame_values(frame),
            **bond_values(bonds, frame.electrons),
            **self._state_change_values(place),
        }
        if self._bonds is None or not np.array_equal(bonds, self._bonds):
            system = self.recording.system
            values[frame_keys.MOLECULE_NAMES] = species(system.numbers, bonds, system.charge)
        self._bonds = bonds
        return values

    def _state_change_values(self, place: int) -> FrameValues:
        """The last change of electronic state up to a frame, and how many there were."""
        told = [
            event.data
            for event in self.recording.events
            if event.kind == events.STATE_CHANGE and event.frame <= place
        ]
        if not told:
            return {
                frame_keys.ENGINE_STATE_CHANGED: np.empty(0, dtype=np.float32),
                frame_keys.ENGINE_STATE_CHANGES: 0,
            }
        before, after = (float(told[-1][name]) / KJMOL_PER_EV for name in ("before", "after"))
        return state_change_values(before, after, len(told))

    def _show_hands(self, place: int) -> None:
        """Put hands and avatars of a frame into the shared state, in place of those shown before."""
        hands = {
            key: value
            for key, value in shared_state(self.recording, place).items()
            if key.startswith(
                (state_keys.INTERACTION_PREFIX, state_keys.AVATAR_PREFIX, state_keys.PLAYAREA_PREFIX)
            )
        }
        changes = {**dict.fromkeys(self._hands - hands.keys()), **hands}
        if changes:
            self.update_state(SERVER, SERVER_TOKEN, changes)
        self._hands = set(hands)

    def _play(self) -> Result:
        if not self._loops and self._place + 1 == len(self.recording):
            self._begin()
        self._playing.set()
        self.frames.publish({frame_keys.PLAYBACK_PLAYING: True, frame_keys.SIMULATION_EXCEPTION: ""})
        return None

    def _pause(self) -> Result:
        self._playing.clear()
        self.frames.publish({frame_keys.PLAYBACK_PLAYING: False})
        return None

    def _step(self, by: int) -> Result:
        self._pause()
        self._show(min(max(self._place + by, 0), len(self.recording) - 1))
        return None

    def _seek(self, frame: Value) -> Result:
        place = whole_number("frame", frame)
        if not 0 <= place < len(self.recording):
            raise InputError(f"There is no frame {place}: they run from 0 to {len(self.recording) - 1}.")
        self._show(place)
        return None

    def _loop(self, loop: Value) -> Result:
        """Whether to begin again at the end; without an argument it is only answered."""
        if loop is not None:
            if not isinstance(loop, bool):
                raise InputError(f"loop must be true or false, not {loop!r}.")
            self._loops = loop
        return {"loop": self._loops}

    def _look_over(self) -> Result:
        """The whole recording at a glance, for a scrubber."""
        if self._overview is None or self._overview[0] != self._current:
            seen = overview(self.recording, SCRUBBER_POINTS)
            result = {"name": self.recording.path.name, "frames": len(self.recording), **vars(seen)}
            self._overview = (self._current, result)
        return self._overview[1]

    def _reset(self) -> Result:
        self._begin()
        return None

    def _load(self, index: Value, clear_state: Value) -> Result:
        self._current = whole_number("index", index) % len(self._recordings)
        self._begin()
        return self._play()

    def _set_interval(self, interval: Value) -> Result:
        seconds = number("interval", interval)
        if not 0.001 <= seconds <= 60:
            raise CommandFailed(f"interval must be from 0.001 to 60 s, not {seconds:g}.")
        self._fps = 1.0 / seconds
        return None
