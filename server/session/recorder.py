"""Recording while a session runs: which recording there is, and what goes into it. A thread of its own writes."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from atomtug import recordings
from atomtug.core.errors import AtomtugError, RecordingError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.systems.bonds import Pairs
from atomtug.server.session.last_minute import LastMinute, WriteAction
from atomtug.server.session.recording_names import file_stem
from atomtug.server.session.recording_thread import OngoingRecording, RecordingThread
from atomtug.wire.values import Value

MAX_WAITING = 20_000
"""Frames and events kept for a disk that is slow; when there are more, the recording is ended."""


class SavedRecording(NamedTuple):
    """A recording that was made at once, of what had happened.

    Args:
        path: its file's path once the file is whole, or a RecordingError if it can't be made
        frames: how many
        seconds: from the first to the last
    """

    path: Future[Path]
    frames: int
    seconds: float


class Recorder:
    """At most one recording at a time, in one folder. All methods may be called from any thread.

    Args:
        folder: where files go; made when needed
        on_failure: called with a sentence when a recording has ended by itself, from whichever thread noticed that:
            the recorder's, or one that gave it a frame or event. It must not block. A recording may fail after the
            next one was started, which goes on; :attr:`path` tells whether one runs.
    """

    def __init__(self, folder: Path, on_failure: Callable[[str], None]) -> None:
        self._folder = folder
        self._on_failure = on_failure
        self._thread = RecordingThread(self._fail)
        self._lock = threading.Lock()
        """Guards the fields below, and the order in which jobs of several threads are queued."""
        self._current: OngoingRecording | None = None
        self._latest: OngoingRecording | None = None
        self._used_paths: set[Path] = set()
        """Paths of all recordings so far: the file of one just started may not exist yet."""
        self._last_minute = LastMinute()
        """What happens while nothing is recorded."""

    @property
    def path(self) -> Path | None:
        """The file of the recording that runs; None if none does."""
        with self._lock:
            return None if self._current is None else self._current.path

    @property
    def system(self) -> System | None:
        """What is recorded, or remembered while nothing is; None for neither."""
        with self._lock:
            return self._last_minute.system if self._current is None else self._current.system

    @property
    def latest_path(self) -> Path | None:
        """The file of the recording that runs, or ran last; None if there was none."""
        with self._lock:
            return None if self._latest is None else self._latest.path

    @property
    def frames(self) -> int:
        """Number of frames in the recording that runs, or ran last."""
        with self._lock:
            return 0 if self._latest is None else self._latest.frames

    @property
    def error(self) -> str:
        """Why the recording that ran last ended by itself; empty if it did not."""
        with self._lock:
            return "" if self._latest is None else self._latest.error

    def start(self, system: System, provenance: Mapping[str, Value], name: str | None = None) -> Future[Path]:
        """Begin a recording, after ending the one that runs.

        Args:
            system: what is simulated
            provenance: everything that the frames depend on
            name: of the file, without folder; by default the system's name and the time

        Returns:
            The file's path once the file exists, or a RecordingError if it can't be made.

        Raises:
            InputError: the name can't be a file's
        """
        stem = file_stem(name, system)
        opened: Future[Path] = Future()
        with self._lock:
            recording = OngoingRecording(self._free_path(stem), system)
            self._end_current()
            self._last_minute.begin(None, {})
            self._current = self._latest = recording
            self._thread.put(recording, lambda: self._open(recording, provenance, opened))
            self._thread.start()
        return opened

    def remember(self, system: System, provenance: Mapping[str, Value]) -> None:
        """While nothing is recorded, keep the last minute of what comes now in memory.

        Args:
            system: what is simulated
            provenance: everything that the frames depend on
        """
        with self._lock:
            self._last_minute.begin(system, provenance)

    def save_last(self, name: str | None = None) -> SavedRecording | None:
        """Make a recording of the last minute, in which nothing was recorded; None if nothing was remembered.

        Args:
            name: of the file, as :meth:`start`

        Raises:
            InputError: the name can't be a file's
        """
        done: Future[Path] = Future()
        with self._lock:
            kept = self._last_minute.take() if self._current is None else None
            if kept is None:
                return None
            recording = OngoingRecording(self._free_path(file_stem(name, kept.system)), kept.system)
            recording.frames = kept.frames
            self._latest = recording
            self._thread.put(recording, lambda: self._open(recording, kept.provenance, Future()))
            self._thread.put(recording, lambda: self._write_all(recording, kept.writes, done))
            self._thread.start()
        return SavedRecording(done, kept.frames, kept.seconds)

    def frame(self, frame: Frame, bonds: Pairs, candidate: bool = False) -> None:
        """Add a frame to the recording that runs, if one does.

        Args:
            frame: what to record
            bonds: (B, 2) indices of bonded atoms
            candidate: whether the frame should be labelled
        """
        now = time.time()
        columns = {recordings.CANDIDATE.name: candidate}

        def write(writer: "recordings.RecordingWriter") -> None:
            writer.append(frame, bonds, now, columns)

        if not self._add(write, frames=1):
            with self._lock:
                self._last_minute.add_frame(write, frame)

    def event(self, kind: str, /, **data: recordings.EventValue) -> None:
        """Add an event to the recording that runs, if one does.

        Args:
            kind: one of those in :mod:`atomtug.recordings.events`
            **data: what the kind needs
        """
        now = time.time()

        def write(writer: "recordings.RecordingWriter") -> None:
            writer.note(kind, data, now)

        if not self._add(write, frames=0):
            with self._lock:
                self._last_minute.add_event(kind, data, write)

    def stop(self) -> Path | None:
        """End the recording and wait until it is on disk. Returns its path; None if none runs."""
        done = threading.Event()
        with self._lock:
            recording = self._current
            if recording is None:
                return None
            self._end_current()
            self._thread.put(recording, done.set)
        done.wait(timeout=30.0)
        return recording.path

    def close(self) -> None:
        """End the recording and the thread, and wait until both have ended."""
        with self._lock:
            self._end_current()
            thread = self._thread.end()
        if thread is not None:
            thread.join(timeout=30.0)

    def _add(self, action: WriteAction, frames: int) -> bool:
        """Have something written to the recording that runs; False if none does."""
        with self._lock:
            recording = self._current
            if recording is None:
                return False
            has_room = self._thread.waiting <= MAX_WAITING
            if has_room:
                recording.frames += frames
                self._thread.put(recording, lambda: self._thread.write(recording, action))
        if not has_room:
            self._fail(recording, f"The disk can't keep up: recording {recording.path.name} was ended.")
        return True

    def _free_path(self, stem: str) -> Path:
        path = self._folder / f"{stem}.h5"
        count = 1
        while path in self._used_paths or _exists(path):
            count += 1
            path = self._folder / f"{stem}-{count}.h5"
        self._used_paths.add(path)
        return path

    def _end_current(self) -> None:
        """Have the file of the recording that runs closed, after what is queued. The lock must be held."""
        if self._current is not None:
            ended, self._current = self._current, None
            self._thread.put(ended, lambda: self._thread.close_file(ended))

    def _fail(self, recording: OngoingRecording, reason: str) -> None:
        """End this recording and report why; another that runs meanwhile is left alone."""
        with self._lock:
            recording.error = reason
            if self._current is recording:
                self._end_current()
        self._on_failure(reason)

    # In the recorder's thread ---------------------------------------------------------------------------

    def _open(
        self,
        recording: OngoingRecording,
        provenance: Mapping[str, Value],
        opened: Future[Path],
    ) -> None:
        opened = _answerable(opened)
        try:
            self._thread.open_file(recording, provenance)
        except AtomtugError as error:
            with self._lock:
                self._used_paths.discard(recording.path)
            opened.set_exception(error)
            self._fail(recording, str(error))
        else:
            opened.set_result(recording.path)

    def _write_all(self, recording: OngoingRecording, writes: list[WriteAction], done: Future[Path]) -> None:
        done = _answerable(done)
        for write in writes:
            self._thread.write(recording, write)
        self._thread.close_file(recording)
        with self._lock:
            error = recording.error
        if error:
            done.set_exception(RecordingError(error))
        else:
            done.set_result(recording.path)


def _answerable(asked: Future[Path]) -> Future[Path]:
    """What whoever asked waits for; another future where they have gone and cancelled it: the recording is made."""
    return asked if asked.set_running_or_notify_cancel() else Future()


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # the folder can't be read; the writer will say so
        return False
