"""Child processes that Ctrl-C does not reach."""

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Keep SIGINT from this thread during the block, and for good from threads and processes started in it.

    A terminal sends Ctrl-C to every process of its group, and so to a child that has not come as far as to ignore
    it. A Ctrl-C during the block reaches this process at its end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
