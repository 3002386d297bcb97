"""``atomtug convert``: data sets to and from other programs' formats."""

from pathlib import Path

import click

from atomtug.core.errors import InputError

# The names of atomtug.trainer.exchange.FORMATS, here again so that --help needn't import it.
FORMATS = ("atomtug", "published", "extxyz", "ase")


@click.command("convert")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "kind", type=click.Choice(FORMATS), required=True, help="Which format; see above.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The new file.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--any-units", is_flag=True, help="Read it even if its numbers look like other units.")
def command(file: Path, kind: str, out: Path, force: bool, any_units: bool) -> None:
    """Write a data set FILE in another format. It may be in any of these itself.

    \b
    atomtug    our own: labels with all that is known of them
    published  the published data sets' HDF5 (xyz, zs, ene, forces, traj_idx,
               Filenumber): angstrom, hartree
    extxyz     extended XYZ: angstrom, eV
    ase        an ASE database (.db)

    Geometries without forces are kept: they train as energies only.
    """
    from atomtug.trainer.exchange import load, save

    if out.exists() and not force:
        raise InputError(f"{out} is there already: choose another name, or replace it with --force.")
    data = load(file, check_units=not any_units)
    save(data, out, kind)
    click.echo(f"{out}: {len(data)} geometries of {len(data.molecules)} molecules")
