"""``atomtug plot``: a recording as a picture."""

from pathlib import Path

import click

from atomtug.core.errors import InputError

SUFFIXES = (".png", ".pdf", ".svg")


@click.command("plot")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to draw: a .png, .pdf or .svg file. Default: FILE with .png, in its folder.",
)
def command(file: Path, out: Path | None) -> None:
    """Draw a recording: its energy, and the distances that changed, over time.

    If a hydrogen changed its partner, these are its distances to the old and the new one; else those of the
    closest approach. Time in which a hand pulled is shaded; a dashed line is a bond made or broken.
    """
    from atomtug.recordings import Recording
    from atomtug.recordings.plot import save_plot

    target = out or file.with_suffix(".png")
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"{target} can't be drawn: give --out a name ending in {', '.join(SUFFIXES)}.")
    with Recording(file) as recording:
        save_plot(recording, target)
    click.echo(f"{target}")
