"""A whole server: a session and the endpoints that serve it."""

import asyncio
import contextlib
import getpass
import ipaddress
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from atomtug.core.errors import InputError
from atomtug.core.shipped import shipped_models
from atomtug.core.systems import System
from atomtug.protos.services import DEFAULT_PORT
from atomtug.server.dynamics.force_laws import ForceLawName
from atomtug.server.dynamics.settings import DynamicsSettings, Thermostat
from atomtug.server.dynamics.uncertainty import DEFAULT_LIMIT, UncertaintyOptions, WhenUnsure
from atomtug.server.options import LiveOptions
from atomtug.server.session.live import LiveSession
from atomtug.server.session.log import log
from atomtug.server.session.session import Session
from atomtug.server.transport.discovery import Discovery, broadcast_routes, is_everywhere
from atomtug.server.transport.grpc_endpoint import GrpcEndpoint
from atomtug.server.transport.websocket_endpoint import WebSocketEndpoint

SHORTEST_TOKEN = 8


@dataclass(frozen=True)
class NetworkOptions:
    """Where a server listens, and who may come in.

    Args:
        listen: address; loopback unless told otherwise
        port: of gRPC; 0 for any that is free
        web_port: of the browser page and WebSocket; 0 for any that is free, None for neither
        tls_cert, tls_key: PEM files; both or neither
        token: shared secret that every call must carry
        name: shown where servers are announced
    """

    listen: str = "localhost"
    port: int = DEFAULT_PORT
    web_port: int | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    token: str | None = None
    name: str = ""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.listen == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.listen.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def host(self) -> str:
        """``listen`` as it stands before a port: an IPv6 address in brackets."""
        return _in_brackets(self.listen)

    def credentials(self) -> grpc.ServerCredentials | None:
        """TLS credentials, or None for plain text.

        Raises:
            InputError: a file can't be read or used, or one of the two is missing
        """
        if self.tls_cert is None and self.tls_key is None:
            return None
        if self.tls_cert is None or self.tls_key is None:
            raise InputError("TLS needs both --tls-cert and --tls-key.")
        try:
            pair = (self.tls_key.read_bytes(), self.tls_cert.read_bytes())
        except OSError as error:
            raise InputError(f"{error.filename} can't be read ({error.strerror}).") from error
        self.tls_context()  # gRPC would only say that it can't listen
        return grpc.ssl_server_credentials([pair])

    def tls_context(self) -> ssl.SSLContext | None:
        """The same for WebSocket and page.

        Raises:
            InputError: the files can't be used
        """
        if self.tls_cert is None or self.tls_key is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self.tls_cert, self.tls_key, password="")
        except (ssl.SSLError, ValueError) as error:
            raise InputError(
                f"{self.tls_cert} and {self.tls_key} are no certificate and its key, in PEM without a password."
            ) from error
        return context


def read_token(path: Path) -> str:
    """The token in a file.

    Raises:
        InputError: it can't be read, or is too short to protect anything
    """
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The token file {path} can't be read: {error}.") from error
    if len(token) < SHORTEST_TOKEN:
        raise InputError(f"The token in {path} must have {SHORTEST_TOKEN} characters or more.")
    return token


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
async def serving(session: Session, network: NetworkOptions) -> AsyncIterator[RunningServer]:
    """Serve a session on the running event loop for as long as the block lasts.

    Raises:
        AtomtugError: the session can't start, or the address can't be used
    """
    credentials = network.credentials()
    endpoint = GrpcEndpoint(session, network.token)
    web = WebSocketEndpoint(session, network.token)
    discovery: Discovery | None = None
    try:
        await session.start()
        port = await endpoint.start(f"{network.host}:{network.port}", credentials)
        services = {"trajectory": port, "imd": port, "multiplayer": port}
        host, page = _in_brackets(_reachable(network.listen)), ""
        if network.web_port is not None:
            web_port = await web.start(network.listen, network.web_port, network.tls_context())
            services |= {"ws": web_port} if credentials is None else {"wss": web_port, "https": web_port}
            page = f"{'http' if credentials is None else 'https'}://{host}:{web_port}"
        if not network.is_loopback:
            if credentials is None and network.token is None:
                log.warning(
                    "Listening on %s without TLS or a token: anyone who can reach this machine can see and "
                    "move the atoms. Use --token-file and --tls-cert/--tls-key, or leave --listen out.",
                    network.listen,
                )
            name = network.name or f"{_user()}: atomtug"
            discovery = Discovery(name, network.listen, services)
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
    """A live server in one flat record, for scripts and tests; see LiveOptions, DynamicsSettings.

    Times are in fs (timestep), K (temperature), 1/ps (friction); port 0 takes a free one, web_port None serves no
    page and no WebSocket; fps 0 runs as fast as the engine can.
    """

    systems: Sequence[System]
    engine: str = "pm6"
    port: int = 0
    web_port: int | None = None
    fps: float = 30.0
    steps_per_frame: int = 5
    timestep: float = 0.5
    temperature: float = 300.0
    friction: float = 1.0
    thermostat: Thermostat = "langevin"
    force_law: ForceLawName = "narupa"
    seed: int = 0
    wall_radius: float | None = None
    recordings: Path = Path("runs")
    record: bool = False
    paused: bool = False
    engine_timeout: float = 60.0
    engines: Sequence[str] = ()
    models: Sequence[Path] = field(default_factory=lambda: (shipped_models(),))
    uncertainty_limit: float = DEFAULT_LIMIT
    when_unsure: WhenUnsure = "mark"
    token: str | None = None

    def live(self) -> LiveOptions:
        """The session's part."""
        return LiveOptions(
            systems=self.systems,
            engine=self.engine,
            dynamics=DynamicsSettings(
                timestep=self.timestep,
                temperature=self.temperature,
                friction=self.friction,
                thermostat=self.thermostat,
                steps_per_frame=self.steps_per_frame,
                force_law=self.force_law,
                wall_radius=self.wall_radius,
                seed=self.seed,
            ),
            fps=self.fps,
            recordings=self.recordings,
            record=self.record,
            paused=self.paused,
            engine_timeout=self.engine_timeout,
            engines=self.engines,
            models=self.models,
            uncertainty=UncertaintyOptions(self.uncertainty_limit, self.when_unsure),
        )


@contextlib.contextmanager
def running_server(options: ServerOptions) -> Iterator[RunningServer]:
    """A live server in a thread of its own for as long as the block lasts.

    Raises:
        AtomtugError: it can't start
    """
    network = NetworkOptions(port=options.port, web_port=options.web_port, token=options.token)
    with run_in_thread(lambda: LiveSession(options.live()), network) as server:
        yield server


@contextlib.contextmanager
def run_in_thread(make_session: Callable[[], Session], network: NetworkOptions) -> Iterator[RunningServer]:
    """Serve the session that ``make_session`` makes, in a thread with an event loop.

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
        async with serving(make_session(), network) as server:
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
    ready.wait()
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
    """An address that a client can use: for "everywhere", this machine's first on a network."""
    if not is_everywhere(listen):
        return listen
    return next((own for own, _ in broadcast_routes(listen)), "localhost")


def _in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "someone"
