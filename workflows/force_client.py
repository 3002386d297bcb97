"""Forces of a network for another program's dynamics: a client of i-PI's socket protocol, ASE's SocketClient."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ase
from ase.calculators.socketio import IPIProtocol, SocketClient, actualunixsocketname

from atomtug.core.errors import ConnectionFailed, InputError
from atomtug.core.systems import System
from atomtug.potential import Calculator, Model

DEFAULT_PORT = 31415
"""i-PI's."""
_PAUSE = 0.2
"""Seconds between two attempts to connect."""


@dataclass(frozen=True)
class SocketAddress:
    """Where a program listens for clients that compute forces.

    Args:
        host, port: of TCP
        unix: the name of a UNIX socket, in its place; i-PI calls the file ``/tmp/ipi_`` and this name
    """

    host: str = "localhost"
    port: int = DEFAULT_PORT
    unix: str = ""

    def __str__(self) -> str:
        return actualunixsocketname(self.unix) if self.unix else f"{self.host}:{self.port}"


def drive(
    model: str | Path | Model,
    system: System,
    address: SocketAddress = SocketAddress(),
    *,
    wait: float = 60.0,
    anyway: bool = False,
    on_ready: Callable[[], object] = lambda: None,
    on_forces: Callable[[int], object] = lambda number: None,
) -> int:
    """Compute energies and forces for a program that sends geometries, such as i-PI, until it ends.

    Args:
        model: as :class:`atomtug.potential.Calculator` takes it
        system: the atoms in the program's order, which the protocol does not say, with charge and multiplicity
        address: where the program listens
        wait: seconds to wait for it to listen
        anyway: take a network even for a charge or multiplicity that it was not trained on
        on_ready: called when it is connected
        on_forces: called after each geometry, with their number so far

    Returns:
        how many geometries were computed

    Raises:
        InputError: the network does not know the atoms, or the program has another number of them
        ConnectionFailed: nothing listens there, or the connection broke
        EngineError: no energy for a geometry
    """
    atoms = ase.Atoms(system.numbers, system.positions)
    atoms.calc = Calculator(model, system.charge, system.multiplicity, anyway, precision="float64")
    atoms.get_forces()  # what it can't do is said before anybody waits for it
    client = _connect(address, wait)
    client.protocol = _CheckedProtocol(client.protocol.socket, len(atoms))
    on_ready()
    count = 0
    try:
        for _ in client.irun(atoms, use_stress=False):
            count += 1
            on_forces(count)
    except OSError as error:
        raise ConnectionFailed(
            f"The connection to {address} broke after {count} geometries ({error.strerror or error}): look at what "
            f"the program there says."
        ) from error
    except (
        AssertionError,
        KeyError,
        UnicodeDecodeError,
    ) as error:  # what ASE makes of what it does not expect
        raise ConnectionFailed(
            f"What is at {address} does not speak i-PI's protocol, or sent no numbers ({error or 'not finite'})."
        ) from error
    return count


def _connect(address: SocketAddress, wait: float) -> Any:
    deadline = time.monotonic() + wait
    while True:
        try:
            return SocketClient(host=address.host, port=address.port, unixsocket=address.unix or None)
        except (ConnectionRefusedError, FileNotFoundError) as error:
            # It may still be starting. A file without a listener is one that an earlier run left behind.
            if time.monotonic() >= deadline:
                raise ConnectionFailed(
                    f"Nothing listens at {address} after {wait:g} s: start i-PI first, with the same "
                    f"{'name' if address.unix else 'host and port'} in its <ffsocket>."
                ) from error
        except OSError as error:
            raise ConnectionFailed(
                f"{address} can't be reached ({error.strerror or error}): check the address."
            ) from error
        time.sleep(_PAUSE)


class _CheckedProtocol(IPIProtocol):
    """The protocol with a look at the number of atoms, which ASE would stretch where one comes for many."""

    def __init__(self, connected: socket.socket, count: int) -> None:
        super().__init__(connected)  # type: ignore[no-untyped-call]
        self._count = count

    def recvposdata(self) -> Any:
        cell, inverse, positions = super().recvposdata()  # type: ignore[no-untyped-call]
        if len(positions) != self._count:
            raise InputError(
                f"The program sends {len(positions)} atoms, and the structure has {self._count}: give both the "
                f"same file."
            )
        return cell, inverse, positions
