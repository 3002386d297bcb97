"""The WebSocket endpoint: NanoVer's protocol over a session, and the browser page on the same port.

It only carries bytes. :mod:`websocket_messages` says what they mean, :mod:`web_access` who may connect.
"""

import asyncio
import contextlib
import logging
import secrets
import ssl
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import unquote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers, MultipleValuesError
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from atomtug.core.errors import AtomtugError, CommandFailed, InputError
from atomtug.server.session.frame_stream import WireFrame
from atomtug.server.session.rights import NO_TOKENS, Right, Tokens
from atomtug.server.session.session import Session
from atomtug.server.session.state import StateFull
from atomtug.server.transport import websocket_messages as messages
from atomtug.server.transport.rate_limit import RateLimit
from atomtug.server.transport.sockets import listening_sockets, send_at_once
from atomtug.server.transport.state_changes import state_changes
from atomtug.server.transport.web_access import denial, given_token
from atomtug.server.transport.web_page import Answer, Page
from atomtug.server.transport.websocket_messages import Refusal, SharedStateChange, Unreadable
from atomtug.wire import command_names
from atomtug.wire.values import Changes, Value

MAX_MESSAGE = 16 * 1024 * 1024
"""Bytes a client may send at once."""
MAX_REASON = 120
"""Bytes of a reason for closing: no more fit into a close frame."""
MAX_COMMANDS = 16
"""Commands of one client that may run at a time; more of them wait, with the messages that follow."""
MAX_CONNECTIONS = 64
ACCESS = "/access"
"""The path at which the page asks by HTTP why its WebSocket was refused."""
PLAY = "/play/"
"""What a recording's name follows in the path of a WebSocket that plays it."""
NOT_PLAYED = 4404
"""The code with which such a WebSocket is closed if it can't."""
TOO_SLOW = "This client reads too slowly for what changes: connect again."
INTERVAL = 1.0 / 30.0
"""Seconds between two frames, and between two state updates, to one client."""


class WebSocketEndpoint:
    """A WebSocket and page server for one session.

    Args:
        session: what it serves
        tokens: secrets, one of which every client has to give
        page: the browser page; None for the one that was built
    """

    def __init__(self, session: Session, tokens: Tokens = NO_TOKENS, page: Page | None = None) -> None:
        self._session = session
        self._tokens = tokens
        self._page = page
        self._servers: list[Server] = []

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen on ``host`` (port 0: any); returns the port.

        Raises:
            InputError: the address is taken or not ours
        """
        page: Page = self._page if self._page is not None else await asyncio.to_thread(Page.load)
        quiet = logging.getLogger("atomtug.server.websockets")
        quiet.setLevel(
            logging.CRITICAL
        )  # a client's malformed request is answered; it needs no place in the user's log
        for listener in listening_sockets(host, port):
            self._servers.append(
                await serve(
                    self._serve,
                    sock=listener,
                    ssl=tls,
                    process_request=lambda connection, request: self._admit(connection, request, page),
                    compression=None,  # frames are floats, which hardly shrink, and it would cost more than the rest
                    max_size=MAX_MESSAGE,
                    ping_interval=15.0,  # a client that is unplugged is noticed within half a minute
                    ping_timeout=15.0,
                    close_timeout=2.0,
                    server_header=None,
                    logger=quiet,
                )
            )
            port = listener.getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening and end all connections."""
        for server in self._servers:
            server.close(reason="The server ends.")
        for server in self._servers:
            await server.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request, page: Page) -> Response | None:
        """Answer a request for a page, or refuse a WebSocket; None accepts the WebSocket."""
        try:
            headers = {name.title(): request.headers[name] for name in request.headers}
        except MultipleValuesError as error:
            return connection.respond(HTTPStatus.BAD_REQUEST, f"There may be one {error} only.\n")
        if headers.get("Upgrade", "").lower() != "websocket":
            if request.method not in ("GET", "HEAD"):
                return connection.respond(HTTPStatus.METHOD_NOT_ALLOWED, "The page can only be read.\n")
            if request.path.partition("?")[0] == ACCESS:
                return self._explain_denial(connection, request.path, headers)
            answer = page.answer(request.path, "gzip" in headers.get("Accept-Encoding", ""))
            return _response(answer, with_body=request.method == "GET")
        refused = denial(request.path, headers, self._tokens)
        if refused is None and sum(len(server.connections) for server in self._servers) >= MAX_CONNECTIONS:
            refused = (HTTPStatus.SERVICE_UNAVAILABLE, f"{MAX_CONNECTIONS} clients are connected already.")
        return None if refused is None else connection.respond(refused[0], refused[1] + "\n")

    def _explain_denial(self, connection: ServerConnection, path: str, headers: dict[str, str]) -> Response:
        """What a WebSocket would be answered: browsers don't show that to a page whose WebSocket was refused."""
        scheme = "http" if connection.transport.get_extra_info("sslcontext") is None else "https"
        headers.setdefault("Origin", f"{scheme}://{headers.get('Host', '')}")
        refused = denial(path, headers, self._tokens)
        status, reason = (HTTPStatus.OK, "Come in.") if refused is None else refused
        return connection.respond(status, reason + "\n")

    async def _serve(self, connection: ServerConnection) -> None:
        # The address and something that no later connection has: ports are used again.
        peer = f"ws:{connection.remote_address[0]}:{connection.remote_address[1]}:{secrets.token_hex(4)}"
        send_at_once(connection)
        right = self._right(connection)
        async with contextlib.AsyncExitStack() as stack:
            try:
                session = await self._session_for(connection, right, stack)
            except AtomtugError as error:
                await connection.send(messages.encode_refusal(Refusal(str(error))))
                await connection.close(NOT_PLAYED, _cut(str(error)))
                return
            session.clients.opened(peer)
            try:
                await _Connection(session, connection, peer, right).run()
            finally:
                session.clients.closed(peer)

    async def _session_for(
        self, connection: ServerConnection, right: Right, stack: contextlib.AsyncExitStack
    ) -> Session:
        """This server's session, or where the path names a recording one of the client's own that plays it.

        Raises:
            AtomtugError: the recording can't be played
        """
        request = connection.request
        assert request is not None  # it is there since the handshake
        path = request.path.partition("?")[0]
        if PLAY not in path:
            return self._session
        name = unquote(path.rpartition(PLAY)[2])
        return await stack.enter_async_context(self._session.playing(name, right))

    def _right(self, connection: ServerConnection) -> Right:
        """What a client may do that was let in."""
        request = connection.request
        assert request is not None  # it is there since the handshake
        headers = {name.title(): request.headers[name] for name in request.headers}
        right = self._tokens.right(given_token(request.path, headers))
        assert right is not None  # it would not have been let in
        return right


