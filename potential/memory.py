"""Keep freed memory, for code that asks for the same megabytes thousands of times a second.

A compiled function takes its scratch space (10 MB for squalane) from malloc and gives it back, every call. glibc
hands pieces that large back to the operating system at once, and the next call pays for thousands of page
faults: as much time as the energy itself. Telling it to keep them is three calls.
"""

import ctypes
import sys
from functools import cache

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # malloc.h
_KEPT = 256 * 2**20
"""Bytes a process may hold on to."""


@cache
def keep_freed_memory() -> bool:
    """For the whole process; once is enough. Returns whether it could: it is for Linux with glibc."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    settings = ((_MMAP_THRESHOLD, _KEPT), (_TRIM_THRESHOLD, _KEPT), (_TOP_PAD, _KEPT // 16))
    return all(mallopt(option, value) == 1 for option, value in settings)
