"""``atomtug learn``: from a molecule to a network of its own."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atomtug.cli.options import NEW_FOLDER, json_line_option, system_options
from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.core.files import check_writable
from atomtug.core.systems import Unit, load_system
from atomtug.core.text import table

if TYPE_CHECKING:
    from atomtug.workflows.learning import LearnedSystem


@click.command("learn")
@click.argument("source", metavar="SYSTEM")
@system_options
@click.option(
    "--labels", default=300, show_default=True, type=click.IntRange(20), help="In all, those to judge by too."
)
@click.option("--hours", default=2.0, show_default=True, help="After these it ends with what it has.")
@click.option(
    "--target",
    "target_kcal",
    default=0.0,
    show_default=True,
    help="kcal/mol of held-out error at which it ends before; 0 for never.",
)
@click.option(
    "--rounds",
    default=3,
    show_default=True,
    type=click.IntRange(0),
    help="With hands on the network, and searches for holes in it; at most.",
)
@click.option(
    "--script", default="abstract", show_default=True, help="What the hands do, as for `atomtug steer`."
)
@click.option("--site", default="any", show_default=True, help="Which atom is attacked, likewise.")
@click.option("--attacker", default="", help="What attacks, likewise.")
@click.option("--attacked", default="", help="What is attacked, as --target of `atomtug steer`.")
@click.option(
    "--trajectories", default=6, show_default=True, type=click.IntRange(1), help="To learn from first."
)
@click.option("--engine", default="pm6", show_default=True, help="On which the first hands work.")
@click.option("--functional", default="pbe", show_default=True, help="Of the labels.")
@click.option(
    "--basis", help="Of the labels. Default: def2-tzvp, for anions def2-tzvpd, which has diffuse functions."
)
@click.option("--teacher/--no-teacher", default=True, help="Have GFN2-xTB teach the network first.")
@click.option("--scheduler", help="Address of a Dask cluster that labels, tcp://host:port.")
@click.option("--workers", type=click.IntRange(1), help="Processes that label. Default: one a core.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of everything random.")
@click.option(
    "--out",
    type=NEW_FOLDER,
    help="Folder for recordings, labels, networks and the report. Default: runs/learn-NAME.",
)
@json_line_option
def command(
    source: str,
    charge: int | None,
    multiplicity: int | None,
    frame: int | None,
    unit: Unit | None,
    labels: int,
    hours: float,
    target_kcal: float,
    rounds: int,
    script: str,
    site: str,
    attacker: str,
    attacked: str,
    trajectories: int,
    engine: str,
    functional: str,
    basis: str | None,
    teacher: bool,
    scheduler: str | None,
    workers: int | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Learn a network for the reaction of SYSTEM, from nothing.

    Hands steer on PM6; the most different frames are labelled by DFT; GFN2-xTB teaches a network first, then it
    learns the labels. In rounds, hands steer on the network, and what it is unsure of and what holes are found in it
    are labelled and learned. Some hands are held out to judge by. The end is a network and a report with figures.

    It can be stopped at any time: the same command goes on where it was.

    \b
    atomtug learn "C + [OH]" --labels 100
    atomtug learn "C=C + [H]" --script add --labels 300 --target 0.5
    """
    from atomtug.vr_client.scripted.script_file import load_script
    from atomtug.vr_client.scripted.trials import BUILT_IN
    from atomtug.workflows.learning import learn
    from atomtug.workflows.learning_log import LearningStopped
    from atomtug.workflows.learning_options import TEACHING, LearningBudget, LearningOptions, theory_for
    from atomtug.workflows.learning_report import write_report
    from atomtug.workflows.learning_steps import Kind

    system = load_system(source, charge, multiplicity, frame, unit)
    for note in system.notes:
        click.echo(f"{system.name}: {note}", err=True)
    theory = theory_for(system, functional, basis)
    folder = out or Path("runs") / f"learn-{system.name}"
    check_writable(folder)
    options = LearningOptions(
        script=script if script in BUILT_IN else load_script(script),
        site=site, attacker=attacker, target=attacked, engine=engine, trajectories=trajectories, theory=theory,
        scheduler=scheduler, workers=workers, teaching=TEACHING if teacher else None, seed=seed,
    )  # fmt: skip

    def on_step(kind: Kind, text: str) -> None:
        click.echo(f"{kind}: {text}", err=True)

    with stoppable("Stopping; the same command goes on where it was.") as stop:
        try:
            learned = learn(
                system, folder, LearningBudget(labels, hours, target_kcal, rounds), options,
                on_step=on_step, stopped=stop,
            )  # fmt: skip
        except LearningStopped:
            click.echo(f"Stopped: the same command goes on from what is in {folder}.", err=True)
            raise SystemExit(INTERRUPTED) from None
    given = {"--charge": charge, "--multiplicity": multiplicity, "--frame": frame, "--unit": unit}
    words = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    report = write_report(learned, folder, theory, [source, *words])
    _tell(learned)
    click.echo(f"\n{learned.rounds[-1].model}: the network. {report}: the report.")
    if as_json:
        click.echo(json.dumps(_as_json(learned)))


def _tell(learned: "LearnedSystem") -> None:
    from atomtug.workflows.learning_report import ERRORS, error_rows

    click.echo(f"{learned.ended} Errors on the hands that are held out:\n")
    click.echo(table(ERRORS, error_rows(learned)))


def _as_json(learned: "LearnedSystem") -> dict[str, object]:
    return {
        "rounds": [
            {
                "model": str(each.model), "labels": each.labels, "holes": each.holes, "tries": each.tries,
                "checked": each.checked, "confirmed": each.confirmed,
                **each.network.to_plain(),
            }
            for each in learned.rounds
        ],
        "minutes": {kind: seconds / 60 for kind, seconds in learned.seconds.items()},
        "ended": learned.ended,
    }  # fmt: skip
