"""How much of the shared state each client may fill, so that none can take the memory or keep the others out."""

from collections.abc import Mapping
from typing import Any

from atomtug.server.session.state import StateFull

MAX_KEYS_EACH = 2_000
"""Keys that one client may have written last. A headset has some tens."""
MAX_BYTES_EACH = 16 * 2**20
MAX_BYTES = 64 * 2**20
"""Of all values together, as :func:`size_of` counts them."""
_NUMBER, _CONTAINER = 24, 64
"""Bytes, about, that Python takes for a number, and for a list, map or text besides what is in it."""


class Quota:
    """Who wrote each key last, and how large it is. A key counts for its last writer, as long as it is there."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[str, int]] = {}
        self._held: dict[str, tuple[int, int]] = {}
        self._bytes = 0

    def admit(self, writer: str, changes: Mapping[str, Any]) -> None:
        """Whether a client may make these changes (None: remove).

        Raises:
            StateFull: it would have too much, or all together would
        """
        count, size = self._held.get(writer, (0, 0))
        total = self._bytes
        for key, value in changes.items():
            owner, before = self._keys.get(key, ("", 0))
            after = 0 if value is None else _size(key, value)
            total += after - before
            size += after - (before if owner == writer else 0)
            count += (value is not None) - (owner == writer)
        if count > MAX_KEYS_EACH:
            raise StateFull(f"One client may write {MAX_KEYS_EACH} keys: remove some before adding others.")
        if size > MAX_BYTES_EACH:
            raise StateFull(
                f"One client may write {MAX_BYTES_EACH >> 20} MB of values: remove some, or shorten them."
            )
        if total > MAX_BYTES:
            raise StateFull(
                f"The shared state may hold {MAX_BYTES >> 20} MB: remove something before adding more."
            )

    def note(self, writer: str, changes: Mapping[str, Any]) -> None:
        """These changes were made."""
        for key, value in changes.items():
            owner, size = self._keys.pop(key, ("", 0))
            if owner:
                self._add(owner, -1, -size)
            if value is not None:
                size = _size(key, value)
                self._keys[key] = (writer, size)
                self._add(writer, 1, size)

    def _add(self, writer: str, count: int, size: int) -> None:
        self._bytes += size
        held = self._held.pop(writer, (0, 0))
        now = (held[0] + count, held[1] + size)
        if now[0]:
            self._held[writer] = now


def size_of(value: Any) -> int:
    """Bytes that a plain value takes in memory, about."""
    if isinstance(value, str):
        return _CONTAINER + len(value)
    if isinstance(value, Mapping):
        return _CONTAINER + sum(size_of(key) + size_of(part) for key, part in value.items())
    if isinstance(value, list | tuple):
        return _CONTAINER + sum(map(size_of, value))
    return _NUMBER


def _size(key: str, value: Any) -> int:
    return size_of(key) + size_of(value)
