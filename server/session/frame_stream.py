"""Frames on their way to clients: merged for those who are late, complete for those who join. No I/O.

A wire frame is an increment: a key that is absent keeps its last value. Index 0 means that everything before
is void. Both rules are in :func:`merge`, and nowhere else.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

MAX_QUEUED = 2000
"""Frames kept for a client that asked for every one; when there are more, the newest are merged."""


class WireFrame:
    """One frame as clients know it: an index and values by key, in the wire's units.

    Args:
        index: 0 for the first after a reset
        values: arrays (numpy), lists of text, numbers and text, by frame key; not to be changed
    """

    __slots__ = ("encoded", "index", "values")

    def __init__(self, index: int, values: Mapping[str, Any]) -> None:
        self.index = index
        self.values = values
        self.encoded: dict[str, bytes] = {}
        """By protocol: what it looks like encoded, so that it is encoded once for all clients."""


def merge(old: WireFrame | None, new: WireFrame) -> WireFrame:
    """What a client that missed ``old`` has to be told; a reset is never lost."""
    if old is None or new.index == 0:
        return new
    index = 0 if old.index == 0 else new.index
    return WireFrame(index, {**old.values, **new.values})


class FrameStream:
    """The frames of a session: the whole of the newest, and the readers that wait for the next."""

    def __init__(self) -> None:
        self._current: WireFrame | None = None
        self._readers: set[FrameReader] = set()

    @property
    def current(self) -> WireFrame | None:
        """Everything known now under the newest frame's index; None before the first frame."""
        return self._current

    def publish(self, values: Mapping[str, Any], begins: bool = False) -> WireFrame:
        """Send values to all readers; ``begins`` makes all that was before void."""
        current = self._current
        index = 0 if begins or current is None else current.index + 1
        frame = WireFrame(index, values)
        self._current = frame if index == 0 else WireFrame(index, {**current.values, **values})  # type: ignore[union-attr]
        for reader in self._readers:
            reader.offer(frame)
        return frame

    def reader(self, every: bool) -> "FrameReader":
        """A reader that first gets everything known now, then each frame, or (not ``every``) the newest."""
        reader = FrameReader(self._current, every, self._readers.discard)
        self._readers.add(reader)
        return reader


class FrameReader:
    """What one client has not been sent yet.

    Args:
        first: everything known when it joined
        every: keep each frame; else what waits is merged into one
        forget: called with this reader when it is closed
    """

    def __init__(self, first: WireFrame | None, every: bool, forget: Callable[["FrameReader"], None]) -> None:
        self._waiting: deque[WireFrame] = deque([] if first is None else [first])
        self._limit = MAX_QUEUED if every else 1
        self._forget = forget
        self._wake: Callable[[], None] = lambda: None

    def offer(self, frame: WireFrame) -> None:
        """A new frame was published."""
        if len(self._waiting) >= self._limit:
            frame = merge(self._waiting.pop(), frame)
        self._waiting.append(frame)
        self._wake()

    @property
    def waiting(self) -> int:
        """How many frames are still to be sent."""
        return len(self._waiting)

    def take(self) -> WireFrame | None:
        """The next frame to send, or None if there is none yet."""
        return self._waiting.popleft() if self._waiting else None

    def on_frame(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called whenever a frame comes; at once if one waits."""
        self._wake = wake
        if self._waiting:
            wake()

    def close(self) -> None:
        """The client is gone."""
        self._forget(self)
