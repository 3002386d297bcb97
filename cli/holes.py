"""``atomtug holes``: where a network lies far below a cheap method that is trusted more, and mending it there."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atomtug.cli.options import FILE, NEW_FOLDER, json_line_option, learning_options, system_options
from atomtug.cli.progress import showing
from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.core.systems import Unit, load_system

if TYPE_CHECKING:
    from atomtug.workflows.holes import HoleRound


@click.command("holes")
@click.argument("source", metavar="SYSTEM")
@system_options
@click.option("--model", default="alkanes", show_default=True, help="A model file, or a model's name.")
@click.option(
    "--referee", default="gfn2", show_default=True, help="What is trusted more: gfn2, pm6, or any engine."
)
@click.option("--tries", default=1000, show_default=True, type=click.IntRange(1), help="Of each round.")
@click.option("--depth", default=15.0, show_default=True, help="kcal/mol by which both must differ.")
@click.option(
    "--from", "starts", multiple=True, type=FILE, help="Recordings or data sets to begin from as well."
)
@click.option(
    "--rounds",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="At most. More than one: label what is found, train on, and look again.",
)
@click.option("--label/--no-label", "labelled", help="Label what is found, also in a single round.")
@click.option("--labels", default=40, show_default=True, type=click.IntRange(1), help="Of each round.")
@click.option("--data", multiple=True, type=FILE, help="Labels to train on besides the new ones.")
@click.option(
    "--out",
    default=Path("runs/holes"),
    show_default=True,
    type=NEW_FOLDER,
    help="Folder for geometries, labels and networks.",
)
@learning_options
@json_line_option
def command(
    source: str,
    charge: int | None,
    multiplicity: int | None,
    frame: int | None,
    unit: Unit | None,
    model: str,
    referee: str,
    tries: int,
    depth: float,
    starts: tuple[Path, ...],
    rounds: int,
    labelled: bool,
    labels: int,
    data: tuple[Path, ...],
    epochs: int,
    validation: float,
    functional: str,
    basis: str,
    workers: int | None,
    out: Path,
    seed: int,
    as_json: bool,
) -> None:
    """Look for geometries where a network is far from a cheap method, most of all far below it.

    Fragments are brought near each other, bonds pulled and pressed, all of it shaken, and short hot runs on the
    network follow. What differs is written as geometries to label (FOLDER/geometries-1.h5, for `atomtug label`). With
    --label it is labelled, with --rounds above 1 the network is trained on and searched again, until a round finds no
    hole.

    \b
    atomtug holes isobutane --model alkanes --tries 2000
    atomtug holes isobutane --rounds 5 --data data/train.h5 --from data/train.h5
    """
    from atomtug.core.shipped import find_model
    from atomtug.trainer.dft.theory import Theory
    from atomtug.trainer.fit.settings import Settings
    from atomtug.workflows.holes import (
        HoleHunt,
        HoleRound,
        Mending,
        find_holes,
        mend_holes,
        write_disagreements,
    )

    system, start = load_system(source, charge, multiplicity, frame, unit), find_model(model)
    options = HoleHunt(referee, tries, depth, starts, seed)
    done: list[HoleRound] = []

    def on_round(finished: HoleRound) -> None:
        done.append(finished)
        click.echo(_line(finished))

    with stoppable("Stopping; what is done is kept.") as stop, showing(tries * rounds, "try") as progress:
        if rounds == 1 and not labelled:
            hunt = find_holes(system, f"ann:{start}", options, on_try=progress.advance, stopped=stop)
            on_round(HoleRound(1, start.name, hunt))
            path = out / "geometries-1.h5"
            out.mkdir(parents=True, exist_ok=True)
            if written := write_disagreements(system, hunt.found, path, labels):
                click.echo(f"{path}: {written} geometries to label")
        else:
            mending = Mending(
                rounds,
                labels,
                data,
                Theory(functional.lower(), basis.lower()),
                workers,
                Settings(epochs=epochs, validation=validation),
            )
            mend_holes(
                system, start, out, options, mending,
                on_round=on_round, on_try=progress.advance, stopped=stop,
            )  # fmt: skip
    if as_json:
        click.echo(json.dumps({"rounds": [_plain(each) for each in done]}))
    if stop():
        raise SystemExit(INTERRUPTED)


def _line(done: "HoleRound") -> str:
    hunt = done.hunt
    labelled = f"; {done.labelled} labelled" if done.labelled else ""
    return (
        f"Round {done.number}, {done.engine}: {hunt.holes} holes and {len(hunt.found) - hunt.holes} walls in "
        f"{hunt.tries} tries ({hunt.skipped} left out: too high, or no result){labelled}"
    )


def _plain(done: "HoleRound") -> dict[str, object]:
    hunt = done.hunt
    return {
        "round": done.number,
        "engine": done.engine,
        "tries": hunt.tries,
        "skipped": hunt.skipped,
        "holes": hunt.holes,
        "walls": len(hunt.found) - hunt.holes,
        "deepest_kcal": max((each.referee - each.potential for each in hunt.found), default=None),
        "labelled": done.labelled,
    }
