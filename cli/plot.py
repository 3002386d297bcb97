"""``atomtug plot``: draw a recording."""

from pathlib import Path

import click

from atomtug.core.errors import InputError, NotARecording

SUFFIXES = (".png", ".pdf", ".svg")


@click.command("plot")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to draw: a .png, .pdf or .svg file. Default: FILE with .png, in its folder.",
)
def command(file: Path, out: Path | None) -> None:
    """Draw a recording: its energy in kcal/mol, and the distances that changed, over time.

    If a hydrogen moved from one atom to another, these are its distances to the old and the new one; otherwise those
    of the closest approach. Time in which a hand pulled is shaded; a dashed line is a bond made or broken. Atoms are
    named as the server names them (H4, CN:C).
    """
    from atomtug.recordings import Recording
    from atomtug.recordings.plot import save_plot

    target = out or file.with_suffix(".png")
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"{target} can't be drawn: give --out a name ending in {', '.join(SUFFIXES)}.")
    try:
        with Recording(file) as recording:
            save_plot(recording, target)
    except NotARecording as error:
        raise NotARecording(
            f"{error} Only recordings can be drawn: `atomtug info {file}` says what is in a data set."
        ) from error
    click.echo(f"{target}")
