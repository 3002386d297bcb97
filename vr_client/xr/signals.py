"""Ctrl-C and SIGTERM while a runtime's calls are under way."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def ending_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` on Ctrl-C and SIGTERM, without interrupting system calls.

    A runtime talks with another process. Most don't repeat a system call that a signal has interrupted, and the
    connection is lost with it. Python's handlers interrupt system calls unless they are told not to.

    Args:
        stop: is called in the main thread, from which this has to be used
    """

    def handler(_number: int, _frame: FrameType | None) -> None:
        stop()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handler) for number in numbers}
    if hasattr(signal, "siginterrupt"):  # not on Windows, where signals interrupt nothing
        for number in numbers:
            signal.siginterrupt(number, False)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
