"""Recording while the session runs: a thread that writes, so that a slow disk slows nobody down."""

import contextlib
import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from atomtug import recordings
from atomtug.core.errors import AtomtugError, InputError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.systems.bonds import Pairs

MAX_WAITING = 20_000
"""Frames and events kept for a disk that is slow; when there are more, the recording is ended."""
FLUSH_INTERVAL = 0.5
"""Seconds. Frames reach the disk within this time, also when no further frame follows."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,99}")

Job = Callable[[], None]

log = logging.getLogger("atomtug.server")


class Recorder:
    """At most one recording at a time, in one folder.

    Args:
        folder: where files go; made when needed
        on_failure: called from the recorder's thread, with a sentence, when a recording has ended by itself
    """

    def __init__(self, folder: Path, on_failure: Callable[[str], None]) -> None:
        self._folder = folder
        self._on_failure = on_failure
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._writer: recordings.RecordingWriter | None = None
        self._path: Path | None = None
        self._given: set[Path] = set()
        """Paths of all recordings so far: the file of one just begun may not be there yet."""
        self._thread: threading.Thread | None = None
        self.frames = 0
        """In the recording that runs, or ran last."""
        self.error = ""
        """Why the last recording ended by itself; empty if it didn't."""

    @property
    def path(self) -> Path | None:
        """Of the recording that runs."""
        return self._path

    def start(self, system: System, provenance: Mapping[str, Any], name: str | None = None) -> Future[Path]:
        """Begin a recording, after ending the one that runs.

        Args:
            system: what is simulated
            provenance: all that the frames depend on
            name: of the file, without folder; by default the system's name and the time

        Returns:
            Where it is written, once the file is there; RecordingError if it can't be.

        Raises:
            InputError: the name can't be a file's
        """
        if name is not None and (not isinstance(name, str) or not _NAME.fullmatch(name)):
            raise InputError(
                f"A recording can't be called {name!r}: use letters, digits, spaces and . _ + - (it goes to "
                f"the server's folder for recordings)."
            )
        stem = name or f"{_plain(system.name)}-{time.strftime('%Y%m%d-%H%M%S')}"
        path = self._free_path(stem.removesuffix(".h5"))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
            self._thread.start()
        self._end()
        self._path, self.frames, self.error = path, 0, ""
        opened: Future[Path] = Future()
        self._jobs.put(lambda: self._open(path, system, provenance, opened))
        return opened

    def _free_path(self, stem: str) -> Path:
        path = self._folder / f"{stem}.h5"
        count = 1
        while path in self._given or _exists(path):
            count += 1
            path = self._folder / f"{stem}-{count}.h5"
        self._given.add(path)
        return path

    def frame(self, frame: Frame, bonds: Pairs, candidate: bool = False) -> None:
        """Add a frame to the recording that runs, if one does; a ``candidate`` should be labelled."""
        if not self._can_follow():
            return
        self.frames += 1
        now = time.time()
        self._jobs.put(
            lambda: self._write(
                lambda writer: writer.append(frame, bonds, now, {recordings.CANDIDATE.name: candidate})
            )
        )

    def event(self, kind: str, /, **data: Any) -> None:
        """Note something that is no frame, if a recording runs."""
        if self._can_follow():
            self._jobs.put(lambda: self._write(lambda writer: writer.event(kind, **data)))

    def _can_follow(self) -> bool:
        """Whether a recording runs; one that has fallen too far behind is ended."""
        if self._path is not None and self._jobs.qsize() > MAX_WAITING:
            self._fail(f"The disk can't keep up: recording {self._path.name} was ended.")
        return self._path is not None

    def stop(self) -> Path | None:
        """End the recording and wait until it is on disk; None if none runs."""
        path = self._path
        self._end()
        done = threading.Event()
        if path is not None:
            self._jobs.put(done.set)
            done.wait(timeout=30.0)
        return path

    def close(self) -> None:
        """End the recording and the thread."""
        self.stop()
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(timeout=30.0)
            self._thread = None

    # In the thread --------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=FLUSH_INTERVAL)
            except queue.Empty:
                job = self._flush
            if job is None:
                return
            try:
                job()
            except Exception as error:  # a mistake of ours must not end all recordings to come
                log.exception("Recording failed.")
                writer, self._writer = self._writer, None
                self._fail(f"Recording failed ({type(error).__name__}: {error}). The simulation goes on.")
                if writer is not None:
                    with contextlib.suppress(Exception):
                        writer.close()

    def _flush(self) -> None:
        self._write(lambda writer: writer.flush())

    def _open(self, path: Path, system: System, provenance: Mapping[str, Any], opened: Future[Path]) -> None:
        # Whoever asked may have gone meanwhile, and the future with it; the recording is made all the same.
        if not opened.set_running_or_notify_cancel():
            opened = Future()
        try:
            self._writer = recordings.RecordingWriter(path, system, provenance, recordings.LIVE_COLUMNS)
        except AtomtugError as error:
            self._given.discard(path)
            opened.set_exception(error)
            self._fail(str(error))
        else:
            opened.set_result(path)

    def _write(self, action: Callable[["recordings.RecordingWriter"], None]) -> None:
        writer = self._writer
        if writer is None:
            return
        try:
            action(writer)
        except AtomtugError as error:
            self._writer = None
            self._fail(f"{error} The simulation goes on.")

    def _end(self) -> None:
        if self._path is not None:
            self._path = None
            self._jobs.put(self._close)

    def _close(self) -> None:
        self._write(lambda writer: writer.close())
        self._writer = None

    def _fail(self, reason: str) -> None:
        self.error = reason
        self._end()
        self._on_failure(reason)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # nothing can be seen in that folder; the writer will say so
        return False


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip("._+-")[:100] or "recording"
