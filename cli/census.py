"""``atomtug census``: which environments of a molecule's atoms the training data hold."""

import json
from pathlib import Path
from typing import Any

import click

from atomtug.cli.options import ANY_PATH, json_option
from atomtug.cli.read_options import chosen, read_options
from atomtug.core.text import table


@click.command("census")
@click.argument("systems", nargs=-1, required=True, metavar="SYSTEM...")
@click.option(
    "--data",
    multiple=True,
    required=True,
    type=ANY_PATH,
    help="Geometries to look in, labelled or not; can be given several times.",
)
@click.option(
    "--shells",
    type=click.IntRange(0, 6),
    default=2,
    show_default=True,
    help="Bonds that an environment reaches.",
)
@json_option
@read_options
def command(
    systems: tuple[str, ...], data: tuple[Path, ...], shells: int, as_json: bool, **options: Any
) -> None:
    """Count the local environments of each SYSTEM's atoms, and the geometries of data sets that hold them.

    An environment is an atom with its hydrogens and what is bonded to it: CH2(CH2(CH), CH3) is a CH2 between a CH3
    and a CH2 that goes on to a CH. What no data set holds, a network potential can't know; add fragments that have
    it.
    """
    from atomtug.workflows.census import census

    result = census(systems, data, shells, chosen(**options))
    missing = result.missing()
    if as_json:
        click.echo(json.dumps({"wanted": result.wanted, "held": result.held, "missing": missing}))
        return
    names = list(result.held)
    rows = [
        (environment, str(count), *(str(result.held[name].get(environment, 0)) for name in names))
        for environment, count in result.wanted.items()
    ]
    click.echo(table(("environment", "atoms", *names), rows, rule=True))
    if missing:
        click.echo(f"\nIn no data set: {'; '.join(missing)}.")
    else:
        click.echo("\nEvery environment is in some data set.")
