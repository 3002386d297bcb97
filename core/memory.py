"""Have the C library keep freed memory, for code that takes and frees the same megabytes again and again.

A compiled network takes its scratch space (10 MB for squalane) from malloc at every call, and a label takes
hundreds of megabytes at every cycle. glibc gives pieces that large back to the operating system at once, and the
next call pays for thousands of page faults: for the network as much time as the energy itself, for a label a third.
"""

import ctypes
import sys
from functools import cache

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -2, -3, -4  # malloc.h
_KEPT = 256 * 2**20
"""Bytes that a process which shares its machine may hold on to."""


@cache
def keep_freed_memory(everything: bool = False) -> bool:
    """Set malloc's thresholds for the whole process; calling it once is enough.

    Args:
        everything: keep pieces of any size, as a process does that has its memory to itself

    Returns:
        Whether it could be set: it can on Linux with glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    if everything:
        settings = [(_TRIM_THRESHOLD, 2**31 - 1), (_MMAP_MAX, 0)]
    else:
        settings = [(_MMAP_THRESHOLD, _KEPT), (_TRIM_THRESHOLD, _KEPT), (_TOP_PAD, _KEPT // 16)]
    return all(mallopt(option, value) == 1 for option, value in settings)
