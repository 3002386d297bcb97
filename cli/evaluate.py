"""``atomtug evaluate``: a potential against labels."""

import json
from pathlib import Path
from typing import Any

import click

from atomtug.cli.options import ANY_PATH, PICTURE, json_option
from atomtug.cli.progress import showing
from atomtug.cli.read_options import chosen, read_options


@click.command("evaluate")
@click.argument("model", type=ANY_PATH)
@click.argument("data", nargs=-1, required=True, type=ANY_PATH)
@json_option
@click.option(
    "--plot",
    type=PICTURE,
    help="Draw energies along each trajectory: a .png, .pdf or .svg file.",
)
@click.option(
    "--parity",
    type=PICTURE,
    help="Draw predictions over labels, likewise.",
)
@read_options
def command(
    model: Path, data: tuple[Path, ...], as_json: bool, plot: Path | None, parity: Path | None, **options: Any
) -> None:
    """Score a MODEL on the labelled geometries of DATA, with the recordings' engine beside it.

    Mean absolute errors of the energy with the standard deviation of the absolute errors, after the constant offset
    of each trajectory is removed; of the forces as they are; and whether the committee's spread tells its error.
    """
    from atomtug.trainer.evaluation import report
    from atomtug.trainer.evaluation.plots import plot_parity, plot_trajectories
    from atomtug.workflows.training import evaluate

    with showing(0, "geometry") as progress:
        evaluation = evaluate(model, data, progress.advance, chosen(**options))
    for warning in evaluation.warnings:
        click.echo(f"Warning: {warning}", err=True)
    if plot is not None:
        plot_trajectories(evaluation, plot)
    if parity is not None:
        plot_parity(evaluation, parity)
    click.echo(json.dumps(evaluation.to_plain()) if as_json else report(evaluation))
