"""``atomtug swarm``: many trajectories from a frame of a recorded pull, free of hands."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atomtug.cli.options import FILE, NEW_FOLDER, anyway_option, force_option, json_option
from atomtug.cli.progress import Progress, showing
from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.core.files import check_writable
from atomtug.core.systems.valences import molecules_of
from atomtug.core.text import table

if TYPE_CHECKING:
    from atomtug.swarm.statistics import Mean
    from atomtug.swarm.summary import OutcomeSummary
    from atomtug.workflows.swarming import Swarm


@click.command("swarm")
@click.argument("recording", type=FILE)
@click.option(
    "--frame",
    type=int,
    help="Where to begin: 0 is the first, -1 the last. Default: where the first bond changes for good.",
)
@click.option("--count", default=200, show_default=True, help="Trajectories.")
@click.option("--ps", "duration", default=0.5, show_default=True, help="Of each.")
@click.option("--engine", default="", help="Default: the one that the recording ends with.")
@click.option(
    "--velocities",
    type=click.Choice(["thermal", "modes"]),
    default="thermal",
    show_default=True,
    help="Maxwell-Boltzmann's, or quasi-classical: quanta and zero-point energy in the normal modes.",
)
@click.option("--temperature", default=300.0, show_default=True, help="K, of the velocities.")
@click.option("--timestep", default=0.2, show_default=True, help="fs.")
@click.option(
    "--along",
    default=0,
    show_default=True,
    metavar="FRAMES",
    help="Begin from so many frames about the reaction as well, for the committor along the pull.",
)
@click.option("--along-count", default=40, show_default=True, help="Trajectories from each of these.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the velocities.")
@click.option(
    "--uncertainty-limit",
    default=8.4,  # atomtug.server.dynamics.uncertainty.DEFAULT_LIMIT
    show_default=True,
    help="kJ/mol; where a network is less sure, the trajectory is counted and its geometry kept for a label.",
)
@click.option(
    "--out", type=NEW_FOLDER, help="Default: a folder beside RECORDING with -swarm behind its name."
)
@anyway_option
@force_option
@json_option
def command(
    recording: Path,
    frame: int | None,
    count: int,
    duration: float,
    engine: str,
    velocities: str,
    temperature: float,
    timestep: float,
    along: int,
    along_count: int,
    seed: int,
    uncertainty_limit: float,
    out: Path | None,
    anyway: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Begin many trajectories from a frame of RECORDING, each with fresh velocities and free of hands.

    Says how many react and to what, with error bars, where the energy went, and with --along where the point of no
    return was. Everything is in FOLDER: swarm.json, swarm.png, unsure.h5 (what the network was unsure of, for
    `atomtug label`), and swarm.jsonl, from which the same command goes on when it was stopped or killed.

    \b
    atomtug swarm runs/FILE.h5 --engine ann:alkanes
    atomtug swarm runs/FILE.h5 --frame 120 --count 50 --velocities modes --along 9
    """
    from atomtug.server.process.worker_process import THREADS

    # Sparrow is fastest on one thread; it reads this when it is loaded.
    os.environ.update(THREADS)
    from atomtug.swarm.options import SwarmOptions
    from atomtug.swarm.plot import save_swarm_plot
    from atomtug.workflows.swarming import run_swarm

    options = SwarmOptions(
        engine, count, duration, timestep, temperature, "modes" if velocities == "modes" else "thermal",
        along, along_count, seed, uncertainty_limit, anyway,
    )  # fmt: skip
    folder = out or recording.with_name(f"{recording.stem}-swarm")
    check_writable(folder)
    with stoppable("Stopping; what is done is kept.") as stop, showing(0, "trajectory") as progress:
        swarm = run_swarm(
            recording, folder, frame, options, overwrite=force,
            on_plan=lambda total, done: _begin(progress, total, done),
            on_done=lambda done: progress.advance(steps=done),
            stopped=stop,
        )  # fmt: skip
    plain = swarm.as_dict()
    (folder / "swarm.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    title = f"{molecules_of(swarm.system)} on {swarm.engine}, from {1000 * swarm.times[0]:.0f} fs"
    save_swarm_plot(title, swarm.outcomes, swarm.committors, swarm.point_of_no_return, folder / "swarm.png")
    click.echo(json.dumps(plain) if as_json else _report(swarm, folder))
    if swarm.left:
        click.echo(f"{swarm.left} trajectories are left: run the same command again.", err=True)
        raise SystemExit(INTERRUPTED)


def _begin(progress: Progress, total: int, done: int) -> None:
    progress.advance(total=total, steps=done)
    if done:
        progress.write(f"{done} of {total} trajectories were made before.")


def _report(swarm: "Swarm", folder: Path) -> str:
    records = swarm.of_frame(swarm.frames[0])
    lines = [
        f"{len(records)} trajectories of {swarm.options.duration:g} ps from frame {swarm.frames[0]} "
        f"({1000 * swarm.times[0]:.0f} fs) on {swarm.engine}",
        "",
        table(
            ("outcome", "share", "95 %"),
            [
                (
                    f"{each.kind}: {', '.join(filter(None, (each.molecules, each.changes)))}",
                    f"{each.fraction.value:.2f}",
                    "{:.2f}-{:.2f}".format(*each.fraction.interval),
                )
                for each in swarm.outcomes
            ],
            rule=True,
        ),
    ]
    for each in swarm.outcomes:
        if each.energies:
            lines += ["", _energies(each)]
    if swarm.committors:
        lines += ["", _committors(swarm)]
    if swarm.unsure:
        kept = "" if swarm.geometries is None else f"; geometries to label: {swarm.geometries}"
        lines += ["", f"The network was unsure in {swarm.unsure} of {len(swarm.records)} trajectories{kept}"]
    return "\n".join([*lines, "", f"{folder}: swarm.json, swarm.png"])


def _energies(outcome: "OutcomeSummary") -> str:
    rows = [
        (
            each.name,
            _mean(each.translation),
            _mean(each.rotation),
            _mean(each.vibration),
            "-" if each.temperature is None else f"{each.temperature:.0f} K",
        )
        for each in outcome.energies
    ]
    header = (f"{outcome.molecules}, kcal/mol", "translation", "rotation", "vibration", "as hot as")
    return (
        table(header, rows, rule=True)
        + f"\nbetween them {_mean(outcome.between)}, total {_mean(outcome.total)}; shares and total differ by "
        + f"{outcome.imbalance:.3f} at most"
    )


def _committors(swarm: "Swarm") -> str:
    rows = [
        (
            f"{frame}",
            f"{1000 * time:.0f} fs",
            f"{each.value:.2f}" if each.total else "-",
            "{:.2f}-{:.2f}".format(*each.interval),
        )
        for frame, time, each in swarm.committors
    ]
    crossing = swarm.point_of_no_return
    said = (
        "The committor does not pass 1/2 between these frames."
        if crossing is None
        else f"The committor passes 1/2, the point of no return, at {1000 * crossing:.0f} fs."
    )
    if (certain := swarm.surely_committed) is not None:
        said += f" It is above 1/2 with 95 % certainty from {1000 * certain:.0f} fs on."
    return table(("frame", "time", "committor", "95 %"), rows, rule=True) + f"\n{said}"


def _mean(mean: "Mean | None") -> str:
    if mean is None:
        return "-"
    return f"{mean.value:.1f}" if mean.error is None else f"{mean.value:.1f} +- {mean.error:.1f}"
