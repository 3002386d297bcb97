"""Ctrl-C that lets what is under way come to a good end."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""Exit code after Ctrl-C, as a shell has it."""
STDERR = 2
"""Descriptor of standard error."""


@contextmanager
def stoppable(sentence: str) -> Iterator[Callable[[], bool]]:
    """A function that says whether Ctrl-C (or SIGTERM) was pressed; pressed again, it interrupts.

    Args:
        sentence: what is said when it is pressed
    """
    pressed = 0

    def handle(_signal: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed > 1:
            raise KeyboardInterrupt
        # Straight to the descriptor: Python's own stream may be in the middle of a write, and can't be entered twice.
        with contextlib.suppress(OSError):
            os.write(STDERR, f"\n{sentence} (Again: at once.)\n".encode())

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: pressed > 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
