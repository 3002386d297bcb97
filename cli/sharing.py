"""``--share``: a certificate and tokens of this machine's own, and a link that a headset's browser can open."""

import datetime
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import segno
from click.core import ParameterSource

from atomtug.server.certificate import KEY, OwnCertificate, kept_certificate, own_names, write_secret
from atomtug.server.transport.addresses import own_addresses

EVERYWHERE = "0.0.0.0"
TOKENS = {"token_file": "token", "token_pull": "token-pull", "token_watch": "token-watch"}
"""The files of tokens that are made, by the option that each stands for."""
TOKEN_BYTES = 16


def share_folder() -> Path:
    """Where certificate and tokens are kept, in the user's folder for settings."""
    return Path(click.get_app_dir("atomtug")) / "share"


def shared_network(network: dict[str, Any]) -> tuple[dict[str, Any], OwnCertificate | None]:
    """The options on the network with what ``--share`` adds to those that were given.

    Args:
        network: values of the command's options, by parameter

    Returns:
        the values that :func:`~atomtug.cli.network.make_network` takes, and the certificate; None where the user
        gave one

    Raises:
        InputError: certificate or tokens can't be kept
    """
    folder, made, certificate = share_folder(), dict(network), None
    given = click.get_current_context().get_parameter_source("listen")
    if given in (None, ParameterSource.DEFAULT):
        made["listen"] = EVERYWHERE
    if made["tls_cert"] is None and made["tls_key"] is None:
        now = datetime.datetime.now(datetime.UTC)
        certificate = kept_certificate(folder, own_names(own_addresses()), now)
        made["tls_cert"], made["tls_key"] = certificate.certificate, folder / KEY
    for option, name in TOKENS.items():
        if made[option] is None:
            made[option] = folder / name
            if not made[option].is_file():
                write_secret(made[option], secrets.token_urlsafe(TOKEN_BYTES))
    return made, certificate


def tell_how_to_come_in(page: str, link: str, certificate: OwnCertificate | None) -> None:
    """Print the QR code of a link, where this is a terminal, and what a headset's browser will ask.

    Args:
        page: its address
        link: to the page, with the token
        certificate: made by ``--share``; None for one of the user's, which browsers may know
    """
    address = urlsplit(page)
    code = qr_code(link)
    if sys.stdout.isatty() and _can_print(code):
        click.echo(f"\n{code}\n")
    if certificate is not None:
        again = " (made just now)" if certificate.is_new else ""
        click.echo(
            "The browser will say that the connection is not private, as no authority vouches for this machine's "
            f"own certificate{again}: choose Advanced, then Proceed to {address.hostname}. The certificate's SHA-256 "
            f"fingerprint is {certificate.fingerprint}."
        )
    click.echo(
        "Whoever has this link may do everything. It does not open? The headset has to be in the same network, and "
        f"a firewall here must let port {address.port} in."
    )


def qr_code(text: str) -> str:
    """A QR code for a terminal, two rows of it in a line of characters, black on white whatever the colours are."""
    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    blocks = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
    lines = (
        "".join(blocks[bool(above), bool(below)] for above, below in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )
    return "\n".join(f"\x1b[30;107m{line}\x1b[0m" for line in lines)


def _can_print(text: str) -> bool:
    """Whether the terminal's encoding has the characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
