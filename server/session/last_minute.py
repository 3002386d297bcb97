"""The last minute, kept in memory while nothing records it: what happened can be saved afterwards. No I/O."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.recordings import EventValue, events
from atomtug.wire.values import Value

if TYPE_CHECKING:
    from atomtug.recordings import RecordingWriter

SECONDS = 60.0
"""That something is kept, while new frames come."""
PAUSE = 1.0
"""Seconds between two frames that count at most: what came before a pause is kept through it."""
MOST_BYTES = 64 * 2**20
"""Bytes of frames and events, about; of more, the oldest go."""
_EVENT_BYTES = 1000
"""What an event without a picture of a person takes, about."""
_LASTING = (events.INTERACTION, events.PERSON, events.ENGINE, events.DYNAMICS, events.UNSURE)
"""Events that say what holds until the next of their kind (and key)."""

WriteAction = Callable[["RecordingWriter"], None]


class _Moment(NamedTuple):
    """A frame, or an event, as it will be written.

    Args:
        at: when it came, s
        size: bytes
        kind: of the event; empty for a frame
        key: what the event is about
        ends: whether it ends what lasts
        write: writes it
    """

    at: float
    size: int
    kind: str
    key: str
    ends: bool
    write: WriteAction


class KeptMinute(NamedTuple):
    """What was kept, to be written.

    Args:
        system: what was simulated
        provenance: what the first frames depend on
        writes: frames and events, in order
        frames: how many frames
        seconds: from the first frame to the last
    """

    system: System
    provenance: Mapping[str, Value]
    writes: list[WriteAction]
    frames: int
    seconds: float


class LastMinute:
    """Frames and events of one system. Its user sees to it that one thread at a time uses it.

    Args:
        most_bytes: how much is kept
        clock: monotonic time in seconds
    """

    def __init__(
        self,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_bytes = most_bytes
        self._clock = clock
        self._read = clock()
        """What the clock showed when the last frame came."""
        self._now = 0.0
        """Seconds that count."""
        self.system: System | None = None
        """What is simulated; None where nothing is kept."""
        self.frames = 0
        self._provenance: Mapping[str, Value] = {}
        self._moments: deque[_Moment] = deque()
        self._bytes = 0
        self._lasting: dict[tuple[str, str], _Moment] = {}
        """What was said before the first moment that is kept, and holds at it."""

    def begin(self, system: System | None, provenance: Mapping[str, Value]) -> None:
        """Forget all; keep what comes now of this system (None: of none)."""
        self.system, self._provenance = system, provenance
        self._moments.clear()
        self._lasting.clear()
        self.frames = self._bytes = 0

    def add_frame(self, write: WriteAction, frame: Frame) -> None:
        """Keep a frame."""
        if self.system is None:
            return
        read = self._clock()
        self._now += min(read - self._read, PAUSE)
        self._read = read
        self._add(_Moment(self._now, _size(frame), "", "", False, write))
        self.frames += 1
        oldest = self._now - SECONDS
        while self._moments and (self._moments[0].at < oldest or self._bytes > self._most_bytes):
            self._forget_first()

    def add_event(self, kind: str, data: Mapping[str, EventValue], write: WriteAction) -> None:
        """Keep an event."""
        if self.system is None:
            return
        size = _EVENT_BYTES * (16 if kind == events.PERSON else 1)
        ends = kind == events.INTERACTION_END or (kind == events.PERSON and data.get("value") is None)
        lasting = events.INTERACTION if kind == events.INTERACTION_END else kind
        self._add(_Moment(self._now, size, lasting, str(data.get("key", "")), ends, write))

    def take(self) -> KeptMinute | None:
        """What is kept, which is forgotten then; None where there is no frame."""
        if self.system is None or not self.frames:
            return None
        times = [moment.at for moment in self._moments if not moment.kind]
        writes = [moment.write for moment in (*self._lasting.values(), *self._moments)]
        kept = KeptMinute(self.system, self._provenance, writes, self.frames, times[-1] - times[0])
        while self._moments:
            self._forget_first()
        return kept

    def _add(self, moment: _Moment) -> None:
        self._moments.append(moment)
        self._bytes += moment.size

    def _forget_first(self) -> None:
        moment = self._moments.popleft()
        self._bytes -= moment.size
        if not moment.kind:
            self.frames -= 1
        elif moment.ends:
            self._lasting.pop((moment.kind, moment.key), None)
        elif moment.kind in _LASTING:
            self._lasting[moment.kind, moment.key] = moment


def _size(frame: Frame) -> int:
    """Bytes of a frame, about."""
    electrons = frame.electrons or ()
    arrays = (*electrons, frame.atomic_uncertainty)
    return 1000 + 6 * frame.positions.nbytes + sum(getattr(array, "nbytes", 0) for array in arrays)
