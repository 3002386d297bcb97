"""``atomtug table1``: the paper's Table 1 with our labels."""

import json
from pathlib import Path
from typing import Any

import click

from atomtug.cli.options import ANY_PATH, FOLDER, NEW_FILE, json_option
from atomtug.cli.progress import showing
from atomtug.cli.training import Numbers, data_option, settings_options
from atomtug.core.errors import InputError
from atomtug.core.shipped import HELD_OUT_SET, shipped_data
from atomtug.trainer.fit.settings import TABLE1, Settings


@click.command("table1")
@data_option
@click.option(
    "--test",
    "tests",
    multiple=True,
    type=ANY_PATH,
    default=lambda: (shipped_data(HELD_OUT_SET),),
    show_default="the one that comes with atomtug",
    help="Data set of held-out trajectories.",
)
@click.option(
    "--sets",
    type=Numbers("training sets such as 1,6"),
    default="1,2,3,4,5,6",
    show_default=True,
    help="Which of the paper's.",
)
@click.option(
    "--size", "sizes", type=Numbers("sizes such as 150,600"), default="600", show_default=True,
    help="Geometries in a set; several (N,N,...) make a learning curve of the first set named.",
)  # fmt: skip
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True, help="Trainings of each set.")
@click.option(
    "--models",
    type=FOLDER,
    help="Folder for the models of the first seed: set-1.safetensors and so on.",
)
@click.option(
    "--results",
    type=NEW_FILE,
    help="File that every finished training is added to; those of the same data and options are not done again.",
)
@json_option
@click.option("--plot", type=NEW_FILE, help="Draw the learning curve.")
@settings_options(TABLE1)
def command(
    data: tuple[Path, ...],
    tests: tuple[Path, ...],
    sets: tuple[int, ...],
    sizes: tuple[int, ...],
    seeds: int,
    models: Path | None,
    results: Path | None,
    as_json: bool,
    plot: Path | None,
    **options: Any,
) -> None:
    """Train the paper's sets 1 to 6 and judge them on trajectories none of them saw.

    Molecules are mixed in the paper's ratios. With several sizes: a learning curve of one set.
    """

    from atomtug.trainer.evaluation.learning_curve import plot_curve, render_curve
    from atomtug.trainer.evaluation.table1 import render
    from atomtug.workflows.paper_sets import train_sets

    if plot is not None and len(sizes) < 2:
        raise InputError("A learning curve needs several sizes: give --size N,N,... with --plot.")
    with showing(0, "training") as progress:
        runs = train_sets(
            data, tests, Settings(**options), sets=sets, sizes=sizes, seeds=seeds, models=models,
            results=results, on_training=progress.advance,
        )  # fmt: skip
    if plot is not None:
        plot_curve(runs, plot)
    if as_json:
        click.echo(json.dumps({"runs": [each.to_plain() for each in runs]}))
    else:
        click.echo(render(runs) if len(sizes) == 1 else render_curve(runs))
