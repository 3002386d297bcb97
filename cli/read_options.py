"""Options on how data sets in other programs' formats are read, shared by the commands that read them."""

from collections.abc import Callable
from typing import Any

import click

from atomtug.cli.options import together

# The names of atomtug.trainer.exchange.units, here again so that --help needn't import it.
ENERGY_UNITS = ("hartree", "eV", "kcal/mol", "kJ/mol", "rydberg")
FORCE_UNITS = (
    "hartree/bohr", "hartree/angstrom", "eV/angstrom", "kcal/mol/angstrom", "kcal/mol/bohr", "kJ/mol/angstrom",
    "kJ/mol/nm", "rydberg/bohr",
)  # fmt: skip
POSITION_UNITS = ("angstrom", "bohr", "nm")

read_options: Callable[[Callable[..., Any]], Callable[..., Any]] = together(
    click.option(
        "--energy-key", help="The name of the energies, where it is none that is known (docs/files.md)."
    ),
    click.option("--forces-key", help="The name of the forces, likewise."),
    click.option(
        "--energy-unit", type=click.Choice(ENERGY_UNITS), help="Default: the format's, or what the file says."
    ),
    click.option("--force-unit", type=click.Choice(FORCE_UNITS), help="Default: likewise."),
    click.option(
        "--unit", "position_unit", type=click.Choice(POSITION_UNITS), help="Of the coordinates, likewise."
    ),
    click.option("--gradients", is_flag=True, help="What is called forces are gradients: turn their sign."),
    click.option("--any-units", is_flag=True, help="Read it even if its numbers look like other units."),
)
"""Names and units; the command gets them as keyword arguments, for :func:`chosen`."""


def chosen(any_units: bool = False, **options: Any) -> Any:
    """What :data:`read_options` gave a command, as :func:`atomtug.trainer.exchange.load` takes it."""
    from atomtug.trainer.exchange import ReadOptions

    return ReadOptions(check_units=not any_units, **options)
