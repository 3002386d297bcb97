"""``atomtug train``: labels to a potential."""

from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atomtug.cli.options import MODEL, NEW_FILE, PICTURE
from atomtug.cli.progress import Progress, showing
from atomtug.cli.read_options import chosen, read_options
from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.cli.training import data_option, settings_options
from atomtug.core.systems import load_system
from atomtug.trainer.fit.settings import Settings
from atomtug.trainer.teacher import TeachingSettings

if TYPE_CHECKING:
    from atomtug.workflows.training import PlannedTraining


@click.command("train")
@data_option
@click.option(
    "--out",
    type=NEW_FILE,
    default=Path("model.safetensors"),
    show_default=True,
    help="The model.",
)
@click.option("--training-set", type=click.IntRange(1, 6), help="Mix molecules as the paper's set 1 to 6.")
@click.option("--size", type=click.IntRange(10), default=600, show_default=True, help="Of such a set.")
@click.option(
    "--continue",
    "start",
    type=MODEL,
    metavar="MODEL",
    help="Go on with the training of a model, on this data: its descriptor and networks are kept.",
)
@click.option(
    "--delta",
    type=MODEL,
    metavar="MODEL",
    help="Correct a model by labels (--data) of another level of theory, a few dozen or more: where there are none "
    "it keeps its shape of the potential.",
)
@click.option(
    "--plot",
    type=PICTURE,
    help="Draw loss and errors over the epochs: a .png, .pdf or .svg file.",
)
@click.option(
    "--teacher",
    type=click.Choice(["gfn2"]),
    help="Have GFN2-xTB (tblite) teach the network first, on random geometries that no label has.",
)
@click.option(
    "--teacher-geometries",
    type=click.IntRange(10),
    default=TeachingSettings.geometries,
    show_default=True,
    help="How many of these are made.",
)
@click.option(
    "--teacher-epochs",
    type=click.IntRange(1),
    default=TeachingSettings.epochs,
    show_default=True,
    help="Epochs with the teacher, before those on the labels.",
)
@click.option(
    "--teacher-system",
    multiple=True,
    metavar="SYSTEM",
    help="Another molecule for the teacher, as `atomtug serve` takes it, e.g. 'CCCCC + CN'; can be repeated.",
)
@click.option("--anyway", is_flag=True, help="Train even on mixed charges or multiplicities of one formula.")
@settings_options(Settings())
@read_options
def command(
    data: tuple[Path, ...],
    out: Path,
    training_set: int | None,
    size: int,
    start: Path | None,
    delta: Path | None,
    plot: Path | None,
    teacher: str | None,
    teacher_geometries: int,
    teacher_epochs: int,
    teacher_system: tuple[str, ...],
    anyway: bool,
    **options: Any,
) -> None:
    """Train a potential on labelled geometries.

    Without options: on the shipped data set, to model.safetensors. Some trajectories are held out, and the weights
    that do best on them are kept. Beside the model there are a log (.log.jsonl, a line an epoch) and, while it is not
    done, a checkpoint: the same command goes on where it was stopped.

    Options may come from a TOML file: atomtug --config FILE train, with a table [train].
    """
    from atomtug.trainer.fit import plot_log
    from atomtug.workflows.training import DELTA_TEACHING, FinishedEpoch, PlannedTraining, reminders, train

    names = {field.name for field in fields(Settings)}
    settings = Settings(**{name: value for name, value in options.items() if name in names})
    reading = chosen(**{name: value for name, value in options.items() if name not in names})
    teaching = None
    if teacher is not None:
        teaching = TeachingSettings(teacher_geometries, teacher_epochs, seed=settings.seed)
    with ExitStack() as stack:
        stop = stack.enter_context(stoppable("Stopping after this epoch."))
        bars: dict[str, Progress] = {}
        geometries = [0]

        def on_plan(planned: PlannedTraining) -> None:
            click.echo(_planned(planned), err=True)
            if planned.odd_states:
                click.echo(
                    f"{planned.odd_states} labels are left out: their electronic state is not that of their "
                    f"trajectory (`atomtug info` says which).",
                    err=True,
                )
            if planned.warning:
                click.echo(f"Warning: {planned.warning}", err=True)
            geometries[0] = sum(planned.learned.values())
            bars["descriptors"] = stack.enter_context(showing(0, "geometry", "descriptors"))

        def stop_before_training() -> None:
            if stop():  # nothing has been trained yet that could be kept
                raise KeyboardInterrupt

        def on_taught(count: int) -> None:
            stop_before_training()
            if "teacher" not in bars:
                using = DELTA_TEACHING if delta else (teaching or TeachingSettings())
                made = reminders(using) if delta or start else using.geometries
                total = made + geometries[0]
                bars["teacher"] = stack.enter_context(showing(total, "geometry", "teacher"))
            bars["teacher"].advance(steps=count)

        def on_described(total: int) -> None:
            stop_before_training()
            bars["descriptors"].advance(total)

        def on_epoch(done: FinishedEpoch) -> None:
            if "training" not in bars:
                bars["descriptors"].close()
                bars["training"] = stack.enter_context(
                    showing(settings.epochs, "epoch", "training", done.number - 1)
                )
            shown = {"loss": f"{done.loss:.3g}"}
            if done.validated:
                shown |= {
                    "kcal/mol": f"{done.validated.energy:.2f}",
                    "kcal/mol/Å": f"{done.validated.forces:.2f}",
                }
            bars["training"].advance(note=shown)

        training = train(
            data, out, settings, start=start, delta=delta, training_set=training_set, size=size, options=reading,
            teaching=teaching, systems=[load_system(name) for name in teacher_system], on_taught=on_taught,
            anyway=anyway, on_plan=on_plan, on_described=on_described, on_epoch=on_epoch, stopped=stop,
        )  # fmt: skip
    fitted = training.fitted
    if plot is not None and fitted.epochs:
        plot_log(training.log, plot)
    if training.stopped:
        where = f"after epoch {fitted.epochs}" if fitted.epochs else "with the teacher"
        click.echo(f"{out}: so far; the same command goes on {where}.")
        raise SystemExit(INTERRUPTED)
    click.echo(
        f"{out}: {fitted.epochs} epochs"
        + (
            f"; held-out trajectories: energy {fitted.validated.energy:.2f} kcal/mol, forces "
            f"{fitted.validated.forces:.2f} kcal/mol/Å (mean absolute errors)"
            if fitted.validated
            else ""
        )
    )


def _planned(planned: "PlannedTraining") -> str:
    """What is learned from and what is held out, in a line."""
    counts = ", ".join(f"{name} {count}" for name, count in planned.learned.items())
    held = ", ".join(f"{name} {count}" for name, count in planned.held_out.items())
    return (
        f"{sum(planned.learned.values())} geometries to learn from ({counts}), "
        f"{sum(planned.held_out.values())} held out" + (f" ({held})" if held else "")
    )
