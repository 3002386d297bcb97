"""Options on where a server listens, shared by the commands that start one; and running it until Ctrl-C."""

import asyncio
import contextlib
import logging
import signal
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import click

from atomtug.cli.loading import tell_loading
from atomtug.cli.options import FILE, together
from atomtug.core.errors import InputError
from atomtug.protos.services import DEFAULT_PORT
from atomtug.server.app import RunningServer, serving
from atomtug.server.listening import ListenOptions, read_token
from atomtug.server.session.session import Session

LAST_PORT = 65535
network_options = together(
    click.option(
        "--listen",
        default="localhost",
        show_default=True,
        metavar="ADDRESS",
        help="Where others may connect from; 0.0.0.0 for every network of this machine.",
    ),
    click.option(
        "--port",
        type=click.IntRange(0, LAST_PORT),
        default=DEFAULT_PORT,
        show_default=True,
        help="Of gRPC; 0 takes one that is free.",
    ),
    click.option(
        "--ws-port",
        type=click.IntRange(0, LAST_PORT),
        help="Of the browser page and WebSocket. Default: the port after --port; 0 takes one that is free.",
    ),
    click.option("--open", "open_page", is_flag=True, help="Show the page in this machine's browser."),
    click.option("--tls-cert", type=FILE, help="Encrypt: certificate (PEM)."),
    click.option("--tls-key", type=FILE, help="Encrypt: private key (PEM)."),
    click.option(
        "--token-file",
        type=FILE,
        help="Let in only clients that give the secret in this file.",
    ),
    click.option(
        "--token-pull",
        type=FILE,
        help="Clients that give the secret in this file may watch and pull, no more.",
    ),
    click.option(
        "--token-watch",
        type=FILE,
        help="Clients that give the secret in this file may watch, no more.",
    ),
    click.option("--name", default="", help="Shown to headsets that look for servers."),
)
"""``--listen``, ``--port``, ``--ws-port``, ``--open``, and those on TLS, token and name."""


def make_network(
    listen: str,
    port: int,
    ws_port: int | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    token_file: Path | None,
    token_pull: Path | None,
    token_watch: Path | None,
    name: str,
) -> ListenOptions:
    """The listening options from the values of the command's options.

    Raises:
        InputError: a token can't be read, there is none for the owner, or no port after ``port`` for the page
    """
    own, pull, watch = (
        None if path is None else read_token(path) for path in (token_file, token_pull, token_watch)
    )
    if ws_port is None and port == LAST_PORT:
        raise InputError(
            f"--port {port} is the last one, so that none is left for the page: give --ws-port, too."
        )
    if ws_port is None:
        ws_port = port + 1 if port else 0
    return ListenOptions(listen, port, ws_port, tls_cert, tls_key, own, name, pull, watch)


def serve_until_stopped(
    make_session: Callable[[], Session],
    network: ListenOptions,
    greet: Callable[[RunningServer], None],
    open_page: bool = False,
) -> None:
    """Serve until Ctrl-C or a TERM signal, then close in good order.

    Args:
        make_session: called once, on the event loop
        network: where to listen
        greet: told when clients can connect
        open_page: show the page in a browser
    """
    logging.basicConfig(format="atomtug: %(message)s", level=logging.WARNING)

    async def main() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, over.set)
        loading: list[asyncio.Task[None]] = []

        def waiting(session: Session, page: str) -> None:
            if sys.stderr.isatty():
                loading.append(asyncio.create_task(tell_loading(session, page)))

        async with serving(make_session(), network, waiting) as server:
            for task in loading:
                task.cancel()
            greet(server)
            click.echo(f"In a browser: {server.page}")
            for what, token in (("pull", network.token_pull), ("watch", network.token_watch)):
                if token is not None:
                    click.echo(f"A link to {what}: {server.page}/#token={quote(token, safe='')}")
            click.echo("Ctrl-C ends it.")
            if open_page and not await asyncio.to_thread(webbrowser.open, server.page):
                click.echo("No browser was found to open it in.", err=True)
            await over.wait()
            click.echo("Closing.")

    asyncio.run(main())
