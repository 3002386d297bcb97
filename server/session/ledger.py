"""Who wrote each key of the shared state: for limits, for records, and to clear away what a client leaves behind."""

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from atomtug.wire.interactions import OWNER
from atomtug.wire.state_keys import INTERACTION_PREFIX, USER_PREFIXES
from atomtug.wire.values import Changes, Value

NUMBER_SIZE, CONTAINER_SIZE = 24, 64
"""Bytes, about, that Python takes for a number, and for a list, map or text besides what is in it."""


class Entry(NamedTuple):
    """What is known of a key that is in the shared state.

    Args:
        writer: the client that wrote it last; None once that client has left
        user: the user to whom it belongs; None for a key that belongs to no user
        size: bytes of key and value in memory, about
    """

    writer: str | None
    user: str | None
    size: int


class Total(NamedTuple):
    """How much one client has written: number of keys, and their bytes."""

    keys: int
    size: int


class Ledger:
    """The writer, user and size of each key that clients have written. It does no I/O and has no limits.

    Keys that only the server writes are not entered.
    """

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._totals: dict[str, Total] = {}
        self._users: dict[str, set[str]] = {}
        """By client: the users for whom it has written anything."""
        self.size = 0
        """Bytes of all keys and values together."""

    def entry(self, key: str) -> Entry | None:
        """What is known of a key; None if it isn't there."""
        return self._entries.get(key)

    def total(self, writer: str) -> Total:
        """How much of what is there this client wrote last."""
        return self._totals.get(writer, Total(0, 0))

    def record(self, writer: str, changes: Changes) -> None:
        """Enter changes that were made; None removes a key."""
        for key, value in changes.items():
            before = self._entries.pop(key, None)
            if before is not None:
                self._add(before.writer, -1, -before.size)
            if value is not None:
                entry = Entry(writer, user_of(key, value), entry_size(key, value))
                self._entries[key] = entry
                self._add(writer, 1, entry.size)
                if entry.user is not None:
                    self._users.setdefault(writer, set()).add(entry.user)

    def left_behind(self, gone: Set[str], present: Set[str], keys: Iterable[str]) -> list[str]:
        """Keys to remove because the clients or users to whom they belong have left.

        A user has left when no client that wrote for them is present. What a client wrote for another user who
        is still present stays.

        Args:
            gone: clients that have left
            present: clients that are still connected
            keys: those of the shared state, with those that the server wrote

        Returns:
            Interactions, users' keys, and other keys that a client wrote with a user's id in their name, sorted.
        """
        present_users = self._users_of(present)
        gone_users = self._users_of(gone) - present_users
        left = []
        for key in keys:
            if not key.startswith((INTERACTION_PREFIX, *USER_PREFIXES)):
                known = self._entries.get(key)
                if known is not None and known.writer not in present and names_of(key) & gone_users:
                    left.append(key)
                continue
            entry = self._entries.get(key, Entry(None, user_of(key, None), 0))
            if entry.writer in gone:
                is_left = entry.user not in present_users
            else:
                is_left = entry.writer not in present and entry.user in gone_users
            if is_left:
                left.append(key)
        return sorted(left)

    def release(self, gone: Set[str]) -> None:
        """Remove clients that have left. Their remaining keys count for no client from now on."""
        for key, entry in self._entries.items():
            if entry.writer in gone:
                self._entries[key] = entry._replace(writer=None)
        for writer in gone:
            self._totals.pop(writer, None)
            self._users.pop(writer, None)

    def _users_of(self, writers: Set[str]) -> set[str]:
        return {user for writer in writers for user in self._users.get(writer, ())}

    def _add(self, writer: str | None, keys: int, size: int) -> None:
        self.size += size
        if writer is not None:
            before = self._totals.pop(writer, Total(0, 0))
            after = Total(before.keys + keys, before.size + size)
            if after.keys:
                self._totals[writer] = after


def user_of(key: str, value: Value) -> str | None:
    """The user to whom a key belongs: an interaction's owner, or the user that the key names; None if no one."""
    if key.startswith(INTERACTION_PREFIX):
        owner = value.get(OWNER) if isinstance(value, Mapping) else None
        return owner if isinstance(owner, str) else None
    for prefix in USER_PREFIXES:
        if key.startswith(prefix):
            return key.removeprefix(prefix).split(".")[0]
    return None


def names_of(key: str) -> set[str]:
    """What may be a user's id in a key such as ``selection.<id>.1``: all its parts but the first."""
    return set(key.split(".")[1:])


def entry_size(key: str, value: Value) -> int:
    """Bytes that a key and its value take in memory, about."""
    return value_size(key) + value_size(value)


def value_size(value: Value) -> int:
    """Bytes that a value takes in memory, about."""
    if isinstance(value, str | bytes):
        return CONTAINER_SIZE + len(value)
    if isinstance(value, Mapping):
        return CONTAINER_SIZE + sum(entry_size(key, part) for key, part in value.items())
    if isinstance(value, list | tuple):
        return CONTAINER_SIZE + sum(map(value_size, value))
    return NUMBER_SIZE
