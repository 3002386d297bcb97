"""A gRPC channel to a server: the protocol's calls by name, and a sentence for each failure."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from atomtug.core.errors import CommandFailed, ConnectionFailed, InputError
from atomtug.protos import PACKAGE_ROOTS, SERVICES, rpc_path
from atomtug.vr_client.client.address import Address

M = TypeVar("M", bound=Message)

MAX_MESSAGE = 64 * 1024 * 1024
"""The longest message that is accepted, bytes."""
_REFUSALS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNIMPLEMENTED,
}
"""Status codes of a server that answers and refuses."""
_REASONS = {
    "connection refused": "nothing listens there",
    "socket closed": "it went away",
    "connection reset": "it went away",
    "goaway": "it went away",
    "dns": "there is no machine of this name",
    "ssl": "its certificate or TLS does not fit",
    "handshake": "its certificate or TLS does not fit",
    "unreachable": "the network does not lead there",
    "timed out": "no answer came",
    "timeout": "no answer came",
}
"""What gRPC's texts, written for programmers, have in them -> what a person is told."""


class Channel:
    """A connection to one server. An address of this machine itself is reached without a proxy.

    Args:
        address: ``host:port``, or a host alone for the default port
        token: shared secret, where the server asks for one
        root_certificates: PEM file with the certificates to trust; TLS is used if one is given
        package: a name of :data:`atomtug.protos.PACKAGE_ROOTS`

    Raises:
        InputError: the address is malformed, the certificates can't be read, or there is no such package
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        root_certificates: str | Path | None = None,
        package: str = PACKAGE_ROOTS[0],
    ) -> None:
        if package not in PACKAGE_ROOTS:
            raise InputError(f"There is no package {package!r}: use {' or '.join(PACKAGE_ROOTS)}.")
        self._address = Address.parse(address)
        self.address = str(self._address)
        options = [
            # A connection of its own: the server tells clients apart by it.
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.max_receive_message_length", MAX_MESSAGE),
            ("grpc.enable_http_proxy", 0 if self._address.is_loopback else 1),
        ]
        if root_certificates is None:
            self._channel = grpc.insecure_channel(self.address, options)
        else:
            trusted = _read(Path(root_certificates))
            self._channel = grpc.secure_channel(self.address, grpc.ssl_channel_credentials(trusted), options)
        self._metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        self._calls: dict[str, Callable[..., Any]] = {
            rpc.name: (self._channel.unary_stream if rpc.streams else self._channel.unary_unary)(
                rpc_path(rpc, package),
                request_serializer=rpc.request.SerializeToString,
                response_deserializer=rpc.response.FromString,
            )
            for rpc in SERVICES
        }

    def call(self, name: str, request: Message, response: type[M], timeout: float) -> M:
        """Send a request and wait for the answer, at most ``timeout`` seconds.

        Raises:
            ConnectionFailed: no answer came
            CommandFailed: the server refuses
        """
        try:
            answer = self._calls[name](request, timeout=timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise self.failure(error) from error
        except ValueError as error:  # gRPC's answer to a call on a closed channel
            raise ConnectionFailed(f"The connection to {self.address} is closed.") from error
        assert isinstance(answer, response)
        return answer

    def stream(self, name: str, request: Message) -> Any:
        """Start a stream: iterate over it for messages, ``cancel()`` it to end it.

        Raises:
            ConnectionFailed: the connection is closed
        """
        try:
            return self._calls[name](request, metadata=self._metadata)
        except ValueError as error:
            raise ConnectionFailed(f"The connection to {self.address} is closed.") from error

    def failure(self, error: grpc.RpcError) -> ConnectionFailed | CommandFailed:
        """An error of gRPC as one of ours, with a sentence that says what to do."""
        code, details = error.code(), (error.details() or "").strip()
        if code in _REFUSALS:
            return CommandFailed(details or f"The server at {self.address} refused ({code.name}).")
        if code == grpc.StatusCode.UNAUTHENTICATED:
            return ConnectionFailed(details or f"The server at {self.address} asks for a token.")
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return ConnectionFailed(f"The server at {self.address} does not answer: it may be stuck.")
        proxy = self._address.proxy()
        advice = (
            f"the connection went through the proxy {proxy}; if the server is not behind it, set "
            f"no_proxy={self._address.host}. Also check"
            if proxy
            else "check"
        )
        return ConnectionFailed(
            f"No atomtug server can be reached at {self.address} ({_reason(details, code)}): "
            f"{advice} that one is running there, and that both or neither use TLS."
        )

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()


def messages(call: Any) -> Iterator[Any]:
    """The messages of a stream until it is cancelled from our side.

    Raises:
        grpc.RpcError: the stream ended for another reason
    """
    try:
        yield from call
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.CANCELLED:
            raise


def _reason(details: str, code: grpc.StatusCode) -> str:
    """Why a call failed, in a few words."""
    said = details.lower()
    known = (reason for text, reason in _REASONS.items() if text in said)
    return next(known, code.name.lower().replace("_", " "))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"The certificates in {path} can't be read ({error.strerror}).") from error
