"""Who may connect by HTTP and WebSocket, decided from a request's path and headers. No I/O.

A browser lets any page open a WebSocket to any address. A page from another site must not reach a server that only
the browser's user can reach. Browsers send a page's origin, which must be this server. That is not enough, because a
foreign host name can be made to resolve to this machine (DNS rebinding): the host name must be this machine's, too.
"""

import contextlib
import ipaddress
import socket
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from atomtug.server.session.rights import Tokens, wrong_token

Denial = tuple[HTTPStatus, str]


def denial(path: str, headers: Mapping[str, str], tokens: Tokens) -> Denial | None:
    """Why a WebSocket may not be opened; None if it may.

    Args:
        path: of the request, with its query
        headers: of the request
        tokens: secrets, one of which the request must carry as ``?token=`` or ``Authorization: Bearer``

    Returns:
        HTTP status and a sentence for the user, or None
    """
    origin = headers.get("Origin")
    if origin is not None:
        host = headers.get("Host", "")
        if not same_place(origin, host):
            return HTTPStatus.FORBIDDEN, "A web page from elsewhere may not steer this server."
        # A client that knows the token may use any host name.
        if tokens.own is None and not is_own_name(host):
            return (
                HTTPStatus.FORBIDDEN,
                "This server is not known by that name: use localhost, its host name or its address, or a token.",
            )
    given = given_token(path, headers)
    if tokens.right(given) is None:
        return HTTPStatus.UNAUTHORIZED, wrong_token(given)
    return None


def given_token(path: str, headers: Mapping[str, str]) -> str:
    """The token in a request; empty if there is none."""
    scheme, _, secret = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        # Header bytes come decoded as ISO-8859-1; most clients write UTF-8, as in an address.
        with contextlib.suppress(UnicodeError):
            secret = secret.encode("iso-8859-1").decode()
        return secret.strip()
    return parse_qs(urlsplit(path).query).get("token", [""])[0]


def same_place(origin: str, host: str) -> bool:
    """Whether a page at ``origin`` was served by ``host`` (``name:port``)."""
    try:
        parts = urlsplit(origin)
        asked = urlsplit(f"//{host}")
        default = {"http": 80, "https": 443}[parts.scheme]
        places = [(part.hostname, part.port or default) for part in (parts, asked)]
    except (ValueError, KeyError):  # no address, or "null"
        return False
    return bool(parts.hostname) and places[0] == places[1]


def is_own_name(host: str) -> bool:
    """Whether ``name:port`` can only mean this machine: an IP address, localhost, or its own host name."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    own = socket.gethostname().lower()
    short = own.partition(".")[0]
    return name in ("localhost", own, short, f"{short}.local")
