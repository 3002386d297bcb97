"""Options that several commands have."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from atomtug.core.files import check_writable
from atomtug.core.pictures import check_picture
from atomtug.core.systems import UNITS

Command = Callable[..., Any]


class Output(click.Path):
    """A file or folder to write to; whether that can be done is looked at before the work begins."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """As click calls it.

        Raises:
            InputError: it can't be written to
        """
        found = super().convert(value, param, ctx)
        check_writable(Path(value))
        return found


class NewPicture(Output):
    """A file to draw to; its suffix is looked at before the work begins."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """As click calls it.

        Raises:
            InputError: it is no picture that can be written
        """
        check_picture(Path(value))
        return super().convert(value, param, ctx)


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""One that is there."""
MODEL = click.Path(dir_okay=False, path_type=Path)
"""A model's file or name; the command itself says what is wrong with it."""
NEW_FILE = Output(dir_okay=False, path_type=Path)
"""One to write to, which may be there already."""
PICTURE = NewPicture(dir_okay=False, path_type=Path)
"""One that is drawn."""
FOLDER = click.Path(file_okay=False, path_type=Path)
"""One that is made when it is not there, if it is needed."""
NEW_FOLDER = Output(file_okay=False, path_type=Path)
"""One to write to, which is made when it is not there."""
ANY_PATH = click.Path(path_type=Path)
"""A file or folder; the command itself says what is wrong with it."""


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in this order in the help."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


system_options = together(
    click.option("--charge", type=int, help="Total charge. Default: what the file says, else 0."),
    click.option(
        "--multiplicity", type=int, help="2S + 1. Default: what the file says, else the lowest possible."
    ),
    click.option(
        "--frame", type=int, help="Which geometry of a file that has several, from 1; -1 is the last."
    ),
    click.option(
        "--unit",
        type=click.Choice(UNITS),
        help="Of a file's coordinates. Default: angstrom, if any atoms are bonded then.",
    ),
)
"""``--charge``, ``--multiplicity``, ``--frame`` and ``--unit`` of systems from files: see :func:`load_system`."""
anyway_option = click.option(
    "--anyway",
    is_flag=True,
    help="Take a network even for a charge or multiplicity that it was not trained on; a warning stays.",
)
"""``--anyway`` of the commands that simulate."""
cooling_option = click.option(
    "--cool-after-pull",
    default=0.0,
    show_default=True,
    metavar="FRICTION",
    help="1/ps; stronger friction for 300 fs after the last hand has let go. It also takes heat from hot products.",
)
"""``--cool-after-pull``."""
dynamics_options = together(
    click.option("--friction", default=1.0, show_default=True, help="Of the thermostat, 1/ps."),
    click.option("--timestep", default=0.5, show_default=True, help="fs."),
    click.option("--steps-per-frame", default=5, show_default=True, help="MD steps between two frames."),
)
"""``--friction``, ``--timestep`` and ``--steps-per-frame``."""
follow_state_option = click.option(
    "--follow-state/--no-follow-state",
    default=True,
    show_default=True,
    help="Whether pm6 and its kin look for a lower electronic state while a bond is stretched (docs/engines.md).",
)
"""``--follow-state`` of commands that simulate."""
access_options = together(
    click.option("--token-file", type=FILE, help="The secret that --server asks for."),
    click.option("--tls-root", type=FILE, help="Encrypt, and trust these certificates (PEM)."),
)
"""``--token-file`` and ``--tls-root`` of a client."""
json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object in place of what is printed otherwise."
)
"""``--json`` of commands that print tables."""
json_line_option = click.option("--json", "as_json", is_flag=True, help="A JSON object as the last line.")
"""``--json`` of commands that take long and say on the way how it goes."""
learning_options = together(
    click.option("--functional", default="pbe", show_default=True, help="Of the labels."),
    click.option("--basis", default="def2-tzvp", show_default=True, help="Of the labels."),
    click.option("--workers", type=click.IntRange(1), help="Processes that label. Default: one a core."),
    click.option(
        "--epochs", default=100, show_default=True, type=click.IntRange(1), help="Of each training."
    ),
    click.option(
        "--validation", default=0.1, show_default=True, help="Share of trajectories held out in training."
    ),
    click.option(
        "--seed", default=0, show_default=True, type=click.IntRange(0), help="Of everything random."
    ),
)
"""From ``--functional`` to ``--seed``, of commands that label and train in rounds."""
force_option = click.option("--force", is_flag=True, help="Replace a file that is there.")
"""``--force`` of commands that write a new file."""


def given_options(context: click.Context) -> set[str]:
    """The parameters of a command that are on its command line."""
    return {
        name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }


def refuse_without(context: click.Context, other: str, names: Iterable[str]) -> None:
    """Refuse options that mean nothing without another one.

    Args:
        context: of the command
        other: the option that is missing
        names: the parameters that need it

    Raises:
        click.UsageError: one of them is given
    """
    given = given_options(context)
    for name in names:
        if name in given:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{option} does nothing without {other}: give {other}, too, or leave it out."
            )