class _Connection:
    """One client while it is connected: three tasks, which all end as soon as one of them does."""

    def __init__(self, session: Session, connection: ServerConnection, peer: str, right: Right) -> None:
        self._right = right
        self._session = session
        self._connection = connection
        self._peer = peer
        self._lock_token = secrets.token_hex(16)
        self._command_slots = asyncio.Semaphore(MAX_COMMANDS)

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for work in (self._send_frames, self._send_state, self._receive):
                    tasks.create_task(self._until_closed(work))
        except* _Disconnected:
            pass

    async def _until_closed(self, work: Callable[[], Awaitable[None]]) -> None:
        with contextlib.suppress(ConnectionClosed):
            await work()
        raise _Disconnected

    async def _receive(self) -> None:
        try:
            async for data in self._connection:
                for event in messages.decode(data):
                    await self._handle(event)
        except Unreadable as error:
            await self._connection.close(CloseCode.INVALID_DATA, _cut(str(error)))

    async def _handle(self, event: messages.Event) -> None:
        match event:
            case SharedStateChange(changes):
                await self._change_state(changes)
            case messages.Request():
                await self._command_slots.acquire()
                self._tasks.create_task(self._run_command(event))
            case Refusal():
                if event.echo is None:
                    self._session.refusals.report(self._peer, InputError(event.reason))
                await self._connection.send(messages.encode_refusal(event))

    async def _change_state(self, changes: Changes) -> None:
        try:
            if self._session.update_state(self._peer, self._lock_token, changes, self._right):
                return
            keys = ", ".join(sorted(changes))
            error: AtomtugError = CommandFailed(f"Another client has locked one of these keys: {keys}.")
            self._session.refusals.report(self._peer, error)
        except AtomtugError as refused:
            error = refused
        await self._connection.send(messages.encode_refusal(Refusal(str(error))))

    async def _run_command(self, request: messages.Request) -> None:
        try:
            answer = await self._answer(request)
            with contextlib.suppress(ConnectionClosed):
                await self._connection.send(answer)
        finally:
            self._command_slots.release()

    async def _answer(self, request: messages.Request) -> bytes:
        try:
            if request.name == command_names.LIST_COMMANDS:
                return messages.encode_response(request.echo, self._list_commands())
            result = await self._session.run_command(request.name, request.arguments, self._right)
            return messages.encode_response(request.echo, result)
        except AtomtugError as error:
            return messages.encode_refusal(Refusal(str(error), request.echo))

    def _list_commands(self) -> dict[str, Value]:
        offered = {name: dict(defaults) for name, defaults in self._session.commands_for(self._right).items()}
        described: list[Value] = [
            {"name": name, "arguments": arguments, **command_names.menu_entry(name)}
            for name, arguments in offered.items()
        ]
        return {"list": offered, "commands": described, "right": self._right}

    async def _send_frames(self) -> None:
        reader = self._session.frames.reader(every=False, peer=self._peer)
        changed = asyncio.Event()
        reader.on_frame(changed.set)
        first, rate_limit = True, RateLimit(INTERVAL)
        try:
            while True:
                await changed.wait()
                await rate_limit.wait()
                changed.clear()
                frame = reader.pop()
                if frame is None:
                    continue
                if first:  # whole: whatever the client knew before is void
                    frame, first = WireFrame(0, frame.values), False
                await self._connection.send(messages.encode_frame(frame))
        finally:
            reader.close()

    async def _send_state(self) -> None:
        stream = state_changes(self._session.state.view(), RateLimit(INTERVAL))
        async with contextlib.aclosing(stream):
            try:
                async for changes in stream:
                    if changes:
                        await self._connection.send(messages.encode_state(changes))
            except StateFull:
                await self._connection.close(CloseCode.TRY_AGAIN_LATER, TOO_SLOW)


class _Disconnected(Exception):
    """The client has disconnected."""


def _response(answer: Answer, with_body: bool) -> Response:
    headers = Headers(answer.headers)
    headers["Connection"] = "close"
    return Response(answer.status, answer.status.phrase, headers, answer.body if with_body else b"")


def _cut(reason: str) -> str:
    return reason.encode()[:MAX_REASON].decode(errors="ignore")
