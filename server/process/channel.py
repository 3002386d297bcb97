"""Messages between the server and a simulation process: each is pickled and preceded by its length.

Both ends belong to this program and nobody else can reach the socket, so unpickling is safe.
"""

import asyncio
import pickle
import selectors
import socket
import struct

_LENGTH = struct.Struct("!Q")


def encode(message: object) -> bytes:
    """The bytes that carry ``message``."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(content)) + content


async def read_message(reader: asyncio.StreamReader) -> object:
    """The next message from the other end.

    Raises:
        EOFError: the other end has closed the connection (as :class:`asyncio.IncompleteReadError`)
        OSError: the connection is broken
    """
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return pickle.loads(await reader.readexactly(length))


class BlockingChannel:
    """The end of a process without an event loop.

    Args:
        descriptor: file descriptor of a connected socket; the channel owns it from now on
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._selector = selectors.PollSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)

    def poll(self, timeout: float | None) -> bool:
        """Wait up to ``timeout`` seconds (None: without limit); returns whether :meth:`receive` would not block."""
        return bool(self._selector.select(timeout))

    def receive(self) -> object:
        """The next message.

        Raises:
            EOFError: the other end has closed the connection
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        return pickle.loads(self._read(length))

    def send(self, message: object) -> None:
        """Send a message; blocks while the other end does not read.

        Raises:
            OSError: the other end has closed the connection
        """
        self._socket.sendall(encode(message))

    def _read(self, count: int) -> bytes:
        content = bytearray(count)
        view = memoryview(content)
        while view:
            received = self._socket.recv_into(view)
            if not received:
                raise EOFError
            view = view[received:]
        return bytes(content)
