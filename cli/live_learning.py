"""Learning beside a server: the options of it, and the process that does it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from atomtug.cli.options import ANY_PATH, FOLDER, refuse_without, together
from atomtug.core.errors import InputError
from atomtug.core.files import check_writable
from atomtug.core.shipped import find_model

LEARNED = Path("runs/learning")
"""Where labels and networks go unless told otherwise."""
_PATIENCE = 60.0
"""Seconds that the learner has to end."""

learn_options = together(
    click.option(
        "--learn-data",
        multiple=True,
        type=ANY_PATH,
        help="Old labels that each training sees as well; can be repeated. Default: the set that comes with atomtug.",
    ),
    click.option(
        "--learn-every",
        default=20,
        show_default=True,
        type=click.IntRange(4),
        help="Labels after which the next network is trained.",
    ),
    click.option(
        "--scheduler", help="Address of a Dask cluster that labels, tcp://host:port. Default: this machine."
    ),
)
"""``--learn-data``, ``--learn-every`` and ``--scheduler``."""
learn_beside_options = together(
    click.option(
        "--learn",
        is_flag=True,
        help="Label what the network is not sure of, train it on, let the better one take over (docs/learning.md).",
    ),
    click.option(
        "--learn-to",
        type=FOLDER,
        default=LEARNED,
        show_default=True,
        help="Folder for its labels and networks; what is there is gone on with.",
    ),
    learn_options,
)
"""``--learn`` and its options, of commands that start a server."""
LEARN_PARAMETERS = ("learn_to", "learn_data", "learn_every", "scheduler")
"""Those that mean nothing without ``--learn``."""


def check_learn_given(context: click.Context) -> None:
    """Raises click.UsageError where options of ``--learn`` are given without it."""
    if not context.params["learn"]:
        refuse_without(context, "--learn", LEARN_PARAMETERS)


def check_learnable(engine: str, uncertainty_limit: float, learn_to: Path) -> Path:
    """The model file of the engine that is to learn, into the folder ``learn_to``.

    Raises:
        InputError: it is no network, no frame would be marked, or the folder can't be written to
    """
    if not engine.startswith("ann:"):
        raise InputError("--learn is for networks: use --engine ann:MODEL, e.g. ann:alkanes.")
    if not uncertainty_limit:
        raise InputError("--learn needs an --uncertainty-limit above 0: from there on frames are labelled.")
    path = find_model(engine.removeprefix("ann:"))
    if not path.is_file():
        raise InputError(f"There is no model {path}: check the name after ann:.")
    check_writable(learn_to)
    return path


@contextmanager
def learner_beside(
    address: str,
    model: Path,
    learn_to: Path,
    learn_data: tuple[Path, ...] = (),
    learn_every: int = 20,
    scheduler: str | None = None,
    token_file: Path | None = None,
    tls_cert: Path | None = None,
    every_frame: bool = False,
) -> Iterator[None]:
    """A process that learns from a server for as long as the block lasts, from each frame or from ten a second.

    It is in the server's session, so that the idle scheduling class counts between them, and in a group of its own,
    so that a Ctrl-C for the server does not reach it first.
    """
    command = [sys.executable, "-P", "-m", "atomtug", "learn-live", address, "--model", str(model)]
    command += ["--learn-to", str(learn_to), "--learn-every", str(learn_every)]
    for path in learn_data:
        command += ["--learn-data", str(path)]
    for option, value in (("scheduler", scheduler), ("token-file", token_file), ("tls-root", tls_cert)):
        if value is not None:
            command += [f"--{option}", str(value)]
    if every_frame:
        command.append("--every-frame")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
