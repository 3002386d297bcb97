"""Records where people are: their avatars and rooms, a few times a second."""

import math
import time
from collections.abc import Callable, Mapping

from atomtug.server.session.ledger import value_size
from atomtug.wire.state_keys import AVATAR_PREFIX, PLAYAREA_PREFIX
from atomtug.wire.values import Changes, Value

INTERVAL = 0.1
"""Seconds between two records of the same key."""
MAX_SIZE = 16_384
"""Bytes in memory of a value that is recorded, at most; a headset's avatar takes about 3000."""
PREFIXES = (AVATAR_PREFIX, PLAYAREA_PREFIX)


class RecordedPeople:
    """Which changes of avatars are recorded.

    Args:
        record: writes a key and its value; None for a person who has left
        clock: monotonic time in seconds
    """

    def __init__(
        self, record: Callable[[str, Value], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._record = record
        self._clock = clock
        self._recorded: dict[str, float] = {}
        """By key: when it was recorded last."""
        self._waiting: dict[str, Value] = {}

    def update(self, changes: Changes) -> None:
        """Record what is due of these changes of the shared state, which were made."""
        for key, value in changes.items():
            if not key.startswith(PREFIXES):
                continue
            if value is None:
                self._waiting.pop(key, None)
                if self._recorded.pop(key, None) is not None:
                    self._record(key, None)
            elif is_recordable(value):
                self._waiting[key] = value
        self.flush()

    def flush(self) -> None:
        """Record what has waited long enough."""
        now = self._clock()
        for key, value in list(self._waiting.items()):
            if now - self._recorded.get(key, -math.inf) >= INTERVAL:
                del self._waiting[key]
                self._recorded[key] = now
                self._record(key, value)

    def begin(self, state: Mapping[str, Value]) -> None:
        """A recording begins: it gets all that are there."""
        self._recorded.clear()
        self.update(state)


def is_recordable(value: Value) -> bool:
    """Whether a value is short, and has only what a recording's journal can keep."""
    return value_size(value) <= MAX_SIZE and _is_plain(value)


def _is_plain(value: Value) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, bool | int | float | str)
