"""Whether a recording is being written, by whichever process.

A writer holds a shared lock (``flock``) on its file until it closes it or ends. Readers of atomtug hold none.
"""

import fcntl
import time
from pathlib import Path
from typing import IO

from atomtug.recordings.superblock import read_superblock

LIVE_WITHIN = 5.0
"""Seconds since the last change within which a file that isn't closed counts as being written without a lock, too:
some network disks have no locks, and atomtug 0.1 holds none."""


def hold(file: IO[bytes]) -> None:
    """Say that a file is being written, until it is closed. Where the disk has no locks, nothing is said."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return


def is_being_written(path: Path) -> bool:
    """Whether somebody is writing a recording: it is not closed, and held or just changed.

    Args:
        path: of a recording; False where it can't be read
    """
    try:
        if not read_superblock(path).flags:
            return False
        return _is_held(path) or time.time() - path.stat().st_mtime < LIVE_WITHIN
    except OSError:
        return False


def _is_held(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # no locks on this disk
            return False
        return False
