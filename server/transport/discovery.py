"""ESSD (extremely simple server discovery): announces a server on the local network by UDP broadcast."""

import asyncio
import contextlib
import ipaddress
import json
import socket
import uuid
from collections.abc import Mapping

import psutil

from atomtug.server.session.log import log

PORT = 54545
"""UDP port that clients listen on."""
INTERVAL = 0.5
"""Seconds between two announcements."""
MAX_BYTES = 1024
"""Size of an announcement, at most."""
VERSION = "1.0.0"
LOOPBACK = ("127.0.0.1", "127.255.255.255")
"""This machine's own address, and the broadcast address that only its programs hear."""


def announcement(name: str, address: str, identity: str, services: Mapping[str, int]) -> bytes:
    """The datagram that announces a server: JSON of at most :data:`MAX_BYTES`; a long name is cut.

    Args:
        name: shown in lists of servers
        address: of the server
        identity: unique id of the server
        services: port by service name
    """
    while True:
        hub = {
            "name": name,
            "address": address,
            "id": identity,
            "essd_version": VERSION,
            "services": dict(services),
        }
        data = json.dumps(hub).encode()
        if len(data) <= MAX_BYTES or not name:
            return data
        name = name[: len(name) // 2]


def is_everywhere(listen: str) -> bool:
    """Whether the address ``listen`` means all networks of this machine."""
    return listen.strip("[]") in ("0.0.0.0", "::", "")


def broadcast_routes(listen: str) -> list[tuple[str, str]]:
    """(own address, broadcast address) of each IPv4 network that can reach a server listening on ``listen``."""
    routes = []
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family != socket.AF_INET or not address.broadcast:
                continue
            if ipaddress.ip_address(address.address).is_loopback:
                continue
            if is_everywhere(listen) or address.address == listen:
                routes.append((address.address, address.broadcast))
    return routes


def loopback_routes(listen: str) -> list[tuple[str, str]]:
    """The same for clients on this machine, where a server that listens on ``listen`` can be reached by loopback."""
    is_reached = is_everywhere(listen) or listen in ("localhost", LOOPBACK[0])
    return [LOOPBACK] if is_reached else []


class Discovery:
    """Announces one server until it is closed.

    Args:
        name: shown in lists of servers
        listen: the address the server listens on
        services: port by service name (``trajectory``, ``imd``, ``multiplayer``)
        is_for_others: whether other machines should hear it; if none can, that is worth a warning
    """

    def __init__(
        self, name: str, listen: str, services: Mapping[str, int], is_for_others: bool = True
    ) -> None:
        networks = broadcast_routes(listen)
        identity = str(uuid.uuid4())  # one, whatever network a client hears it on
        self._messages = [
            (announcement(name, own, identity, services), (broadcast, PORT))
            for own, broadcast in (*networks, *loopback_routes(listen))
        ]
        self._is_unheard = is_for_others and not networks
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to announce, on the running event loop."""
        if self._messages:
            self._task = asyncio.create_task(self._run())
        if self._is_unheard:
            log.warning("No network to announce this server on: clients have to be given its address.")

    def close(self) -> None:
        """Stop announcing."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sender.setblocking(False)
            while True:
                for data, address in self._messages:
                    with contextlib.suppress(OSError):  # a network may go down and come back
                        sender.sendto(data, address)
                await asyncio.sleep(INTERVAL)
