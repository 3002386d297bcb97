"""``atomtug train``: labels to a potential."""

from pathlib import Path
from typing import Any

import click

from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.cli.training import data_option, settings_options
from atomtug.core.errors import InputError
from atomtug.core.shipped import find_model
from atomtug.trainer.fit.settings import Settings


@click.command("train")
@data_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("model.safetensors"),
    show_default=True,
    help="The model.",
)
@click.option("--training-set", type=click.IntRange(1, 6), help="Mix molecules as the paper's set 1 to 6.")
@click.option("--size", type=click.IntRange(10), default=600, show_default=True, help="Of such a set.")
@click.option(
    "--continue",
    "start",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="MODEL",
    help="Go on with the training of a model, on this data: its descriptor and networks are kept.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw loss and errors over the epochs: a .png, .pdf or .svg file.",
)
@settings_options(Settings())
def command(
    data: tuple[Path, ...],
    out: Path,
    training_set: int | None,
    size: int,
    start: Path | None,
    plot: Path | None,
    **options: Any,
) -> None:
    """Train a potential on labelled geometries.

    Without options: on the shipped data set, to model.safetensors. Some trajectories are held out, and the weights
    that do best on them are kept. Beside the model there are a log (.log.jsonl, a line an epoch) and, while it is not
    done, a checkpoint: the same command goes on where it was stopped.

    Options may come from a TOML file: atomtug --config FILE train, with a table [train].
    """
    from tqdm import tqdm

    from atomtug.potential import load_model, save_model
    from atomtug.trainer.data import read
    from atomtug.trainer.fit import Log, Prepared, composition, draw, fit, gather, hold_out, plot_log
    from atomtug.trainer.fit.checkpoint import progress

    settings = Settings(**options)
    model = load_model(find_model(start)) if start else None
    sets = [read(path) for path in data]
    samples = gather(sets)
    theory = next((entry.theory.to_json() for entry in sets if entry.theory), "")
    if model is not None and model.provenance.theory and theory and model.provenance.theory != theory:
        raise InputError(
            f"{start} was trained on labels of another level of theory: its training can't go on with this data."
        )
    if training_set is not None:
        samples = [samples[index] for index in draw(samples, training_set, size, settings.seed)]
    which, judged = hold_out(samples, settings.validation, settings.seed)
    counts = ", ".join(f"{name} {count}" for name, count in composition(samples, which).items())
    click.echo(f"{len(which)} geometries to learn from ({counts}), {len(judged)} held out", err=True)
    with tqdm(total=len(samples), desc="descriptors", unit="geometry", leave=False) as bar:
        prepared = Prepared(samples, settings, model, lambda: bar.update())
    checkpoint = out.with_suffix(".checkpoint")
    log = Log(out.with_suffix(".log.jsonl"), progress(checkpoint))
    with (
        stoppable("Stopping after this epoch.") as stop,
        tqdm(total=settings.epochs, initial=progress(checkpoint), desc="training", unit="epoch") as bar,
    ):

        def on_epoch(_epoch: int, loss: float, validated: Any) -> None:
            bar.update()
            shown = {"loss": f"{loss:.3g}"}
            if validated:
                shown |= {"kcal/mol": f"{validated.energy:.2f}", "kcal/mol/Å": f"{validated.forces:.2f}"}
            bar.set_postfix(shown)

        fitted = fit(
            prepared, settings, which, judged, start=model, theory=theory, checkpoint=checkpoint, log=log,
            on_epoch=on_epoch, stop=stop,
        )  # fmt: skip
        stopped = stop()
    save_model(fitted.model, out)
    if plot is not None:
        plot_log(log.path, plot)
    if stopped:
        click.echo(f"{out}: so far; the same command goes on after epoch {fitted.epochs}.")
        raise SystemExit(INTERRUPTED)
    checkpoint.unlink(missing_ok=True)
    click.echo(
        f"{out}: {fitted.epochs} epochs"
        + (
            f"; held-out trajectories: energy {fitted.validated.energy:.2f} kcal/mol, forces "
            f"{fitted.validated.forces:.2f} kcal/mol/Å (mean absolute errors)"
            if fitted.validated
            else ""
        )
    )
