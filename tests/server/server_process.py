"""The command line as it is run: real processes, or within this one for what ends at once."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
from click.testing import CliRunner, Result
from rpc_client import PATIENCE, wait_until

from atomtug.cli import cli

HARMONIC = "ase:faulty_calculators.Harmonic"
SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"


def run(*arguments: object) -> subprocess.CompletedProcess:
    """To its end, as a shell would."""
    command = [sys.executable, "-m", "atomtug", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def invoke(*arguments: object) -> Result:
    """Within this process: for what ends at once."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


class Serving:
    """A server process that has greeted."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "atomtug", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.out: list[str] = []
        self.err: list[str] = []
        for pipe, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            threading.Thread(target=lambda pipe=pipe, lines=lines: lines.extend(pipe), daemon=True).start()
        try:
            wait_until(
                lambda: "Ctrl-C ends it.\n" in self.out or self.process.poll() is not None,
                "the greeting",
                patience=PATIENCE,
            )
            assert self.process.poll() is None, "".join(self.err)
        except BaseException:
            self.process.kill()
            raise
        [line] = [line for line in self.out if "clients connect to" in line]
        self.address = line.rsplit(" ", 1)[1].strip().rstrip(".")

    def simulation(self) -> psutil.Process:
        """Its only worker: a server may have other children, for a moment."""
        workers = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # it has just ended
                workers += [child] if "atomtug.server.process.worker" in " ".join(child.cmdline()) else []
        [worker] = workers
        return worker

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


@contextlib.contextmanager
def serving(*arguments: object) -> Iterator[Serving]:
    server = Serving(*arguments)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
