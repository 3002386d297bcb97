"""``atomtug table1``: the paper's Table 1 with our labels."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from atomtug.cli.options import ANY_PATH, NEW_FILE, NEW_FOLDER, PICTURE, json_option
from atomtug.cli.progress import showing
from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.cli.training import Numbers, data_option, settings_options
from atomtug.core.errors import InputError
from atomtug.core.shipped import shipped_models, shipped_tests
from atomtug.trainer.fit.settings import TABLE1, Settings

RESULTS = "table1.jsonl"
"""Beside the models that come with atomtug."""


@click.command("table1")
@data_option
@click.option(
    "--test",
    "tests",
    multiple=True,
    type=ANY_PATH,
    default=shipped_tests,
    show_default="those that come with atomtug",
    help="Data set of held-out trajectories; may be given several times.",
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
    "--teacher",
    "teachers",
    multiple=True,
    type=click.Choice(["gfn2", "gfn2-chains"]),
    help="Train sets 4 to 6 also with GFN2-xTB (tblite) as the teacher; gfn2-chains: of longer alkanes, too. May be "
    "given several times.",
)
@click.option(
    "--models",
    type=NEW_FOLDER,
    help="Folder for the models: set-1.safetensors and so on. Those in it of the same data and options are judged, "
    "not trained again. Default: those that come with atomtug are looked at.",
)
@click.option(
    "--results",
    type=NEW_FILE,
    help="File that every result is added to; those in it of the same data and options are taken as they are. "
    "Default: the one that comes with atomtug is looked at.",
)
@click.option(
    "--beside",
    multiple=True,
    default=("alkanes",),
    show_default=True,
    help="Another model, judged by the same tests; may be given several times.",
)
@json_option
@click.option("--plot", type=PICTURE, help="Draw the learning curve.")
@settings_options(TABLE1)
def command(
    data: tuple[Path, ...],
    tests: tuple[Path, ...],
    sets: tuple[int, ...],
    sizes: tuple[int, ...],
    seeds: int,
    teachers: tuple[str, ...],
    models: Path | None,
    results: Path | None,
    beside: tuple[str, ...],
    as_json: bool,
    plot: Path | None,
    **options: Any,
) -> None:
    """Train the paper's sets 1 to 6 and judge them on trajectories none of them saw.

    Molecules are mixed in the paper's ratios. With several sizes: a learning curve of one set. What was trained or
    judged before and is at hand is not done again.
    """

    from atomtug.trainer.evaluation.learning_curve import plot_curve, render_curve
    from atomtug.trainer.evaluation.table1_text import render
    from atomtug.workflows.paper_sets import train_sets

    if plot is not None and len(sizes) < 2:
        raise InputError("A learning curve needs several sizes: give --size N,N,... with --plot.")
    sentence = "Stopping after this epoch; sets that are done are kept."
    with stoppable(sentence) as stop, showing(0, "training") as progress:
        judged = train_sets(
            data, tests, Settings(**options), sets=sets, sizes=sizes, seeds=seeds,
            teachers=teachers,
            models=[models or shipped_models()], results=[results or shipped_models() / RESULTS],
            keep_models=models, keep_results=results, beside=beside if len(sizes) == 1 else (),
            on_training=progress.advance, stopped=stop,
        )  # fmt: skip
    if stop():
        click.echo(
            "Stopped: run the same command again; with --models or --results it goes on where it was.",
            err=True,
        )
        sys.exit(INTERRUPTED)
    if plot is not None:
        plot_curve(judged.runs, plot)
    if as_json:
        click.echo(json.dumps({"runs": [each.to_plain() for each in judged.runs], "beside": judged.models}))
    else:
        click.echo(render(judged.runs, judged.models) if len(sizes) == 1 else render_curve(judged.runs))
