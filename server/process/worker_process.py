"""Starting a worker as an operating system process, ending it, and saying in words how it ended."""

import os
import signal
import socket
import subprocess
import sys
from typing import NamedTuple

from atomtug.core.interrupts import interrupts_blocked

EXIT_TIMEOUT = 1.0
"""Seconds a process has to end by itself when its connection is closed; then it is killed."""

# One thread: at these sizes a second one gains nothing, and on a busy machine it costs a factor of twenty
# (measured: methane + CN 0.64 ms a step with one, 11.9 ms with two on two busy cores).
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class WorkerProcess(NamedTuple):
    """A process of :mod:`atomtug.server.process.worker`, and the ``socket`` that is connected to it."""

    process: subprocess.Popen[bytes]
    socket: socket.socket

    def discard(self) -> None:
        """End it, if that has not been done, whatever it does."""
        self.process.kill()
        self.process.wait()
        self.socket.close()


def start_worker(timeout: float, engine: str = "") -> WorkerProcess:
    """Start :mod:`atomtug.server.process.worker`.

    ``-P`` keeps the current folder off the process's import path, so that a folder called ``atomtug`` there does
    not hide the installed package. Ctrl-C does not reach it.

    Args:
        timeout: seconds a single calculation may take
        engine: the name of one whose libraries are imported before the first order
    """
    ours, theirs = socket.socketpair()
    with theirs, interrupts_blocked():
        process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "atomtug.server.process.worker",
                str(theirs.fileno()),
                str(timeout),
                engine,
            ],
            pass_fds=[theirs.fileno()],
            env={**os.environ, **THREADS},
            stdin=subprocess.DEVNULL,
        )
    return WorkerProcess(process, ours)


def wait_for_exit(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process whose connection is closed; kills it if it does not end. Blocks."""
    try:
        return process.wait(timeout=EXIT_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def describe_exit(code: int, timeout: float) -> str:
    """How a worker ended, as a clause for an error message.

    Args:
        code: its exit code, negative for a signal as :class:`subprocess.Popen` has it
        timeout: seconds a single calculation was allowed to take
    """
    if code == -signal.SIGALRM:
        return f"a calculation took longer than {timeout:g} s"
    if code < 0:
        names = {int(known): known.name for known in signal.Signals}
        return f"the engine's process was ended by {names.get(-code, f'signal {-code}')}"
    return f"the engine's process ended with exit code {code}"
