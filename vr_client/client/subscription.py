"""A stream of messages, read in a thread and folded into what they add up to."""

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
"""Values kept for those who wait for every one."""


class Subscription(Generic[T]):
    """What a stream amounts to so far, and waiting for it to change.

    Args:
        call: the stream
        start: what nothing amounts to
        fold: what is known and the next message -> what is known then
        failure: an error of the stream -> the error to raise where someone waits
        every: keep what was known after each message for those who wait for it, not only the newest
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
        """What is known now."""
        return self._value

    @property
    def count(self) -> int:
        """How many messages came."""
        return self._count

    @property
    def ended(self) -> AtomtugError | None:
        """Why no more will come; None while more may."""
        return self._ended

    def wait(self, seen: int, timeout: float) -> tuple[T, int]:
        """What is known, and how many messages that took, as soon as those are more than ``seen``.

        Where every message counts, that is one more than ``seen``, unless so many came since that it is lost.

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

    def close(self) -> None:
        """Hang up; whoever waits is told."""
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
