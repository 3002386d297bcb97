"""Who is connected, and what they leave behind: nothing that pulls.

gRPC tells a servicer when a stream ends, not when a client leaves. So a client is taken to be gone when its
last stream has been closed for :data:`GRACE` seconds; one that never opened a stream, when it has said nothing
for :data:`SILENCE` seconds. What it wrote under keys that belong to a person goes with it.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from atomtug.server.session.interactions import owner_of
from atomtug.wire.state_keys import INTERACTION_PREFIX, USER_PREFIXES

GRACE = 0.5
SILENCE = 10.0


class _Client:
    def __init__(self, now: float) -> None:
        self.streams = 0
        self.had_stream = False
        self.heard = now
        self.keys: set[str] = set()
        self.users: set[str] = set()


class Clients:
    """The connections of a server, each known by its address (peer).

    Args:
        clock: seconds, monotonic
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._clients: dict[str, _Client] = {}

    def __len__(self) -> int:
        return sum(1 for client in self._clients.values() if client.streams)

    def streams(self, peer: str | None = None) -> int:
        """Open streams, to this peer or to all."""
        if peer is None:
            return sum(client.streams for client in self._clients.values())
        return self._clients[peer].streams if peer in self._clients else 0

    def opened(self, peer: str) -> None:
        """A stream to this peer begins."""
        client = self._client(peer)
        client.streams += 1
        client.had_stream = True

    def closed(self, peer: str) -> None:
        """A stream to this peer has ended."""
        self._client(peer).streams -= 1

    def wrote(self, peer: str, changes: Mapping[str, Any]) -> None:
        """This peer has changed these keys of the shared state."""
        client = self._client(peer)
        for key, value in changes.items():
            for other in self._clients.values():
                other.keys.discard(key)
            if value is not None and key.startswith((INTERACTION_PREFIX, *USER_PREFIXES)):
                client.keys.add(key)
                client.users.update(_users(key, value))

    def left(self, state: Mapping[str, Any]) -> list[str]:
        """Keys left behind by clients that are gone; the clients are forgotten."""
        now = self._clock()
        gone = {peer: client for peer, client in self._clients.items() if _is_gone(client, now)}
        if not gone:
            return []
        for peer in gone:
            del self._clients[peer]
        still_here = {user for client in self._clients.values() for user in client.users}
        users = {user for client in gone.values() for user in client.users} - still_here
        kept = {key for client in self._clients.values() for key in client.keys}
        theirs = {key for client in gone.values() for key in client.keys}
        return sorted(
            key
            for key, value in state.items()
            if (key in theirs and not _users(key, value) & still_here)
            or (key not in kept and _users(key, value) & users)
        )

    def _client(self, peer: str) -> _Client:
        client = self._clients.setdefault(peer, _Client(self._clock()))
        client.heard = self._clock()
        return client


def _is_gone(client: _Client, now: float) -> bool:
    if client.streams > 0:
        return False
    return now - client.heard > (GRACE if client.had_stream else SILENCE)


def _users(key: str, value: Any) -> set[str]:
    """The user a key belongs to, if it does."""
    if key.startswith(INTERACTION_PREFIX):
        owner = owner_of(value)
        return set() if owner is None else {owner}
    owned: Iterable[str] = (prefix for prefix in USER_PREFIXES if key.startswith(prefix))
    return {key.removeprefix(prefix).split(".")[0] for prefix in owned}
