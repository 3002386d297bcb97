"""The thread that writes recordings, so that a slow disk does not slow the simulation."""

import contextlib
import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from atomtug import recordings
from atomtug.core.errors import AtomtugError
from atomtug.core.systems import System
from atomtug.server.session.last_minute import WriteAction
from atomtug.server.session.log import log
from atomtug.wire.values import Value

FLUSH_INTERVAL = 0.5
"""Seconds. Frames reach the disk within this time, also when no further frame follows."""


class OngoingRecording:
    """One recording, from its start to its end.

    Args:
        path: of its file
        system: what is simulated
    """

    def __init__(self, path: Path, system: System) -> None:
        self.path = path
        self.system = system
        self.frames = 0
        """Frames given to it; guarded by the recorder's lock, as ``error`` is."""
        self.error = ""
        """Why it ended by itself; empty if it did not."""
        self.writer: recordings.RecordingWriter | None = None
        """Only the thread uses it. None before the file is open, and after it is closed or has failed."""


class _Job(NamedTuple):
    """Work for the thread, and the recording whose failure it would be."""

    recording: OngoingRecording
    work: Callable[[], None]


class RecordingThread:
    """Does jobs one after the other, and flushes the file that is open when there is none.

    :meth:`open_file`, :meth:`write` and :meth:`close_file` are for jobs.

    Args:
        on_failure: called in the thread with a recording that can't be written, and why, in a sentence
    """

    def __init__(self, on_failure: Callable[[OngoingRecording, str], None]) -> None:
        self._on_failure = on_failure
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._open: OngoingRecording | None = None
        """Whose file is open."""

    @property
    def waiting(self) -> int:
        """Jobs that are not done yet."""
        return self._jobs.qsize()

    def put(self, recording: OngoingRecording, work: Callable[[], None]) -> None:
        """Have something done for a recording."""
        self._jobs.put(_Job(recording, work))

    def start(self) -> None:
        """Begin, if it does not run."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run_jobs, name="recorder", daemon=True)
            self._thread.start()

    def end(self) -> threading.Thread | None:
        """Let it end after the jobs that wait; returns what to join, None if it does not run."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
        return thread

    def open_file(self, recording: OngoingRecording, provenance: Mapping[str, Value]) -> None:
        """Make a recording's file.

        Raises:
            AtomtugError: it can't be made
        """
        recording.writer = recordings.RecordingWriter(
            recording.path, recording.system, provenance, recordings.LIVE_COLUMNS
        )
        self._open = recording

    def write(self, recording: OngoingRecording, action: WriteAction) -> None:
        """Write to a recording's file, if it is open."""
        writer = recording.writer
        if writer is None:
            return
        try:
            action(writer)
        except AtomtugError as error:
            recording.writer = None
            self._on_failure(recording, f"{error} The simulation goes on.")

    def close_file(self, recording: OngoingRecording) -> None:
        """Close a recording's file, if it is open."""
        self.write(recording, lambda writer: writer.close())
        recording.writer = None
        if self._open is recording:
            self._open = None

    def _flush(self) -> None:
        if self._open is not None:
            self.write(self._open, lambda writer: writer.flush())

    def _run_jobs(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=FLUSH_INTERVAL)
            except queue.Empty:
                if self._open is not None:
                    self._run_job(_Job(self._open, self._flush))
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
            self._on_failure(job.recording, reason)
