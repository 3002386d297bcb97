"""Whether this machine speaks IPv6."""

import socket


def has_ipv6() -> bool:
    """Whether a socket can be bound to the loopback address."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
