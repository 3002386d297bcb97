"""The simulation process seen from the server: started, fed with orders, listened to, started again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection

from atomtug.core.errors import CommandFailed
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.process.messages import Hold, Order, Received, Report

MAX_QUEUED_ORDERS = 1000
"""Orders kept for a process that is busy; one more is refused."""
MAX_UNREAD = 2000
"""Reports kept for a server that is busy; the process waits when there are more."""
LAST_WORDS = 1.0
"""Seconds a process has to end by itself when it is no longer needed."""

# One thread: at these sizes a second one gains nothing, and on a busy machine it costs a factor of twenty
# (measured: methane + CN 0.64 ms a step with one, 11.9 ms with two on two busy cores).
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class SimulationProcess:
    """One simulation process.

    Orders never block the caller: they go out one parcel at a time, the next when the last was read, and of
    several changes of what is held only the newest is sent.

    Args:
        patience: seconds a single calculation may take before the process is ended
        on_reports: called with what came, in order, from a thread of this object's
        on_end: called once, from that thread, with a sentence on how the process ended
        environment: added to the process's environment
    """

    def __init__(
        self,
        patience: float,
        on_reports: Callable[[list[Report]], None],
        on_end: Callable[[str], None],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._patience = patience
        self._on_reports = on_reports
        self._on_end = on_end
        self._lock = threading.Lock()
        self._orders: deque[Order] = deque()
        self._hold: Hold | None = None
        self._in_flight = False
        self._closing = False
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "atomtug.server.process.worker",
                    str(theirs.fileno()),
                    str(patience),
                ],
                pass_fds=[theirs.fileno()],
                env={**os.environ, **THREADS, **(environment or {})},
                stdin=subprocess.DEVNULL,
            )
        self._connection = Connection(ours.detach())
        self._thread = threading.Thread(target=self._listen, name="simulation-reports", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def order(self, order: Order) -> None:
        """Have this done, after what was ordered before.

        Raises:
            CommandFailed: too many orders wait already
        """
        with self._lock:
            if len(self._orders) >= MAX_QUEUED_ORDERS:
                raise CommandFailed(
                    f"The simulation is busy and {MAX_QUEUED_ORDERS} commands wait already: try again later."
                )
            self._orders.append(order)
        self._send()

    def hold(self, interactions: Mapping[str, ActiveInteraction]) -> None:
        """Tell what clients hold now; replaces what was told but not read yet."""
        with self._lock:
            self._hold = Hold(dict(interactions))
        self._send()

    def close(self) -> None:
        """End the process; nothing is reported any more."""
        self._closing = True
        try:
            with socket.socket(fileno=os.dup(self._connection.fileno())) as ours:
                ours.shutdown(socket.SHUT_RDWR)  # then it ends in good order, unless it is in a calculation
            self._process.wait(timeout=LAST_WORDS)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
        self._process.wait(timeout=5)
        self._thread.join(timeout=5)

    def _send(self) -> None:
        with self._lock:
            parcel = list(self._orders)
            if self._hold is not None:
                parcel.append(self._hold)
            if self._in_flight or not parcel:
                return
            self._orders.clear()
            self._hold = None
            self._in_flight = True
            with contextlib.suppress(OSError):  # it has ended: the listening thread says so
                self._connection.send(parcel)

    def _listen(self) -> None:
        try:
            while True:
                reports: list[Report] = [self._connection.recv()]
                while len(reports) < MAX_UNREAD and self._connection.poll(0):
                    reports.append(self._connection.recv())
                if any(isinstance(report, Received) for report in reports):
                    with self._lock:
                        self._in_flight = False
                    self._send()
                if not self._closing:
                    self._on_reports(reports)
        except (EOFError, OSError):
            pass
        self._connection.close()
        code = self._process.wait()
        if not self._closing:
            self._on_end(_obituary(code, self._patience))


def _obituary(code: int, patience: float) -> str:
    if code == -signal.SIGALRM:
        return f"a calculation took longer than {patience:g} s"
    if code < 0:
        names = {int(known): known.name for known in signal.Signals}
        return f"the engine's process was ended by {names.get(-code, f'signal {-code}')}"
    return f"the engine's process ended with exit code {code}"
