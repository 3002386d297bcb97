"""A limit on how long a block of code may take, enforced by the kernel."""

import signal
from types import TracebackType


class TimeLimit:
    """Ends this process by SIGALRM unless the block is left in time, whatever code is stuck in it.

    Args:
        seconds: how long the block may take
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
