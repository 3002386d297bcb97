"""Ctrl-C, and other signals to stop, that let what is under way come to a good end."""

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


def stopping_signals() -> list[signal.Signals]:
    """Those that ask a program to end: Ctrl-C, TERM, and the end of its terminal, unless that is ignored (nohup)."""
    asked = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is not None and signal.getsignal(hangup) != signal.SIG_IGN:
        asked.append(hangup)
    return asked


@contextmanager
def stoppable(sentence: str) -> Iterator[Callable[[], bool]]:
    """A function that says whether one of :func:`stopping_signals` came, such as Ctrl-C; again, it interrupts.

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

    before = {number: signal.signal(number, handle) for number in stopping_signals()}
    try:
        yield lambda: pressed > 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
