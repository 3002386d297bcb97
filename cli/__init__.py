"""The ``atomtug`` command. Each subcommand is a module here, imported only when it is asked for."""

import os
import signal
import sys
import tomllib
from errno import EDQUOT, ENOSPC
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import click

from atomtug.cli.stopping import INTERRUPTED, stopping_signals
from atomtug.core.errors import AtomtugError
from atomtug.core.versions import VERSION

COMMANDS = {
    "systems": "What can be simulated by name.",
    "serve": "Simulate a molecule live and let clients pull on it.",
    "steer": "Pull reactions through by script, and record them.",
    "vr": "Be in a headset with the molecule, and pull on it by hand.",
    "play": "Serve a recording to clients, to be watched again.",
    "swarm": "Begin many trajectories from a frame of a recording: how many react, and where the energy goes.",
    "path": "Find the path of a recorded reaction: saddle point, barrier, and the proof of both.",
    "learn": "From a molecule to a network of its own: hands, labels, training, a report.",
    "label": "Compute energies and forces of recorded frames by density functional theory.",
    "holes": "Look for geometries where a network is far from a cheap method, and mend it there.",
    "learn-live": "Learn from a session that runs, and let the better network take over in it.",
    "loop": "Steer on a network, label what surprised it, train on, swap; in rounds.",
    "info": "What is in a recording or a data set.",
    "plot": "Draw a recording: energy and the distances that changed.",
    "export": "Write recordings in another format.",
    "ipi": "Compute forces for i-PI: ring-polymer dynamics on a network.",
    "convert": "Write a data set in another format.",
    "train": "Train a network potential on labelled geometries.",
    "evaluate": "Score a potential on labelled trajectories.",
    "census": "Count which environments of a molecule's atoms data sets hold.",
    "search": "Search for settings that train well.",
    "table1": "Train the paper's sets 1 to 6 and print its Table 1 with ours.",
    "repair": "Save what can be read of a damaged recording.",
    "doctor": "Check this installation, and say what to do where something is missing.",
}
"""name -> the line of ``atomtug --help``; the command is ``atomtug.cli.<name>.command``."""


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is used, so that ``atomtug --help`` is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one subcommand."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"atomtug.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; after Ctrl-C, the exit code is a shell's for it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nStopped.", err=True)
            ctx.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _read_config(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    """Options of a TOML file become defaults: a table for each subcommand, keys as the options' names."""
    if value is None:
        return
    try:
        tables: dict[str, Any] = tomllib.loads(value.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise click.BadParameter(f"{value} can't be read as TOML: {error}") from error
    unknown = sorted(set(tables) - set(COMMANDS))
    if unknown or not all(isinstance(table, dict) for table in tables.values()):
        raise click.BadParameter(
            f"{value}: options belong in a table named after a command, such as [serve]; "
            f"found {', '.join(unknown) or 'a bare value'}."
        )
    ctx.default_map = {
        command: {key.replace("-", "_"): option for key, option in table.items()}
        for command, table in tables.items()
    }


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="atomtug")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_read_config,
    expose_value=False,
    is_eager=True,
    help="TOML file with options: a table for each command, e.g. [serve] with temperature = 350.",
)
def cli() -> None:
    """Pull a reaction through by hand on live quantum mechanics, and keep what you learned.

    Start with: atomtug serve methane     (then connect a headset, or a script)
    or with:    atomtug steer methane     (a scripted hand does the pulling)
    """


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line: an :class:`AtomtugError` or a full disk is one sentence on stderr and exit code 1."""
    # gRPC's C core would add lines of its own to ours.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    for number in stopping_signals():
        if number != signal.SIGINT:
            signal.signal(number, _interrupt)  # so that temporary files and other processes go as with Ctrl-C
    try:
        cli(prog_name="atomtug")
    except AtomtugError as error:
        click.echo(f"atomtug: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.errno not in (ENOSPC, EDQUOT):
            raise
        where = error.filename or "the output"
        click.echo(
            f"atomtug: The disk is full, {where} can't be written: make room and start again.", err=True
        )
        sys.exit(1)
