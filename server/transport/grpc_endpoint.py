"""The gRPC endpoint: Narupa's three services for a session, under Narupa's and NanoVer's package names.

Handlers receive raw bytes and decode them themselves, so that a request that can't be decoded is answered with a
sentence and not logged as an error.
"""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import NoReturn, Protocol, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from atomtug.core.errors import AtomtugError, CommandFailed, InputError
from atomtug.protos import NARUPA_ROOT, PACKAGE_ROOTS, Rpc, rpc_path, services
from atomtug.server.session.rights import NO_TOKENS, KeysNotAllowed, NotAllowed, Right, Tokens, wrong_token
from atomtug.server.session.session import Session
from atomtug.server.session.state import StateFull
from atomtug.server.transport.grpc_calls import GrpcCalls
from atomtug.server.transport.sockets import listening_sockets
from atomtug.wire.struct_codec import TooDeep

MAX_MESSAGE = 4 * 1024 * 1024
"""Bytes a client may send at once."""
MAX_CALLS = 512
"""Calls that may run at a time, with streams; gRPC refuses more."""
MAX_STREAMS = 256
"""Open streams of all clients."""
MAX_STREAMS_EACH = 32
"""Open streams of one connection; a client needs three."""
MAX_IDLE = 600.0
"""Seconds without a call after which a connection is closed; a client's channel opens it again by itself."""
MAX_SENTENCE = 600
"""Characters of an error. It is sent escaped in a header, of which clients accept 8 KiB."""

