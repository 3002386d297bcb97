"""The dictionary that all clients share, and who may write in it. No I/O, no clock of its own."""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from atomtug.core.errors import CommandFailed

MAX_KEYS = 10_000
SERVER_TOKEN = secrets.token_hex(16)
"""Holder of the server's own locks; made anew each time, so that no client can pass for it."""


class StateFull(CommandFailed):
    """The dictionary holds as much as it may."""


class SharedState:
    """Keys and values, locks on keys, and views that collect what changed.

    Args:
        clock: seconds, monotonic; decides when locks expire
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._values: dict[str, Any] = {}
        self._locks: dict[str, tuple[str, float]] = {}
        self._views: set[StateView] = set()

    @property
    def values(self) -> Mapping[str, Any]:
        """What it holds now; not to be changed."""
        return self._values

    def update(self, token: str, changes: Mapping[str, Any]) -> bool:
        """Set keys, or remove those whose value is None: all of them, or none.

        Returns:
            False if one of them is locked by another token; nothing has changed then. No lock keeps the
            server out, or a client could leave behind what nobody can clear away.

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
            view.collect(changes)
        return True

    def update_locks(self, token: str, wishes: Mapping[str, float | None]) -> bool:
        """Take or renew locks for some seconds, release those whose value is None.

        Returns:
            False if one of those to be taken is held by another token; nothing has changed then. Releasing
            what another holds does nothing.
        """
        taken = {key: seconds for key, seconds in wishes.items() if seconds is not None}
        if any(self._locked_for(token, key) for key in taken):
            return False
        for key in wishes:
            if key not in taken and not self._locked_for(token, key):
                self._locks.pop(key, None)
        now = self._clock()
        self._locks = {key: lock for key, lock in self._locks.items() if lock[1] > now}
        if len(self._locks) + len(taken) > MAX_KEYS:
            raise StateFull(f"There may be {MAX_KEYS} locks at a time: release some first.")
        for key, seconds in taken.items():
            self._locks[key] = (token, now + seconds)
        return True

    def view(self) -> "StateView":
        """A view for one reader: starts with everything, then collects changes."""
        view = StateView(self._values, self._views.discard)
        self._views.add(view)
        return view

    def _locked_for(self, token: str, key: str) -> bool:
        lock = self._locks.get(key)
        return lock is not None and token not in (lock[0], SERVER_TOKEN) and lock[1] > self._clock()


class StateView:
    """What one reader has not been told yet. Of several changes to a key only the last is kept.

    Args:
        values: what there is at the start
        forget: called with this view when it is closed
    """

    def __init__(self, values: Mapping[str, Any], forget: Callable[["StateView"], None]) -> None:
        self._pending: dict[str, Any] = dict(values)
        self._forget = forget
        self._wake: Callable[[], None] = lambda: None
        self.overrun = False
        """Whether the reader fell so far behind that changes were dropped: it has to start again."""

    def collect(self, changes: Mapping[str, Any]) -> None:
        """Note changes, as given to :meth:`SharedState.update`."""
        self._pending.update(changes)
        if len(self._pending) > 2 * MAX_KEYS:
            self._pending.clear()
            self.overrun = True
        self._wake()

    def take(self) -> dict[str, Any]:
        """All changes since the last call (None: removed); empty if there are none."""
        taken, self._pending = self._pending, {}
        return taken

    def on_change(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called whenever something changes; at once if something has."""
        self._wake = wake
        if self._pending:
            wake()

    def close(self) -> None:
        """The reader is gone."""
        self._forget(self)
