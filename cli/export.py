"""``atomtug export``: write recordings in other programs' formats."""

from contextlib import ExitStack
from pathlib import Path

import click
from tqdm import tqdm

from atomtug.cli.options import ANY_PATH, force_option
from atomtug.core.errors import InputError
from atomtug.core.files import check_writable

# The names of atomtug.recordings.export.FORMATS, repeated so that --help needn't import them; a test compares them.
FORMATS = ("extxyz", "h5md", "dcd", "nanover", "qml")


@click.command("export")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=ANY_PATH)
@click.option("--to", "name", type=click.Choice(FORMATS), required=True, help="Which format; see above.")
@click.option(
    "--out",
    type=ANY_PATH,
    help="The new file, or a folder for the new files. Default: beside each FILE.",
)
@force_option
def command(files: tuple[Path, ...], name: str, out: Path | None, force: bool) -> None:
    """Write recordings in another format, and beside each its topology (.pdb). Energies and forces are the engine's
    alone, without the hands'.

    \b
    extxyz   extended XYZ: angstrom, eV; for ASE, OVITO and most viewers
    h5md     plain H5MD: nm, ps, kJ/mol; for MDAnalysis
    dcd      positions alone, angstrom; for VMD and most others
    nanover  a .nanover.zip, which NanoVer plays again, with the hands
    qml      the published data sets' layout (xyz, zs, ene, forces, traj_idx,
             Filenumber): angstrom, hartree; all FILEs go into one
    """
    from atomtug.recordings import Recording
    from atomtug.recordings.export import FORMATS as KNOWN
    from atomtug.recordings.export import export

    chosen = KNOWN[name]
    groups = [files] if chosen.gathers else [(file,) for file in files]
    if out is not None and len(groups) > 1 and out.is_file():
        raise InputError(f"{out} is a file, and there are {len(groups)} to write: give --out a folder.")
    targets = [_target(group, out, chosen.suffix, many=len(groups) > 1) for group in groups]
    if len(set(targets)) < len(targets):
        raise InputError("Two of the files have the same name: export them into different folders.")
    for target in targets:
        check_writable(target)
    for group, target in zip(groups, targets, strict=True):
        with ExitStack() as stack:
            recordings = [stack.enter_context(Recording(file)) for file in group]
            frames = sum(len(recording) for recording in recordings)
            bar = stack.enter_context(tqdm(total=frames, desc=target.name, unit=" frames", disable=None))
            beside = export(recordings, name, target, overwrite=force, progress=bar.update)
        click.echo(f"{target}: {frames} frames; topology in {beside.name}")


def _target(group: tuple[Path, ...], out: Path | None, suffix: str, many: bool) -> Path:
    """The path of the output for one group of recordings."""
    name = group[0].stem + suffix if len(group) == 1 else "recordings" + suffix
    if out is None:
        return group[0].with_name(name)
    return out / name if many or out.is_dir() or not out.suffix else out
