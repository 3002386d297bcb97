"""``atomtug search``: settings that train well."""

from pathlib import Path
from typing import Any

import click

from atomtug.cli.progress import showing
from atomtug.cli.training import data_option

# The names of atomtug.trainer.search.study.SAMPLERS, here again so that --help needn't import it.
SAMPLERS = ("random", "tpe")


@click.command("search")
@data_option
@click.option(
    "--study",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
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
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the best as TOML.")
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
    import optuna

    from atomtug.trainer.data import read
    from atomtug.trainer.fit import Settings, draw, gather
    from atomtug.trainer.search import Space, open_study, search

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = open_study(path, name, sampler, seed)
    samples = gather([read(each) for each in data])
    if training_set is not None:
        samples = [samples[index] for index in draw(samples, training_set, size, 0)]
    space = Space(epochs=epochs) if epochs else Space()
    with showing(trials, "trial") as progress:

        def on_trial(study: Any, trial: Any) -> None:
            done = [each.value for each in study.trials if each.value is not None]
            progress.advance(note={"best": f"{min(done):.2f}" if done else "-"})

        search(study, samples, Settings(members=members), space, folds, trials, on_trial)
    finished = [trial for trial in study.trials if trial.value is not None]
    if not finished:
        click.echo(f"{path}: no trial has finished yet.")
        return
    best = study.best_trial
    click.echo(f"{path}: {len(finished)} trials; the best, number {best.number}, scores {best.value:.3f}:")
    settings = best.user_attrs["settings"]
    for key in ("mae_kcal", "force_mae_kcal_A"):
        if key in best.user_attrs:
            click.echo(f"  {key}: {', '.join(f'{value:.2f}' for value in best.user_attrs[key])} (folds)")
    for key in best.params:
        click.echo(f"  {key} = {best.params[key]:.4g}")
    if out is not None:
        from atomtug.cli.training import write_config

        write_config(out, "train", settings)
        click.echo(f"{out}: the best as options of atomtug --config {out} train")
