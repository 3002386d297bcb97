"""A stream of messages that a thread reads and combines into one value."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import grpc

from atomtug.core.errors import AtomtugError, ConnectionFailed
from atomtug.vr_client.client.channel import messages

T = TypeVar("T")

MAX_KEPT = 10_000
"""The most values that are kept for readers that want every one."""


class Subscription(Generic[T]):
    """The value that a stream's messages combine to, and waiting for it to change.

    Args:
        call: the stream
        start: the value before the first message
        fold: value and next message -> new value
        failure: an error of the stream -> the error to raise in :meth:`wait`
        every: keep the value after each message for :meth:`wait`, not only the newest
    """

    def __init__(
        self,
        call: Any,
        start: T,
        fold: Callable[[T, Any], T],
        failure: Callable[[grpc.RpcError], AtomtugError],
        every: bool = False,
    ) -> None:
        self._call = call
        self._value = start
        self._kept: deque[T] = deque(maxlen=MAX_KEPT if every else 1)
        self._fold = fold
        self._failure = failure
        self._count = 0
        self._ended: AtomtugError | None = None
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="atomtug-stream", daemon=True)
        self._thread.start()

    @property
    def value(self) -> T:
        """The newest value."""
        return self._value

    @property
    def count(self) -> int:
        """How many messages have come."""
        return self._count

    @property
    def ended(self) -> AtomtugError | None:
        """Why the stream has ended; None while it goes on."""
        return self._ended

    def wait(self, seen: int, timeout: float) -> tuple[T, int]:
        """Wait until more than ``seen`` messages have come; returns the value and the number of its messages.

        With ``every``, that number is ``seen`` + 1, unless so many came since then that the value was dropped.

        Raises:
            ConnectionFailed: nothing came within ``timeout`` seconds, or the stream has ended
        """
        deadline = time.monotonic() + timeout
        with self._news:
            while self._count <= seen:
                if self._ended is not None:
                    raise self._ended
                if not self._news.wait(deadline - time.monotonic()):
                    raise ConnectionFailed(
                        f"Nothing came from the server for {timeout:g} s: it is paused, stuck or very slow."
                    )
            skipped = max(0, seen - (self._count - len(self._kept)))
            return self._kept[skipped], self._count - len(self._kept) + skipped + 1

    def since(self, seen: int) -> tuple[list[T], int]:
        """The values that are kept after the first ``seen`` messages, and how many messages have come by now."""
        with self._news:
            new = min(self._count - seen, len(self._kept))
            return list(self._kept)[len(self._kept) - new :], self._count

    def close(self) -> None:
        """End the stream; a thread that waits gets an error."""
        self._call.cancel()
        self._thread.join(timeout=5.0)

    def _read(self) -> None:
        ended: AtomtugError = ConnectionFailed("The server ended the stream.")
        try:
            for message in messages(self._call):
                value = self._fold(self._value, message)
                with self._news:
                    self._value, self._count = value, self._count + 1
                    self._kept.append(value)
                    self._news.notify_all()
        except grpc.RpcError as error:
            ended = self._failure(error)
        finally:
            with self._news:
                self._ended = ended
                self._news.notify_all()
