"""Opening a recording in whatever state it was left, and turning HDF5's errors into sentences."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import h5py

from atomtug.core.errors import NotARecording, RecordingError
from atomtug.recordings import layout
from atomtug.recordings.superblock import SWMR, FileView, Superblock, read_superblock

T = TypeVar("T")

ATTEMPTS = 4
PAUSE = 0.02
"""Seconds between attempts, when a read may have crossed a write."""
PATIENCE = 1.0
"""Seconds to wait for a file that is just being created."""

# What h5py, numpy and json raise for damaged content.
COMPLAINTS = (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError)


class RecordingFile:
    """An open recording file. All reads go through :meth:`read`, which tries again while the file is written.

    Args:
        path: a recording

    Raises:
        RecordingError: no such file, not a recording, or damaged
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: h5py.File | None = None
        self._view: FileView | None = None
        self.closed = False
        """Whether the writer closed the file; if not, it is still writing, or was killed."""
        self.reopen()

    def reopen(self) -> None:
        """Open the file again, to read what was added since."""
        self.close()
        for attempt in range(1, ATTEMPTS + 1):
            block = self._begun()
            try:
                self._open(block)
                return
            except COMPLAINTS as error:
                self.close()
                if block.flags == 0 or attempt == ATTEMPTS:
                    raise damaged(self.path, error) from error
            except RecordingError:
                self.close()
                raise
            time.sleep(PAUSE)

    def read(self, what: Callable[[h5py.File], T]) -> T:
        """What a function returns for the file; it is called again if the file is being written.

        Raises:
            RecordingError: the file is damaged
        """
        for attempt in range(1, ATTEMPTS + 1):
            if self._file is None:
                raise RecordingError(f"{self.path} has been closed: open it again to read on.")
            try:
                return what(self._file)
            except COMPLAINTS as error:
                if self.closed or attempt == ATTEMPTS:
                    raise damaged(self.path, error) from error
            time.sleep(PAUSE)
            self.reopen()
        raise AssertionError("the last attempt returns or raises")

    def outdated(self) -> bool:
        """Whether the file may hold more than when it was opened."""
        return not self.closed or self._superblock().flags != 0

    def close(self) -> None:
        """Close the file. Closing twice is allowed."""
        if self._file is not None:
            self._file.close()
        if self._view is not None:
            self._view.close()
        self._file = self._view = None

    def _open(self, block: Superblock) -> None:
        self.closed = block.flags == 0
        self._view = FileView(self.path)
        self._file = h5py.File(self._view, "r")
        check_format(self.path, self._file)

    def _begun(self) -> Superblock:
        """The superblock, as soon as the file has content."""
        deadline = time.monotonic() + PATIENCE
        while True:
            block = self._superblock()
            if block.raw and (block.flags == 0 or block.flags & SWMR):
                return block
            if time.monotonic() > deadline:
                raise RecordingError(
                    f"{self.path} holds nothing yet: it is just being created, or its writer was killed before."
                )
            time.sleep(PAUSE)

    def _superblock(self) -> Superblock:
        try:
            block = read_superblock(self.path)
        except FileNotFoundError as error:
            raise RecordingError(f"There is no file {self.path}: check the path.") from error
        except IsADirectoryError as error:
            raise RecordingError(f"{self.path} is a folder: give the path of a recording in it.") from error
        except OSError as error:
            raise RecordingError(f"{self.path} can't be read: {error.strerror}.") from error
        # A file of no bytes is what a writer makes first.
        if block.raw and not block.is_hdf5:
            raise NotARecording(f"{self.path} is no recording: it is not an HDF5 file.")
        return block


def damaged(path: Path, error: BaseException) -> RecordingError:
    """The error for a damaged file, from what HDF5, numpy or json raised."""
    text = str(error)
    if "truncated file" in text or "addr overflow" in text:
        why = "it ends too early: perhaps a copy was interrupted, or made while it was being written"
    else:
        why = (text.splitlines() or [""])[0].strip().rstrip(".") or type(error).__name__
        why = f"a part of it can't be read ({why})"
    return RecordingError(
        f"{path} is damaged, {why}; use another copy, or save its whole frames by `atomtug repair`."
    )


def check_format(path: Path, file: h5py.File) -> None:
    """Check that this is a recording, of a version that is known.

    Raises:
        NotARecording: it is not a recording
        RecordingError: it is of a newer version
    """
    kind = file.attrs.get("format")
    version = file.attrs.get("format_version", 0)
    if kind != layout.FORMAT:
        found = f"its format is {kind!r}" if kind is not None else "it was not written by atomtug"
        raise NotARecording(f"{path} is an HDF5 file but no recording: {found}.")
    if int(version) > layout.FORMAT_VERSION:
        raise RecordingError(
            f"{path} has version {version} of the format, and this atomtug knows "
            f"{layout.FORMAT_VERSION}: install a newer one."
        )


def format_of(path: Path) -> str:
    """The root attribute ``format`` of an HDF5 file; empty where there is none, or the file can't be read."""
    try:
        view = FileView(path)
        try:
            with h5py.File(view, "r") as file:
                return str(file.attrs.get("format", ""))
        finally:
            view.close()
    except COMPLAINTS:
        return ""
