"""Which clients are connected.

gRPC reports when a stream ends, not when a client leaves. So a client counts as gone :data:`STREAM_GRACE` seconds
after its last stream was closed. One that never opened a stream counts as gone after :data:`MAX_SILENCE` seconds
without a call.
"""

import time
from collections.abc import Callable, Set
from dataclasses import dataclass

STREAM_GRACE = 0.5
MAX_SILENCE = 10.0


@dataclass
class _Client:
    last_heard: float
    streams: int = 0
    had_stream: bool = False


class Clients:
    """The clients of a server, each known by its address.

    Args:
        clock: monotonic time in seconds
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._clients: dict[str, _Client] = {}

    def __len__(self) -> int:
        """Number of clients that have a stream open."""
        return sum(1 for client in self._clients.values() if client.streams)

    @property
    def present(self) -> Set[str]:
        """The addresses of all clients that are not gone."""
        return self._clients.keys()

    def streams(self, peer: str | None = None) -> int:
        """Number of open streams, to this client or (None) to all."""
        if peer is None:
            return sum(client.streams for client in self._clients.values())
        return self._clients[peer].streams if peer in self._clients else 0

    def opened(self, peer: str) -> None:
        """A stream to this client was opened."""
        client = self._heard(peer)
        client.streams += 1
        client.had_stream = True

    def closed(self, peer: str) -> None:
        """A stream to this client was closed."""
        self._heard(peer).streams -= 1

    def called(self, peer: str) -> None:
        """This client made a call."""
        self._heard(peer)

    def remove_gone(self) -> set[str]:
        """Remove the clients that are gone, and return their addresses."""
        now = self._clock()
        gone = {peer for peer, client in self._clients.items() if _is_gone(client, now)}
        for peer in gone:
            del self._clients[peer]
        return gone

    def _heard(self, peer: str) -> _Client:
        client = self._clients.setdefault(peer, _Client(self._clock()))
        client.last_heard = self._clock()
        return client


def _is_gone(client: _Client, now: float) -> bool:
    if client.streams > 0:
        return False
    return now - client.last_heard > (STREAM_GRACE if client.had_stream else MAX_SILENCE)
