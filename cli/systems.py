"""``atomtug systems``: what can be simulated by name."""

import click

from atomtug.core.systems import describe


@click.command("systems")
def command() -> None:
    """List the built-in systems; a structure file (.xyz, .pdb, .mol, ...) can be used in place of a name.

    With a file, --charge, --multiplicity, --frame and --unit say what the file doesn't (docs/files.md).
    """
    rows = [("name", "what", "atoms", "formula"), *((n, t, str(c), f) for n, t, c, f in describe())]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    for name, title, count, formula in rows:
        click.echo(f"{name:<{widths[0]}}  {count:>{widths[2]}}  {formula:<{widths[3]}}  {title}".rstrip())
