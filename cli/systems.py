"""``atomtug systems``: what can be simulated by name."""

import click

from atomtug.core.systems import PARTNERS, describe


@click.command("systems")
def command() -> None:
    """List the built-in systems and the partners that can be put beside a molecule.

    Wherever a SYSTEM is asked for, a structure file (.xyz, .pdb, .mol, ...) or SMILES can be used in place of a name,
    and several with plus signs between: "methane + OH", "CC(C)C + [OH]", "mine.pdb + H3O+". --charge, --multiplicity,
    --frame and --unit say what a file or SMILES doesn't (docs/files.md).
    """
    rows = [("name", "what", "atoms", "formula"), *((n, t, str(c), f) for n, t, c, f in describe())]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    for name, title, count, formula in rows:
        click.echo(f"{name:<{widths[0]}}  {count:>{widths[2]}}  {formula:<{widths[3]}}  {title}".rstrip())
    click.echo('\nPartners, to put beside a molecule ("methane + OH", "CC(C)C + CN"):\n')
    for partner in PARTNERS:
        click.echo(f"{partner.name:<{widths[0]}}  2S + 1 = {partner.multiplicity}  {partner.does}")
    click.echo("\nAny other molecule: a file, or SMILES, e.g. 'CC(C)C + [OH]' (docs/files.md).")
