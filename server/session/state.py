"""The dictionary that all clients share, and the locks on its keys. It does no I/O."""

import secrets
import time
from collections.abc import Callable, Mapping

from atomtug.core.errors import CommandFailed
from atomtug.wire.values import Changes, Value

MAX_KEYS = 10_000
"""Keys in the dictionary, and locks, at a time."""
SERVER_TOKEN = secrets.token_hex(16)
"""Identifies the server as the holder of locks. It is random, so that no client can use it."""


class StateFull(CommandFailed):
    """The shared state, or the part of it that one client may fill, is full."""


class SharedState:
    """Keys and values, locks on keys, and views that collect changes.

    Args:
        clock: monotonic time in seconds, for the expiry of locks
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._values: dict[str, Value] = {}
        self._locks: dict[str, tuple[str, float]] = {}
        self._views: set[StateView] = set()

    @property
    def values(self) -> Mapping[str, Value]:
        """The dictionary as it is now. Callers must not change it."""
        return self._values

    def update(self, token: str, changes: Changes) -> bool:
        """Set keys, or remove those whose value is None: all of them, or none.

        Returns:
            False if one of them is locked by another token; nothing has changed then. Locks do not keep the
            server out, so that it can always remove what a client has left behind.

        Raises:
            StateFull: there would be too many keys; nothing has changed
        """
        if any(self._locked_for(token, key) for key in changes):
            return False
        added = sum(1 for key, value in changes.items() if value is not None and key not in self._values)
        if added and len(self._values) + added > MAX_KEYS:
            raise StateFull(f"The shared state may hold {MAX_KEYS} keys: remove some before adding others.")
        for key, value in changes.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value
        for view in self._views:
            view.add(changes)
        return True

    def update_locks(self, token: str, wishes: Mapping[str, float | None]) -> bool:
        """Acquire or renew locks for some seconds, and release those whose value is None.

        Returns:
            False if another token holds one of those to acquire; nothing has changed then. Releasing a lock that
            another token holds does nothing.

        Raises:
            StateFull: there would be too many locks; those to be released have been
        """
        acquired = {key: seconds for key, seconds in wishes.items() if seconds is not None}
        if any(self._locked_for(token, key) for key in acquired):
            return False
        for key in wishes:
            if key not in acquired and not self._locked_for(token, key):
                self._locks.pop(key, None)
        now = self._clock()
        self._locks = {key: lock for key, lock in self._locks.items() if lock[1] > now}
        if len(self._locks) + len(acquired) > MAX_KEYS:
            raise StateFull(f"There may be {MAX_KEYS} locks at a time: release some first.")
        for key, seconds in acquired.items():
            self._locks[key] = (token, now + seconds)
        return True

    def view(self) -> "StateView":
        """A view for one reader. It starts with everything that is there, then collects changes."""
        view = StateView(self._values, self._views.discard)
        self._views.add(view)
        return view

    def _locked_for(self, token: str, key: str) -> bool:
        lock = self._locks.get(key)
        return lock is not None and token not in (lock[0], SERVER_TOKEN) and lock[1] > self._clock()


class StateView:
    """The changes that one reader has not been sent yet. Of several changes to a key only the last is kept.

    Args:
        values: the dictionary at the start
        on_close: called with this view when it is closed
    """

    def __init__(self, values: Mapping[str, Value], on_close: Callable[["StateView"], None]) -> None:
        self._pending: dict[str, Value] = dict(values)
        self._on_close = on_close
        self._wake: Callable[[], None] = lambda: None
        self.overrun = False
        """Whether changes were dropped because the reader is too slow. It has to subscribe again."""

    def add(self, changes: Changes) -> None:
        """Collect changes, as given to :meth:`SharedState.update`."""
        self._pending.update(changes)
        if len(self._pending) > 2 * MAX_KEYS:
            self._pending.clear()
            self.overrun = True
        self._wake()

    def pop(self) -> dict[str, Value]:
        """Return all changes since the last call (None: removed); empty if there are none."""
        changes, self._pending = self._pending, {}
        return changes

    def on_change(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called after each change; at once if there are changes already."""
        self._wake = wake
        if self._pending:
            wake()

    def close(self) -> None:
        """Stop collecting."""
        self._on_close(self)
