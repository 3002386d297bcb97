"""``atomtug loop``: steer on the network, label what surprised it, train on, swap; round by round."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atomtug.cli.options import FILE, NEW_FOLDER, anyway_option, json_line_option, learning_options
from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.cli.training import Numbers
from atomtug.core.systems import load_system
from atomtug.core.text import table
from atomtug.server.dynamics.uncertainty import DEFAULT_LIMIT

if TYPE_CHECKING:
    from atomtug.workflows.looping import LoopRound


@click.command("loop")
@click.option(
    "--system", "source", required=True, help="A name that `atomtug systems` lists, or an .xyz file."
)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How many.")
@click.option(
    "--model",
    "start",
    type=FILE,
    help="The network to begin with. Default: one is trained on what hands do on PM6.",
)
@click.option(
    "--data", multiple=True, type=FILE, help="Labels to train on besides the new ones, e.g. data/train.h5."
)
@click.option("--heldout", type=FILE, help="Labels to judge by. Default: of a trajectory of its own, on PM6.")
@click.option(
    "--out",
    default=Path("runs/loop"),
    show_default=True,
    type=NEW_FOLDER,
    help="Folder for recordings, labels and networks.",
)
@click.option("--trajectories", default=4, show_default=True, type=click.IntRange(1), help="Of each round.")
@click.option(
    "--script", default="abstract", show_default=True, help="What the hands do, as for `atomtug steer`."
)
@click.option(
    "--labels", default=40, show_default=True, type=click.IntRange(1), help="Of each round, at most."
)
@click.option(
    "--uncertainty-limit",
    default=DEFAULT_LIMIT,
    show_default=True,
    help="kJ/mol from which on it is surprised.",
)
@click.option(
    "--hidden", type=Numbers(), default="64,64", show_default=True, help="Of a network trained from nothing."
)
@anyway_option
@learning_options
@json_line_option
def command(
    source: str,
    rounds: int,
    start: Path | None,
    data: tuple[Path, ...],
    heldout: Path | None,
    out: Path,
    trajectories: int,
    script: str,
    labels: int,
    uncertainty_limit: float,
    functional: str,
    basis: str,
    workers: int | None,
    epochs: int,
    validation: float,
    hidden: tuple[int, ...],
    anyway: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Let a network learn from what surprises it, in rounds.

    In each: hands steer on the network, live; frames of which its members say different things are labelled by DFT;
    its training goes on with them; and it takes over in the running server. After each round its error on held-out
    geometries is told.

    It can be stopped at any time: the same command goes on where it was.

    \b
    atomtug loop --system methane --rounds 3 --model data/models/alkanes.safetensors --data data/train.h5
    """
    from atomtug.trainer.dft.theory import Theory
    from atomtug.trainer.fit.settings import Settings
    from atomtug.vr_client.scripted.script_file import load_script
    from atomtug.vr_client.scripted.trials import BUILT_IN
    from atomtug.workflows.learning_log import LearningStopped
    from atomtug.workflows.looping import LoopOptions, LoopStep, loop

    def on_step(step: LoopStep) -> None:
        click.echo(f"Round {step.round}, {step.kind}: {step.text}", err=True)

    options = LoopOptions(
        trajectories=trajectories,
        script=script if script in BUILT_IN else load_script(script),
        labels=labels,
        uncertainty_limit=uncertainty_limit,
        theory=Theory(functional.lower(), basis.lower()),
        workers=workers,
        settings=Settings(hidden=hidden, epochs=epochs, validation=validation),
        anyway=anyway,
        seed=seed,
    )
    with stoppable("Stopping; the same command goes on where it was.") as stop:
        try:
            done = loop(
                load_system(source), out, rounds, options, model=start, data=data, heldout=heldout,
                on_step=on_step, on_round=lambda before, last: click.echo(_line(before, last)), stopped=stop,
            )  # fmt: skip
        except LearningStopped:
            click.echo(f"Stopped: the same command goes on from what is in {out}.", err=True)
            raise SystemExit(INTERRUPTED) from None
    if done.nothing_marked_in is not None:
        click.echo(
            f"Round {done.nothing_marked_in}: no frame surprised the network, so there is nothing to learn; a "
            f"lower --uncertainty-limit marks more."
        )
    click.echo("\n" + _table(done.rounds))
    if as_json:
        click.echo(json.dumps({"rounds": [asdict(each) for each in done.rounds]}))


def _line(before: "LoopRound", last: "LoopRound") -> str:
    return (
        f"Round {last.number}: {last.candidates} frames surprised {before.model}, {last.labels} labelled; held-out "
        f"error {before.mae_kcal:.2f} -> {last.mae_kcal:.2f} kcal/mol"
    )


def _table(done: "Sequence[LoopRound]") -> str:
    rows = [("round", "network", "candidates", "labelled", "kcal/mol", "kcal/mol/Å")]
    for each in done:
        forces = "" if each.force_mae_kcal_A is None else f"{each.force_mae_kcal_A:.2f}"
        errors = f"{each.mae_kcal:.2f}", forces
        rows.append((str(each.number), each.model, str(each.candidates), str(each.labels), *errors))
    return "Held-out error, round by round\n" + table(rows[0], rows[1:])
