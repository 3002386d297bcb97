"""Options on where a server listens, shared by the commands that start one; and running it until Ctrl-C."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from atomtug.protos.services import DEFAULT_PORT
from atomtug.server.app import NetworkOptions, RunningServer, read_token, serving
from atomtug.server.session import Session

_PEM = click.Path(exists=True, dir_okay=False, path_type=Path)

_OPTIONS = (
    click.option(
        "--listen",
        default="localhost",
        show_default=True,
        metavar="ADDRESS",
        help="Where others may connect from; 0.0.0.0 for every network of this machine.",
    ),
    click.option("--port", default=DEFAULT_PORT, show_default=True, help="0 takes one that is free."),
    click.option("--tls-cert", type=_PEM, help="Encrypt: certificate (PEM)."),
    click.option("--tls-key", type=_PEM, help="Encrypt: private key (PEM)."),
    click.option(
        "--token-file",
        type=_PEM,
        help="Let in only clients that give the secret in this file.",
    ),
    click.option("--name", default="", help="Shown to headsets that look for servers."),
)


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--listen``, ``--port``, ``--tls-cert``, ``--tls-key``, ``--token-file`` and ``--name``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_network(
    listen: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    token_file: Path | None,
    name: str,
) -> NetworkOptions:
    """From the options' values."""
    token = None if token_file is None else read_token(token_file)
    return NetworkOptions(listen, port, tls_cert, tls_key, token, name)


def serve_until_stopped(
    make_session: Callable[[], Session], network: NetworkOptions, greet: Callable[[RunningServer], None]
) -> None:
    """Serve until Ctrl-C or a TERM signal, then close in good order."""
    logging.basicConfig(format="atomtug: %(message)s", level=logging.WARNING)

    async def main() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, over.set)
        async with serving(make_session(), network) as server:
            greet(server)
            await over.wait()
            click.echo("Closing.")

    asyncio.run(main())
