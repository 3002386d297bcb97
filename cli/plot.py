"""``atomtug plot``: draw a recording or a data set."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from atomtug.cli.options import ANY_PATH, PICTURE
from atomtug.cli.read_options import chosen, read_options
from atomtug.core.errors import InputError, NotARecording


@click.command("plot")
@click.argument("file", type=ANY_PATH)
@click.option(
    "--out",
    type=PICTURE,
    help="Where to draw: a .png, .pdf or .svg file. Default: FILE with .png, in its folder.",
)
@read_options
def command(file: Path, out: Path | None, **reading: Any) -> None:
    """Draw a recording or a data set.

    Of a recording: its energy in kcal/mol, and the distances that changed, over time.

    If a hydrogen moved from one atom to another, these are its distances to the old and the new one; otherwise those
    of the closest approach. Time in which a hand pulled is shaded; a dashed line is a bond made or broken. Atoms are
    named as the server names them (H4, CN:C).

    Of a data set, in any format that `atomtug convert` reads: for each molecule the energies of its geometries in
    kcal/mol from the lowest, and the distances of the atoms whose bonds break or form (else the bonds that vary
    most). A dotted line is between two trajectories.
    """
    from atomtug.recordings import Recording
    from atomtug.recordings.plot import save_plot

    target = out or file.with_suffix(".png")
    try:
        with Recording(file) as recording:
            save_plot(recording, target)
    except NotARecording as error:
        _plot_data(file, target, error, reading)
    click.echo(f"{target}")


def _plot_data(file: Path, target: Path, no_recording: NotARecording, reading: dict[str, Any]) -> None:
    """Draw a data set.

    Raises:
        InputError: it is none either, or nothing in it can be drawn
    """
    from atomtug.trainer.data.plot import save_plot
    from atomtug.trainer.exchange import load

    try:
        data = load(file, options=replace(chosen(**reading), energies_needed=False))
    except InputError as error:
        raise NotARecording(f"{no_recording} Nor can it be read as a data set: {error}") from error
    save_plot(data, target)
