"""``atomtug convert``: data sets to and from other programs' formats."""

from pathlib import Path
from typing import Any

import click

from atomtug.cli.options import ANY_PATH, NEW_FILE, force_option
from atomtug.cli.read_options import chosen, read_options
from atomtug.core.errors import InputError

# The names of atomtug.trainer.exchange.FORMATS, here again so that --help needn't import it.
FORMATS = ("atomtug", "published", "extxyz", "ase")


@click.command("convert")
@click.argument("file", type=ANY_PATH)
@click.option("--to", "kind", type=click.Choice(FORMATS), required=True, help="Which format; see above.")
@click.option("--out", type=NEW_FILE, required=True, help="The new file.")
@force_option
@read_options
def command(file: Path, kind: str, out: Path, force: bool, **options: Any) -> None:
    """Write a data set FILE in another format. It may be in any of these itself.

    \b
    atomtug    our own: labels with all that is known of them
    published  the published data sets' HDF5 (xyz, zs, ene, forces, traj_idx,
               Filenumber): angstrom, hartree
    extxyz     extended XYZ: angstrom, eV
    ase        an ASE database (.db)

    FILE may also be an ASE trajectory (.traj), MD17's .npz, HDF5 with a group for each molecule (ANI, SPICE), or a
    folder of DeePMD-kit; docs/files.md says which names and units are read.

    Geometries without forces are kept: they train as energies only.
    """
    from atomtug.trainer.exchange import load, notes, save

    if out.exists() and not force:
        raise InputError(f"{out} is there already: choose another name, or replace it with --force.")
    data = load(file, options=chosen(**options))
    if not any(molecule.labelled.any() for molecule in data):
        raise InputError(
            f"{file}: none of its {len(data)} geometries has an energy: there is nothing to convert."
        )
    for note in notes(data):
        click.echo(f"{file}: {note}", err=True)
    save(data, out, kind)
    odd = sum(int((molecule.labelled & ~molecule.learnable).sum()) for molecule in data)
    if kind == "published" and odd:
        click.echo(
            f"{odd} labels of an odd electronic state are left out: the format can't say that.", err=True
        )
    kept = [each.learnable if kind == "published" else each.labelled for each in data]
    energies = sum(int(rows.sum()) for rows in kept)
    forces = sum(int(each.with_forces[rows].sum()) for each, rows in zip(data, kept, strict=True))
    click.echo(
        f"{out}: {len(data) if kind == 'atomtug' else energies} geometries of {len(data.molecules)} molecules, "
        f"{energies} with energies, {forces} with forces"
    )
