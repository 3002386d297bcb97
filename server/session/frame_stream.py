"""Frames on their way to clients: complete for a client that joins, merged for one that reads slowly. No I/O.

A wire frame is an increment: a key that is absent keeps its last value. Index 0 means that everything before it is
void. Both rules are in :func:`merge` only.
"""

from collections import deque
from collections.abc import Callable

from atomtug.wire.values import FrameValues

MAX_QUEUED = 2000
"""Frames kept for a client that asked for every frame; when there are more, the newest are merged."""


class WireFrame:
    """One frame as clients know it: an index and values by key, in the wire's units.

    Args:
        index: 0 for the first after a reset
        values: arrays (numpy), lists of text, numbers and text, by frame key; callers must not change it
    """

    __slots__ = ("encoded", "index", "values")

    def __init__(self, index: int, values: FrameValues) -> None:
        self.index = index
        self.values = values
        self.encoded: dict[str, bytes] = {}
        """Its bytes by protocol, so that it is encoded once for all clients."""


def merge(old: WireFrame | None, new: WireFrame) -> WireFrame:
    """One frame in place of two that follow each other. A reset is never lost."""
    if old is None or new.index == 0:
        return new
    index = 0 if old.index == 0 else new.index
    return WireFrame(index, {**old.values, **new.values})


class FrameStream:
    """The frames of a session, and the readers that wait for the next."""

    def __init__(self) -> None:
        self._current: WireFrame | None = None
        self._readers: set[FrameReader] = set()

    @property
    def current(self) -> WireFrame | None:
        """The last value of every key, under the newest frame's index; None before the first frame."""
        return self._current

    def publish(self, values: FrameValues, begins: bool = False) -> WireFrame:
        """Send values to all readers. ``begins`` makes everything before them void."""
        current = self._current
        if begins or current is None:
            frame = self._current = WireFrame(0, values)
        else:
            frame = WireFrame(current.index + 1, values)
            self._current = WireFrame(frame.index, {**current.values, **values})
        for reader in self._readers:
            reader.add(frame)
        return frame

    def publish_to(self, peer: str, values: FrameValues) -> None:
        """Send values to the readers of one client only; those who join later don't get them."""
        # Never index 0, which would make everything before it void.
        frame = WireFrame(max(1, self._current.index if self._current is not None else 1), values)
        for reader in self._readers:
            if reader.peer == peer:
                reader.add(frame)

    def reader(self, every: bool, peer: str = "") -> "FrameReader":
        """A reader that first gets the last value of every key, then each frame, or (not ``every``) the newest.

        Args:
            every: whether it gets each frame
            peer: the address of the client that reads
        """
        reader = FrameReader(self._current, every, self._readers.discard, peer)
        self._readers.add(reader)
        return reader


class FrameReader:
    """The frames that one client has not been sent yet.

    Args:
        first: the last value of every key when it joined; None before the first frame
        every: whether to keep each frame; if not, frames that wait are merged into one
        on_close: called with this reader when it is closed
        peer: the address of its client
    """

    def __init__(
        self,
        first: WireFrame | None,
        every: bool,
        on_close: Callable[["FrameReader"], None],
        peer: str = "",
    ) -> None:
        self.peer = peer
        self._waiting: deque[WireFrame] = deque([] if first is None else [first])
        self._limit = MAX_QUEUED if every else 1
        self._on_close = on_close
        self._wake: Callable[[], None] = lambda: None

    def add(self, frame: WireFrame) -> None:
        """Keep a new frame until it is sent."""
        if len(self._waiting) >= self._limit:
            frame = merge(self._waiting.pop(), frame)
        self._waiting.append(frame)
        self._wake()

    @property
    def waiting(self) -> int:
        """Number of frames that are still to be sent."""
        return len(self._waiting)

    def pop(self) -> WireFrame | None:
        """Return the next frame to send, or None if there is none yet."""
        return self._waiting.popleft() if self._waiting else None

    def on_frame(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called after each new frame; at once if one waits."""
        self._wake = wake
        if self._waiting:
            wake()

    def close(self) -> None:
        """Stop collecting."""
        self._on_close(self)
