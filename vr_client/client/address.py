"""Where a server is: host and port, and the proxy that gRPC would use on the way."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass

from atomtug.core.errors import InputError
from atomtug.protos.services import DEFAULT_PORT

PROXY_VARIABLES = ("grpc_proxy", "https_proxy", "http_proxy")
"""Environment variables that gRPC's core takes a proxy from, the first one that is set."""
NO_PROXY_VARIABLES = ("no_grpc_proxy", "no_proxy")
"""Environment variables with the hosts that are reached without a proxy, the first one that is set."""


@dataclass(frozen=True)
class Address:
    """A server's host and port.

    Args:
        host: name or IP address, an IPv6 address without its brackets
        port: 1 to 65535
    """

    host: str
    port: int = DEFAULT_PORT

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read ``host``, ``host:port``, ``[IPv6]`` or ``[IPv6]:port``.

        Raises:
            InputError: it is none of these, or the port is not between 1 and 65535
        """
        example = f"write host or host:port, e.g. localhost:{DEFAULT_PORT}"
        if "://" in text or "/" in text:
            raise InputError(f"{text!r} is no server's address: {example}, without http:// and path.")
        host, colon, port = text.strip().rpartition(":")
        if not colon or (text.strip().startswith("[") and text.strip().endswith("]")):
            host, colon, port = text.strip(), "", ""
        elif ":" in host and not (host.startswith("[") and host.endswith("]")):
            # More than one colon without brackets: an IPv6 address without a port.
            host, colon, port = text.strip(), "", ""
        host = host.removeprefix("[").removesuffix("]")
        if not host or any(character.isspace() for character in host):
            raise InputError(f"{text!r} names no host: {example}.")
        if not colon:
            return cls(host)
        number = port.removeprefix("-")
        if not (number.isascii() and number.isdecimal()):
            raise InputError(f"{port!r} in the address {text!r} is no port number: {example}.")
        if not 1 <= int(port) <= 65535:
            raise InputError(
                f"There is no port {int(port)} (in {text!r}): ports are numbered from 1 to 65535."
            )
        return cls(host, int(port))

    @property
    def is_loopback(self) -> bool:
        """Whether the address means this machine itself."""
        if self.host.lower().rstrip(".") == "localhost":
            return True
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified

    def proxy(self, environment: Mapping[str, str] = os.environ) -> str:
        """The proxy that gRPC reaches this address through, with its variable; empty where there is none."""
        if self.is_loopback:
            return ""
        direct = next((environment[name] for name in NO_PROXY_VARIABLES if environment.get(name)), "")
        for suffix in direct.split(","):
            if suffix.strip() and self.host.endswith(suffix.strip()):
                return ""
        variable = next((name for name in PROXY_VARIABLES if environment.get(name)), None)
        return "" if variable is None else f"{environment[variable]} ({variable})"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
