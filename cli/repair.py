"""``atomtug repair``: save what can be read of a damaged recording."""

from pathlib import Path

import click

from atomtug.cli.options import ANY_PATH, NEW_FILE


@click.command("repair")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=ANY_PATH)
@click.option(
    "--out",
    type=NEW_FILE,
    help="The new file, where there is one FILE. Default: FILE-repaired.h5 beside it.",
)
def command(files: tuple[Path, ...], out: Path | None) -> None:
    """Save what can be read of a damaged recording in a new file; FILE itself is not touched.

    A recording that ends too early (a copy was interrupted, a disk failed) is saved up to its last complete frame.
    One that its writer left open (a crash, kill -9) can be read as it is; the new file is a closed copy.
    """
    from atomtug.recordings.repair import is_whole, repair

    if out is not None and len(files) > 1:
        raise click.UsageError("--out names one file: repair several one by one, or without --out.")
    for path in files:
        if is_whole(path):
            click.echo(f"{path} is whole: there is nothing to repair.")
            continue
        target = out or path.with_name(f"{path.stem}-repaired.h5")
        done = repair(path, target)
        click.echo(f"{target}: {done.frames} of {done.promised} frames saved")
        if done.lost:
            click.echo(f"  lost: {', '.join(done.lost)}")
        if not done.bonds_known:
            click.echo("  bonds were perceived again from the positions")
