"""Options that several commands have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""One that is there."""


def system_options(command: Command) -> Command:
    """``--charge`` and ``--multiplicity`` of systems from files."""
    return _with(
        click.option("--charge", type=int, help="Total charge, for an .xyz file that doesn't say."),
        click.option("--multiplicity", type=int, help="2S + 1, for an .xyz file that doesn't say."),
    )(command)


def dynamics_options(command: Command) -> Command:
    """``--friction``, ``--timestep`` and ``--steps-per-frame``."""
    return _with(
        click.option("--friction", default=1.0, show_default=True, help="Of the thermostat, 1/ps."),
        click.option("--timestep", default=0.5, show_default=True, help="fs."),
        click.option("--steps-per-frame", default=5, show_default=True, help="MD steps between two frames."),
    )(command)


def access_options(command: Command) -> Command:
    """``--token-file`` and ``--tls-root`` of a client."""
    return _with(
        click.option("--token-file", type=FILE, help="The secret that --server asks for."),
        click.option("--tls-root", type=FILE, help="Encrypt, and trust these certificates (PEM)."),
    )(command)


def _with(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
