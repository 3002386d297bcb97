"""Options on where a server listens, shared by the commands that start one."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atomtug.cli.options import FILE, together
from atomtug.core.errors import InputError
from atomtug.protos.services import DEFAULT_PORT

if TYPE_CHECKING:  # imported when it is used: it loads gRPC
    from atomtug.server.listening import ListenOptions

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
    click.option(
        "--share",
        is_flag=True,
        help="Let headsets, phones and people on the network in: HTTPS by a certificate of this machine's own, "
        "tokens, a link and its QR code.",
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
"""``--listen``, ``--port``, ``--ws-port``, ``--share``, ``--open``, and those on TLS, tokens and name."""


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
) -> "ListenOptions":
    """The listening options from the values of the command's options.

    Raises:
        InputError: a token can't be read, there is none for the owner, or no port after ``port`` for the page
    """
    from atomtug.server.listening import ListenOptions, read_token

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


def resolved(network: dict[str, Any]) -> tuple[dict[str, Any], Callable[[str, str], None] | None]:
    """The values of the command's options on the network, with what ``--share`` makes, and what explains that.

    Returns:
        the values that :func:`make_network` takes, and what :func:`~atomtug.cli.running.serve_until_stopped` explains

    Raises:
        InputError: certificate or tokens can't be kept
    """
    plain = {name: value for name, value in network.items() if name != "share"}
    if not network["share"]:
        return plain, None
    # Imported when it is needed: to make certificates takes a library of its own.
    from atomtug.cli.sharing import shared_network, tell_how_to_come_in

    made, certificate = shared_network(plain)
    return made, lambda page, link: tell_how_to_come_in(page, link, certificate)
