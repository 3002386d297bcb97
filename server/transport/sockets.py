"""The sockets of the WebSocket endpoint: where it listens, and how its connections send."""

import socket

from websockets.asyncio.server import ServerConnection

from atomtug.core.errors import InputError


def send_at_once(connection: ServerConnection) -> None:
    """Without this, a frame that follows an answer waits for the client to confirm the answer: up to 40 ms.

    asyncio does it for the sockets that it makes itself, but not for those of :func:`listening_sockets`.
    """
    connected = connection.transport.get_extra_info("socket")
    if connected is not None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def listening_sockets(host: str, port: int, option: str = "--ws-port") -> list[socket.socket]:
    """A listening socket for each address of ``host``, all on one port.

    Args:
        host: a name or an address
        port: 0 for any
        option: by which another port is chosen, for the error

    Raises:
        InputError: the address is taken or not ours
    """
    listeners: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(
            host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, _, _, _, address in dict.fromkeys(found):
            place = (address[0], port, *address[2:])
            try:
                # "::" alone is everywhere, IPv4 included.
                both = family == socket.AF_INET6 and address[0] == "::" and len(found) == 1
                listener = socket.create_server(place, family=family, backlog=128, dualstack_ipv6=both)
            except OSError:
                if family == socket.AF_INET6 and listeners:
                    continue  # localhost has an IPv6 address on many machines that have no IPv6
                raise
            listeners.append(listener)
            port = listener.getsockname()[1]
    except (OSError, OverflowError) as error:
        for listener in listeners:
            listener.close()
        raise InputError(
            f"Can't listen on {host}:{port}: another program (another atomtug?) may be using the port, or the "
            f"address is not this machine's; choose another with {option} or --listen."
        ) from error
    return listeners
