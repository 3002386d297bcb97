"""Recording while a session runs. A thread of its own writes, so that a slow disk does not slow the simulation."""

import contextlib
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from atomtug import recordings
from atomtug.core.errors import AtomtugError, InputError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.systems.bonds import Pairs
from atomtug.server.session.log import log
from atomtug.wire.values import Value

MAX_WAITING = 20_000
"""Frames and events kept for a disk that is slow; when there are more, the recording is ended."""
FLUSH_INTERVAL = 0.5
"""Seconds. Frames reach the disk within this time, also when no further frame follows."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,99}")


class _RecordingFile:
    """One recording, from its start to its end.

    Args:
        path: of its file
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames = 0
        """Frames given to it; guarded by the recorder's lock, as ``error`` is."""
        self.error = ""
        """Why it ended by itself; empty if it did not."""
        self.writer: recordings.RecordingWriter | None = None
        """Only the recorder's thread uses it. None before the file is open, and after it is closed or has failed."""


class _Job(NamedTuple):
    """Work for the recorder's thread, and the recording whose failure it would be."""

    recording: _RecordingFile
    work: Callable[[], None]


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
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._lock = threading.Lock()
        """Guards the fields below, and the order in which jobs of several threads are queued."""
        self._current: _RecordingFile | None = None
        self._latest: _RecordingFile | None = None
        self._used_paths: set[Path] = set()
        """Paths of all recordings so far: the file of one just started may not exist yet."""
        self._thread: threading.Thread | None = None
        self._open_recording: _RecordingFile | None = None
        """Whose file is open. Only the recorder's thread uses it."""

    @property
    def path(self) -> Path | None:
        """The file of the recording that runs; None if none does."""
        with self._lock:
            return None if self._current is None else self._current.path

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
        if name is not None and (not isinstance(name, str) or not _NAME.fullmatch(name)):
            raise InputError(
                f"A recording can't be called {name!r}: use letters, digits, spaces and . _ + - (it goes to "
                f"the server's folder for recordings)."
            )
        stem = name or f"{_plain(system.name)}-{time.strftime('%Y%m%d-%H%M%S')}"
        opened: Future[Path] = Future()
        with self._lock:
            recording = _RecordingFile(self._free_path(stem.removesuffix(".h5")))
            self._end_current()
            self._current = self._latest = recording
            self._queue(recording, lambda: self._open(recording, system, provenance, opened))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run_jobs, name="recorder", daemon=True)
                self._thread.start()
        return opened

    def frame(self, frame: Frame, bonds: Pairs, candidate: bool = False) -> None:
        """Add a frame to the recording that runs, if one does.

        Args:
            frame: what to record
            bonds: (B, 2) indices of bonded atoms
            candidate: whether the frame should be labelled
        """
        now = time.time()
        columns = {recordings.CANDIDATE.name: candidate}
        self._add(lambda writer: writer.append(frame, bonds, now, columns), frames=1)

    def event(self, kind: str, /, **data: recordings.EventValue) -> None:
        """Add an event to the recording that runs, if one does.

        Args:
            kind: one of those in :mod:`atomtug.recordings.events`
            **data: what the kind needs
        """
        self._add(lambda writer: writer.event(kind, **data), frames=0)

    def stop(self) -> Path | None:
        """End the recording and wait until it is on disk. Returns its path; None if none runs."""
        done = threading.Event()
        with self._lock:
            recording = self._current
            if recording is None:
                return None
            self._end_current()
            self._queue(recording, done.set)
        done.wait(timeout=30.0)
        return recording.path

    def close(self) -> None:
        """End the recording and the thread, and wait until both have ended."""
        with self._lock:
            self._end_current()
            thread, self._thread = self._thread, None
            if thread is not None:
                self._jobs.put(None)
        if thread is not None:
            thread.join(timeout=30.0)

    def _add(self, action: Callable[["recordings.RecordingWriter"], None], frames: int) -> None:
        with self._lock:
            recording = self._current
            if recording is None:
                return
            has_room = self._jobs.qsize() <= MAX_WAITING
            if has_room:
                recording.frames += frames
                self._queue(recording, lambda: self._write(recording, action))
        if not has_room:
            self._fail(recording, f"The disk can't keep up: recording {recording.path.name} was ended.")

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
            self._queue(ended, lambda: self._close_file(ended))

    def _queue(self, recording: _RecordingFile, work: Callable[[], None]) -> None:
        self._jobs.put(_Job(recording, work))

    def _fail(self, recording: _RecordingFile, reason: str) -> None:
        """End this recording and report why; another that runs meanwhile is left alone."""
        with self._lock:
            recording.error = reason
            if self._current is recording:
                self._end_current()
        self._on_failure(reason)

    # In the recorder's thread ---------------------------------------------------------------------------

    def _run_jobs(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=FLUSH_INTERVAL)
            except queue.Empty:
                if self._open_recording is not None:
                    self._run_job(_Job(self._open_recording, self._flush))
                continue
            if job is None:
                return
            self._run_job(job)

    def _run_job(self, job: _Job) -> None:
        try:
            job.work()
        except Exception as error:  # an unforeseen error must not end all later recordings
            log.exception("Recording failed.")
            writer, job.recording.writer = job.recording.writer, None
            if writer is not None:
                with contextlib.suppress(Exception):
                    writer.close()
            reason = f"Recording failed ({type(error).__name__}: {error}). The simulation goes on."
            self._fail(job.recording, reason)

    def _open(
        self,
        recording: _RecordingFile,
        system: System,
        provenance: Mapping[str, Value],
        opened: Future[Path],
    ) -> None:
        # The caller may have gone and cancelled the future; the recording is made all the same.
        if not opened.set_running_or_notify_cancel():
            opened = Future()
        try:
            recording.writer = recordings.RecordingWriter(
                recording.path, system, provenance, recordings.LIVE_COLUMNS
            )
        except AtomtugError as error:
            with self._lock:
                self._used_paths.discard(recording.path)
            opened.set_exception(error)
            self._fail(recording, str(error))
        else:
            self._open_recording = recording
            opened.set_result(recording.path)

    def _write(
        self, recording: _RecordingFile, action: Callable[["recordings.RecordingWriter"], None]
    ) -> None:
        writer = recording.writer
        if writer is None:
            return
        try:
            action(writer)
        except AtomtugError as error:
            recording.writer = None
            self._fail(recording, f"{error} The simulation goes on.")

    def _flush(self) -> None:
        if self._open_recording is not None:
            self._write(self._open_recording, lambda writer: writer.flush())

    def _close_file(self, recording: _RecordingFile) -> None:
        self._write(recording, lambda writer: writer.close())
        recording.writer = None
        if self._open_recording is recording:
            self._open_recording = None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # the folder can't be read; the writer will say so
        return False


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip("._+-")[:100] or "recording"
