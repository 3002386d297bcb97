"""Opening a recording, whatever state it was left in, and turning HDF5's complaints into sentences."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from atomtug.errors import RecordingError
from atomtug.recordings import layout

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_FLAGS_AT = 11
"""Where the superblock of version 3 keeps its consistency flags: 1 = open for writing, 4 = SWMR."""
_PATIENCE = 1.0
"""Seconds to wait for a file that is just being made."""


def open_file(path: Path) -> tuple[h5py.File, bool]:
    """A recording's file, open for reading.

    Returns:
        The file, and whether its writer had closed it. If not, it is open in SWMR mode: the writer
        is at work, or was killed.

    Raises:
        RecordingError: no such file, not a recording, or damaged
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        flags = _flags(path)
        try:
            file = h5py.File(path, "r", swmr=flags != 0)
            break
        except (OSError, RuntimeError, ValueError) as error:
            # Between our look at the flags and HDF5's, a writer may have begun, started SWMR, or finished.
            if _flags(path) in (0, 5) and (flags == _flags(path) or time.monotonic() > deadline):
                raise damaged(path, error) from error
            if time.monotonic() > deadline:
                raise RecordingError(
                    f"{path} holds nothing yet: it is just being made, or its writer was killed making it."
                ) from error
            time.sleep(0.02)
    try:
        _check_format(path, file)
    except BaseException:
        file.close()
        raise
    return file, flags == 0


def damaged(path: Path, error: BaseException) -> RecordingError:
    """The sentence for an error of HDF5 or of what was read."""
    text = str(error)
    if "truncated file" in text or "addr overflow" in text:
        why = "it ends too early: perhaps a copy was interrupted, or made while it was being written"
    else:
        why = (text.splitlines() or [""])[0].strip().rstrip(".") or type(error).__name__
        why = f"a part of it can't be read ({why})"
    return RecordingError(f"{path} is damaged, {why}; use another copy.")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what h5py, numpy and json raise over a damaged file into a :class:`RecordingError`."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise damaged(path, error) from error


def _flags(path: Path) -> int:
    """The consistency flags of an HDF5 file; 0 for one that was closed."""
    try:
        with path.open("rb") as stream:
            start = stream.read(_FLAGS_AT + 1)
    except FileNotFoundError as error:
        raise RecordingError(f"There is no file {path}: check the path.") from error
    except IsADirectoryError as error:
        raise RecordingError(f"{path} is a folder: give the path of a recording in it.") from error
    except OSError as error:
        raise RecordingError(f"{path} can't be read: {error.strerror}.") from error
    if start[: len(_SIGNATURE)] != _SIGNATURE:
        raise RecordingError(f"{path} is no recording: it is not an HDF5 file.")
    version = start[len(_SIGNATURE)] if len(start) > len(_SIGNATURE) else 0
    return start[_FLAGS_AT] if version >= 3 and len(start) > _FLAGS_AT else 0


def _check_format(path: Path, file: h5py.File) -> None:
    with reading(path):
        kind = file.attrs.get("format")
        version = file.attrs.get("format_version", 0)
        if kind != layout.FORMAT:
            found = f"its format is {kind!r}" if kind is not None else "it was not written by atomtug"
            raise RecordingError(f"{path} is an HDF5 file but no recording: {found}.")
        if int(version) > layout.FORMAT_VERSION:
            raise RecordingError(
                f"{path} has version {version} of the format, and this atomtug knows "
                f"{layout.FORMAT_VERSION}: install a newer one."
            )
