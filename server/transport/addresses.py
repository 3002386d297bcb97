"""This machine's own addresses, by which others on its networks can reach it."""

import contextlib
import ipaddress
import socket

import psutil

_ELSEWHERE = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737): the way to it is the way to other networks."""


def own_addresses() -> list[str]:
    """IPv4 and IPv6, loopback and link-local ones left out; first the one by which it reaches other networks."""
    found = {
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in (socket.AF_INET, socket.AF_INET6) and _is_reached(address.address)
    }
    first = _outward_address()
    return sorted(found, key=lambda address: (address != first, ":" in address, address))


def _is_reached(address: str) -> bool:
    """Whether others can use it as it is written."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified)


def _outward_address() -> str:
    """The address that the machine's packets to other networks come from; empty where there is no way to any."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_ELSEWHERE)  # sends nothing: UDP has no handshake
        return str(probe.getsockname()[0])
    return ""
