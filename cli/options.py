"""Options that several commands have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""One that is there."""


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in this order in the help."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


system_options = together(
    click.option("--charge", type=int, help="Total charge, for an .xyz file that doesn't say."),
    click.option("--multiplicity", type=int, help="2S + 1, for an .xyz file that doesn't say."),
)
"""``--charge`` and ``--multiplicity`` of systems from files."""
dynamics_options = together(
    click.option("--friction", default=1.0, show_default=True, help="Of the thermostat, 1/ps."),
    click.option("--timestep", default=0.5, show_default=True, help="fs."),
    click.option("--steps-per-frame", default=5, show_default=True, help="MD steps between two frames."),
)
"""``--friction``, ``--timestep`` and ``--steps-per-frame``."""
access_options = together(
    click.option("--token-file", type=FILE, help="The secret that --server asks for."),
    click.option("--tls-root", type=FILE, help="Encrypt, and trust these certificates (PEM)."),
)
"""``--token-file`` and ``--tls-root`` of a client."""