STATUS = (
    (KeysNotAllowed, grpc.StatusCode.PERMISSION_DENIED),
    (NotAllowed, grpc.StatusCode.PERMISSION_DENIED),
    (StateFull, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (InputError, grpc.StatusCode.INVALID_ARGUMENT),
    (CommandFailed, grpc.StatusCode.FAILED_PRECONDITION),
    (AtomtugError, grpc.StatusCode.FAILED_PRECONDITION),
)

RequestType = TypeVar("RequestType", bound=Message)


class CallContext(Protocol):
    """What is used of :class:`grpc.aio.ServicerContext`, which has no types."""

    def peer(self) -> str:
        """The client's address."""

    def invocation_metadata(self) -> Iterable[tuple[str, str | bytes]] | None:
        """What came with the call."""

    async def write(self, message: bytes) -> None:
        """Send a message of a stream."""

    async def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        """End the call with a sentence."""


class GrpcEndpoint:
    """A gRPC server for one session.

    Args:
        session: what it serves
        tokens: secrets, one of which every call has to carry as ``authorization: Bearer TOKEN``
    """

    def __init__(self, session: Session, tokens: Tokens = NO_TOKENS) -> None:
        self._calls = GrpcCalls(session)
        self._clients = session.clients
        self._tokens = tokens
        self._server: grpc.aio.Server | None = None

    async def start(self, address: str, credentials: grpc.ServerCredentials | None = None) -> int:
        """Listen on ``host:port`` (port 0: any); returns the port.

        Raises:
            InputError: the address is taken or not ours
        """
        server = grpc.aio.server(
            maximum_concurrent_rpcs=MAX_CALLS,
            options=[
                ("grpc.so_reuseport", 0),
                ("grpc.max_connection_idle_ms", int(1000 * MAX_IDLE)),
                ("grpc.max_receive_message_length", MAX_MESSAGE),
                # A client that is unplugged is noticed within half a minute.
                ("grpc.keepalive_time_ms", 15_000),
                ("grpc.keepalive_timeout_ms", 10_000),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
            ],
        )
        server.add_generic_rpc_handlers([_Handlers(self._handlers())])
        host, _, wanted = address.rpartition(":")
        if int(wanted):
            # gRPC is content with one of a host's addresses: at the other a client would meet another program.
            for listener in listening_sockets(host, int(wanted), "--port"):
                listener.close()
        try:
            if credentials is None:
                port = server.add_insecure_port(address)
            else:
                port = server.add_secure_port(address, credentials)
        except RuntimeError as error:
            port = 0
            cause: Exception | None = error
        else:
            cause = None
        if port == 0:
            raise InputError(
                f"Can't listen on {address}: another program (another atomtug?) may be using the port, or the "
                f"address is not this machine's; choose another with --port or --listen."
            ) from cause
        await server.start()
        self._server = server
        return int(port)

    async def close(self) -> None:
        """Stop listening and end all streams."""
        if self._server is not None:
            await self._server.stop(grace=0.2)

    # One handler for each rpc ---------------------------------------------------------------------------

    def _handlers(self) -> dict[str, grpc.RpcMethodHandler]:
        calls = self._calls
        handlers = {}
        for root in PACKAGE_ROOTS:
            send = partial(calls.send_frames, fills_empty=root == NARUPA_ROOT)
            for rpc, handler in (
                self._stream(services.SUBSCRIBE_FRAMES, partial(send, every=True)),
                self._stream(services.SUBSCRIBE_LATEST_FRAMES, partial(send, every=False)),
                self._stream(services.SUBSCRIBE_STATE_UPDATES, calls.send_state),
                self._unary(services.UPDATE_STATE, calls.update_state),
                self._unary(services.UPDATE_LOCKS, calls.update_locks),
                self._unary(services.GET_COMMANDS, calls.get_commands),
                self._unary(services.RUN_COMMAND, calls.run_command),
            ):
                handlers[rpc_path(rpc, root)] = handler
        return handlers

    def _unary(
        self, rpc: Rpc[RequestType], answer: Callable[[RequestType, str, Right], Awaitable[Message]]
    ) -> tuple[Rpc[Message], grpc.RpcMethodHandler]:
        async def handle(data: bytes, context: CallContext) -> bytes:
            request, right = await self._admit(rpc, data, context)
            try:
                return (await answer(request, context.peer(), right)).SerializeToString()
            except TooDeep as error:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{rpc.name}: {error}")
            except AtomtugError as error:
                await _refuse(context, error)

        return rpc, grpc.unary_unary_rpc_method_handler(handle)

    def _stream(
        self, rpc: Rpc[RequestType], messages: Callable[[RequestType, str], AsyncGenerator[bytes, None]]
    ) -> tuple[Rpc[Message], grpc.RpcMethodHandler]:
        # It writes instead of yielding, so that a client that goes while it writes is no error in the log.
        async def handle(data: bytes, context: CallContext) -> None:
            request, _ = await self._admit(rpc, data, context)
            peer = context.peer()
            clients = self._clients
            if clients.streams() >= MAX_STREAMS or clients.streams(peer) >= MAX_STREAMS_EACH:
                text = (
                    f"There may be {MAX_STREAMS} streams at a time, {MAX_STREAMS_EACH} of them to one client."
                )
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
            clients.opened(peer)
            try:
                async with contextlib.aclosing(messages(request, peer)) as ready:
                    async for message in ready:
                        await context.write(message)
            except grpc.aio.InternalError:
                pass
            except AtomtugError as error:
                await _refuse(context, error)
            finally:
                clients.closed(peer)

        return rpc, grpc.unary_stream_rpc_method_handler(handle)

    async def _admit(
        self, rpc: Rpc[RequestType], data: bytes, context: CallContext
    ) -> tuple[RequestType, Right]:
        """The decoded request and what its client may do; or end the call with a sentence."""
        given = dict(context.invocation_metadata() or ()).get("authorization", "")
        given = given.decode(errors="replace") if isinstance(given, bytes) else given
        right = self._tokens.right(given.removeprefix("Bearer ") if given.startswith("Bearer ") else "")
        if right is None:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, wrong_token(given))
        try:
            return rpc.request.FromString(data), right
        except DecodeError:
            await context.abort(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"{rpc.name}: the message is no {rpc.request.DESCRIPTOR.name}; it can't be decoded.",
            )


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Finds the handler of a call by its path."""

    def __init__(self, handlers: Mapping[str, grpc.RpcMethodHandler]) -> None:
        self._by_path = handlers

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """The handler of a call; None for one that this server doesn't have."""
        return self._by_path.get(handler_call_details.method)


async def _refuse(context: CallContext, error: AtomtugError) -> NoReturn:
    code = next(code for kind, code in STATUS if isinstance(error, kind))
    text = str(error)
    await context.abort(code, text if len(text) <= MAX_SENTENCE else text[: MAX_SENTENCE - 3] + "...")
