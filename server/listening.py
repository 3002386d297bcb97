"""Where a server listens, and what clients need to connect."""

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from atomtug.core.errors import InputError
from atomtug.protos.services import DEFAULT_PORT
from atomtug.server.session.rights import Tokens

SHORTEST_TOKEN = 8
"""Characters."""


@dataclass(frozen=True)
class ListenOptions:
    """Where a server listens, and what clients need to connect.

    Args:
        listen: address; the default is loopback
        port: of gRPC; 0 for any that is free
        web_port: of the browser page and WebSocket; 0 for any that is free, None for neither
        tls_cert, tls_key: PEM files; both or none
        token: secret that every call must carry, the owner's; None for none
        token_pull, token_watch: secrets of those who may only pull, or only watch; None for none
        name: shown in lists of servers on the network

    Raises:
        InputError: there is a token for others but none for the owner, or two tokens or ports are the same
    """

    listen: str = "localhost"
    port: int = DEFAULT_PORT
    web_port: int | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    token: str | None = None
    name: str = ""
    token_pull: str | None = None
    token_watch: str | None = None

    def __post_init__(self) -> None:
        if self.port and self.port == self.web_port:
            raise InputError(
                f"Port {self.port} can't be both gRPC's and the page's: choose another with --port or --ws-port."
            )
        given = [token for token in (self.token, self.token_pull, self.token_watch) if token is not None]
        if given and self.token is None:
            raise InputError("--token-pull and --token-watch need --token-file, the owner's, as well.")
        if len(set(given)) < len(given):
            raise InputError(
                "The tokens to own, to pull and to watch must differ: give each a file of its own."
            )

    @property
    def tokens(self) -> Tokens:
        """The secrets by what they allow."""
        return Tokens(self.token, self.token_pull, self.token_watch)

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
        """``listen`` as it is written before a port: an IPv6 address in brackets."""
        return in_brackets(self.listen)

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
        self.tls_context()  # gRPC's own error would not say what is wrong
        return grpc.ssl_server_credentials([pair])

    def tls_context(self) -> ssl.SSLContext | None:
        """TLS settings of the WebSocket and page, or None for plain text.

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
    """Read the token in a file.

    Raises:
        InputError: the file can't be read, or the token is too short
    """
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The token file {path} can't be read: {error}.") from error
    if len(token) < SHORTEST_TOKEN:
        raise InputError(f"The token in {path} must have {SHORTEST_TOKEN} characters or more.")
    return token


def in_brackets(host: str) -> str:
    """A host as it is written before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
