"""Recording as clients of a live session control it: commands ``recording/*`` and keys ``recording.*``."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from atomtug.core.errors import CommandFailed, InputError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.systems.bonds import Pairs
from atomtug.recordings import events
from atomtug.server.session.commands import Commands, Result
from atomtug.server.session.frame_stream import FrameStream
from atomtug.server.session.log import log
from atomtug.server.session.recorder import Recorder
from atomtug.wire import command_names, frame_keys

SHORT_RUN = 10.0
"""Seconds: where a run was shorter, the next one goes to the same file."""


class RecordedFrame(NamedTuple):
    """A frame with all that a recording keeps of it.

    Args:
        frame: the frame
        bonds: (B, 2) indices of bonded atoms
        candidate: whether the frame should be labelled
    """

    frame: Frame
    bonds: Pairs
    candidate: bool


class RecordingControl:
    """The recordings of a live session.

    Args:
        folder: where they go
        always: whether each simulation is recorded from its start
        frames: tells clients about recordings
        begin: starts a recording under a name, or (None) under the usual one
        current: the frame at which the simulation stands; None before the first
        remember: begins to keep the last minute in memory, as nothing is recorded
        clock: monotonic time in seconds
    """

    def __init__(
        self,
        folder: Path,
        always: bool,
        frames: FrameStream,
        begin: Callable[[str | None], Future[Path]],
        current: Callable[[], RecordedFrame | None],
        remember: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.recorder = Recorder(folder, self._on_failure)
        self.always = always
        """Whether the next simulation is recorded from its start."""
        self._frames = frames
        self._begin = begin
        self._current = current
        self._remember = remember
        self._clock = clock
        self._run_began = float("-inf")
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Use the running event loop to report failures to clients."""
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """End the recording, and wait until it is on disk."""
        await asyncio.to_thread(self.recorder.close)

    @property
    def name(self) -> str:
        """The name of the file that is being written; empty if none is."""
        path = self.recorder.path
        return "" if path is None else path.name

    def register(self, commands: Commands) -> None:
        """Offer the commands."""
        commands.register(command_names.START_RECORDING, self._start_recording, name=None, file=None)
        commands.register(command_names.STOP_RECORDING, self._stop_recording)
        commands.register(command_names.SAVE_LAST, self._save_last, name=None)
        commands.register(command_names.RECORDING_STATUS, self._status)

    def run_begins(self, system: System) -> None:
        """The simulation was reset, an undo or a load was made: the next frame is the first of a run.

        It goes to a file of its own, but not where the run before was shorter than :data:`SHORT_RUN`.
        """
        now = self._clock()
        short = now - self._run_began < SHORT_RUN
        self._run_began = now
        same = self.recorder.system is system
        if self.always and not (same and short):
            self._begin(None)
        elif same:
            self.recorder.event(events.RUN)
        else:
            self._remember()

    async def _start_recording(self, name: str | None, file: str | None) -> Result:
        if name is not None and file is not None:
            raise InputError("name and file are the same: give one of them.")
        opened = self._begin(file if name is None else name)
        self.always = True
        current = self._current()
        if current is not None:
            self.recorder.frame(*current)
        path = await asyncio.wrap_future(opened)
        self._frames.publish({frame_keys.RECORDING_NAME: path.name, frame_keys.RECORDING_ERROR: ""})
        return {"path": str(path)}

    async def _stop_recording(self) -> Result:
        self.always = False
        path = await asyncio.to_thread(self.recorder.stop)
        if path is None:
            raise CommandFailed("Nothing is being recorded: start with recording/start.")
        self._remember()
        self._frames.publish({frame_keys.RECORDING_NAME: ""})
        return {"path": str(path), "frames": self.recorder.frames}

    async def _save_last(self, name: str | None) -> Result:
        running = self.recorder.path
        if running is not None:
            raise CommandFailed(f"What happens is in {running.name} already: it is being recorded.")
        saved = self.recorder.save_last(name)
        if saved is None:
            raise CommandFailed("Nothing has happened since the last recording that could be saved.")
        path = await asyncio.wrap_future(saved.path)
        return {"path": str(path), "frames": saved.frames, "seconds": saved.seconds}

    def _status(self) -> Result:
        path = self.recorder.path
        return {
            "recording": path is not None,
            "path": "" if path is None else str(path),
            "frames": self.recorder.frames,
            "error": self.recorder.error,
        }

    def _on_failure(self, reason: str) -> None:
        """Report a failure to clients. It may be called from any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: there are no clients any more
                self._loop.call_soon_threadsafe(self._report, reason)

    def _report(self, reason: str) -> None:
        log.warning("%s", reason)
        if self.recorder.path is None:
            self.always = False
            self._remember()
        self._frames.publish({frame_keys.RECORDING_NAME: self.name, frame_keys.RECORDING_ERROR: reason})
