"""A whole server: a session and the endpoints that serve it."""

import asyncio
import contextlib
import getpass
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from atomtug.core.systems import System
from atomtug.server.dynamics.force_laws import ForceLawName
from atomtug.server.dynamics.settings import DynamicsSettings, Thermostat
from atomtug.server.dynamics.uncertainty import UncertaintyOptions, WhenUnsure
from atomtug.server.listening import ListenOptions, in_brackets
from atomtug.server.options import LiveOptions
from atomtug.server.session.live import LiveSession
from atomtug.server.session.log import log
from atomtug.server.session.session import Session
from atomtug.server.share_links import share_links
from atomtug.server.transport.addresses import own_addresses
from atomtug.server.transport.discovery import Discovery, is_everywhere
from atomtug.server.transport.grpc_endpoint import GrpcEndpoint
from atomtug.server.transport.websocket_endpoint import WebSocketEndpoint

Waiting = Callable[[Session, str], None]
"""Is told of a session that is not ready yet, and where its page is."""


def _in_silence(session: Session, page: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class RunningServer:
    """A server that is up.

    Args:
        address: where gRPC clients connect, ``host:port``
        port: the same port as a number
        session: what it serves
        page: where browsers find the page (``http://host:port``), and WebSocket clients the protocol (``ws://``);
            empty for neither
    """

    address: str
    port: int
    session: Session
    page: str = ""

    @property
    def websocket(self) -> str:
        """The address that WebSocket clients connect to."""
        return self.page.replace("http", "ws", 1)


@contextlib.asynccontextmanager
async def serving(
    session: Session, options: ListenOptions, waiting: Waiting = _in_silence
) -> AsyncIterator[RunningServer]:
    """Serve a session on the running event loop for as long as the block lasts.

    Args:
        session: what is served
        options: where, and to whom
        waiting: called with the session and the page's address when browsers can connect, before the session starts

    Raises:
        AtomtugError: the session can't start, or the address can't be used
    """
    credentials = options.credentials()
    endpoint = GrpcEndpoint(session, options.tokens)
    web = WebSocketEndpoint(session, options.tokens)
    discovery: Discovery | None = None
    try:
        services: dict[str, int] = {}
        host, page = in_brackets(_reachable(options.listen)), ""
        if options.web_port is not None:
            # First: the page says how far the engine is while it is being loaded.
            web_port = await web.start(options.listen, options.web_port, options.tls_context())
            services |= {"ws": web_port} if credentials is None else {"wss": web_port, "https": web_port}
            page = f"{'http' if credentials is None else 'https'}://{host}:{web_port}"
            session.links = share_links(page, options.tokens)
            waiting(session, page)
        await session.start()
        port = await endpoint.start(f"{options.host}:{options.port}", credentials)
        services |= {"trajectory": port, "imd": port, "multiplayer": port}
        if not options.is_loopback and credentials is None and options.token is None:
            log.warning(
                "Listening on %s without TLS or a token: anyone who can reach this machine can see and "
                "move the atoms. Use --token-file and --tls-cert/--tls-key, or leave --listen out.",
                options.listen,
            )
        name = options.name or f"{_user()}: atomtug"
        discovery = Discovery(name, options.listen, services, not options.is_loopback)
        discovery.start()
        yield RunningServer(f"{host}:{port}", port, session, page)
    finally:
        if discovery is not None:
            discovery.close()
        await web.close()
        await endpoint.close()
        await session.close()


@dataclass(frozen=True)
class ServerOptions:
    """A live server in one flat record, for scripts and tests.

    The fields are those of :class:`~atomtug.server.options.LiveOptions`,
    :class:`~atomtug.server.dynamics.settings.DynamicsSettings`,
    :class:`~atomtug.server.dynamics.uncertainty.UncertaintyOptions` (``uncertainty_limit`` is its ``limit``) and
    :class:`~atomtug.server.listening.ListenOptions`, with their defaults and checks; only ``port`` is 0 by default,
    which takes any free one. ``models`` None stands for the models that are shipped.
    """

    systems: Sequence[System]
    engine: str = LiveOptions.engine
    port: int = 0
    web_port: int | None = ListenOptions.web_port
    fps: float = LiveOptions.fps
    steps_per_frame: int = DynamicsSettings.steps_per_frame
    timestep: float = DynamicsSettings.timestep
    temperature: float = DynamicsSettings.temperature
    friction: float = DynamicsSettings.friction
    thermostat: Thermostat = DynamicsSettings.thermostat
    cool_after_pull: float = DynamicsSettings.cool_after_pull
    force_law: ForceLawName = DynamicsSettings.force_law
    seed: int = DynamicsSettings.seed
    wall_radius: float | None = DynamicsSettings.wall_radius
    centring: float = DynamicsSettings.centring
    recordings: Path = LiveOptions.recordings
    record: bool = LiveOptions.record
    paused: bool = LiveOptions.paused
    engine_timeout: float = LiveOptions.engine_timeout
    follow_state: bool = LiveOptions.follow_state
    engines: Sequence[str] = LiveOptions.engines
    models: Sequence[Path] | None = None
    choose: bool = LiveOptions.choose
    anyway: bool = LiveOptions.anyway
    allow_systems: bool = LiveOptions.allow_systems
    allow_delete: bool = LiveOptions.allow_delete
    suggestions: Mapping[str, str] = field(default_factory=dict)
    uncertainty_limit: float = UncertaintyOptions.limit
    when_unsure: WhenUnsure = UncertaintyOptions.when_unsure
    token: str | None = ListenOptions.token

    def live(self) -> LiveOptions:
        """The options of the session.

        Raises:
            InputError: a value is out of its range
        """
        uncertainty = UncertaintyOptions(self.uncertainty_limit, self.when_unsure)
        dynamics = DynamicsSettings(**self._fields_of(DynamicsSettings))
        return LiveOptions(**self._fields_of(LiveOptions), dynamics=dynamics, uncertainty=uncertainty)

    def listen(self) -> ListenOptions:
        """The options of the endpoints."""
        return ListenOptions(**self._fields_of(ListenOptions))

    def _fields_of(self, options: type) -> dict[str, Any]:
        """The values here of those fields that these options have too, and that are not None."""
        names = {each.name for each in fields(options)}
        return {name: value for name, value in vars(self).items() if name in names and value is not None}


@contextlib.contextmanager
def running_server(options: ServerOptions) -> Iterator[RunningServer]:
    """A live server in a thread of its own for as long as the block lasts.

    Raises:
        AtomtugError: it can't start
    """
    with run_in_thread(lambda: LiveSession(options.live()), options.listen()) as server:
        yield server


@contextlib.contextmanager
def run_in_thread(
    make_session: Callable[[], Session], options: ListenOptions, waiting: Waiting = _in_silence
) -> Iterator[RunningServer]:
    """Serve the session that ``make_session`` makes, in a thread with an event loop; ``waiting`` as :func:`serving`.

    Raises:
        AtomtugError: it can't start
    """
    started: list[RunningServer | BaseException] = []
    ready = threading.Event()
    stop: list[Callable[[], object]] = []

    async def main() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(over.set))
        async with serving(make_session(), options, waiting) as server:
            started.append(server)
            ready.set()
            await over.wait()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            started.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="atomtug-server", daemon=True)
    thread.start()
    try:
        ready.wait()
    except KeyboardInterrupt:
        if stop:  # it ends as soon as it has started
            stop[0]()
        raise
    first = started[0]
    if isinstance(first, BaseException):
        thread.join()
        raise first
    try:
        yield first
    finally:
        stop[0]()
        thread.join(timeout=60)


def _reachable(listen: str) -> str:
    """An address that a client can use: for "everywhere", this machine's own (IPv4)."""
    if not is_everywhere(listen):
        return listen
    return next((own for own in own_addresses() if ":" not in own), "localhost")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "someone"
