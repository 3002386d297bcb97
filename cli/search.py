"""``atomtug search``: settings that train well."""

from pathlib import Path

import click

from atomtug.cli.options import NEW_FILE
from atomtug.cli.progress import showing
from atomtug.cli.training import data_option

# The names of atomtug.trainer.search.study.SAMPLERS, here again so that --help needn't import it.
SAMPLERS = ("random", "tpe")


@click.command("search")
@data_option
@click.option(
    "--study",
    "path",
    type=NEW_FILE,
    default=Path("search.journal"),
    show_default=True,
    help="File of the study; several processes may share it, and it is gone on with if it is there.",
)
@click.option("--name", default="atomtug", show_default=True, help="Of the study in the file.")
@click.option("--sampler", type=click.Choice(SAMPLERS), default="random", show_default=True)
@click.option("--trials", type=click.IntRange(0), default=20, show_default=True, help="In this process.")
@click.option("--folds", type=click.IntRange(2), default=3, show_default=True, help="Of whole trajectories.")
@click.option("--training-set", type=click.IntRange(1, 6), help="Mix molecules as the paper's set 1 to 6.")
@click.option("--size", type=click.IntRange(10), default=600, show_default=True, help="Of such a set.")
@click.option("--epochs", type=click.IntRange(1), nargs=2, help="Lowest and highest, in place of 300 5000.")
@click.option("--members", type=click.IntRange(1), default=1, show_default=True, help="Of each committee.")
@click.option("--seed", type=int, help="Of the sampler. Processes that share a study need different ones.")
@click.option("--out", type=NEW_FILE, help="Write the best as TOML.")
def command(
    data: tuple[Path, ...],
    path: Path,
    name: str,
    sampler: str,
    trials: int,
    folds: int,
    training_set: int | None,
    size: int,
    epochs: tuple[int, int] | None,
    members: int,
    seed: int | None,
    out: Path | None,
) -> None:
    """Search for settings as the paper did: at random, judged on folds that keep trajectories together.

    The space is the paper's (n_basis 6-30, cutoff 3-5 Å, tau 1.05-3, hidden layers 30-500, ...), evenly in the
    logarithm. Run the same command in several terminals to go faster. With --out, the best so far is written as a
    file for atomtug --config FILE train.
    """
    from atomtug.trainer.search import Space
    from atomtug.workflows.searching import search

    with showing(trials, "trial") as progress:

        def on_trial(lowest: float | None) -> None:
            progress.advance(note={"best": "-" if lowest is None else f"{lowest:.2f}"})

        found = search(
            data, path, trials, name=name, sampler=sampler, folds=folds, training_set=training_set, size=size,
            space=Space(epochs=epochs) if epochs else None, members=members, seed=seed, on_trial=on_trial,
        )  # fmt: skip
    best = found.best
    if best is None:
        click.echo(f"{path}: no trial has finished yet.")
        return
    click.echo(f"{path}: {found.finished} trials; the best, number {best.number}, scores {best.score:.3f}:")
    for key, errors in best.fold_errors.items():
        click.echo(f"  {key}: {', '.join(f'{error:.2f}' for error in errors)} (folds)")
    for key, value in best.varied.items():
        click.echo(f"  {key} = {value:.4g}")
    if out is not None:
        from atomtug.cli.training import write_config

        write_config(out, "train", best.settings)
        click.echo(f"{out}: the best as options of atomtug --config {out} train")
