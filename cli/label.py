"""``atomtug label``: energies and forces of recorded frames by density functional theory."""

import time
from collections import Counter
from pathlib import Path

import click
from tqdm import tqdm

from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.core.errors import InputError
from atomtug.trainer import data as datasets
from atomtug.trainer.data import DataSet
from atomtug.trainer.data.journal import Journal, journal_path
from atomtug.trainer.dft.theory import DEFAULT_GRID, Label, Theory
from atomtug.trainer.labels.cluster import connected
from atomtug.trainer.labels.frames import FLOWN_APART, TOO_CLOSE, RecordedFrames, open_source
from atomtug.trainer.labels.labelling import check, execute, make_plan, note_selection, without_failures
from atomtug.trainer.labels.run import LabelTask
from atomtug.trainer.labels.selection import Selection


@click.command("label")
@click.argument("recordings", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The data set; added to."
)
@click.option(
    "--select",
    "select",
    default="all",
    show_default=True,
    metavar="all|stride:N|random:N|fps:N",
    help="Frames to label. random and fps (those most different) pick N of each molecule.",
)
@click.option(
    "--from-candidates",
    is_flag=True,
    help="Choose only among frames that a network was not sure of (marked while they were recorded).",
)
@click.option("--seed", default=0, show_default=True, help="Of a random selection.")
@click.option("--functional", default="pbe", show_default=True, help="As PySCF names it.")
@click.option("--basis", default="def2-tzvp", show_default=True, help="As PySCF names it.")
@click.option(
    "--auxbasis", default="", help="Of the density fitting; by default PySCF's choice for the basis."
)
@click.option(
    "--grid",
    default=DEFAULT_GRID,
    show_default=True,
    help="Level 0 to 9, or radial x angular points for each period of the table.",
)
@click.option(
    "--too-close", default=TOO_CLOSE, show_default=True, help="Å; nearer atoms make a broken frame."
)
@click.option("--flown-apart", default=FLOWN_APART, show_default=True, help="Å between fragments, likewise.")
@click.option(
    "--scheduler", help="Address of a Dask cluster, tcp://host:port. Default: this machine's cores."
)
@click.option("--workers", type=click.IntRange(1), help="Processes on this machine. Default: one a core.")
@click.option("--retry-failed", is_flag=True, help="Compute failed labels again.")
def command(
    recordings: tuple[Path, ...],
    out: Path,
    select: str,
    from_candidates: bool,
    seed: int,
    functional: str,
    basis: str,
    auxbasis: str,
    grid: str,
    too_close: float,
    flown_apart: float,
    scheduler: str | None,
    workers: int | None,
    retry_failed: bool,
) -> None:
    """Compute energy and forces of frames of RECORDINGS (files or folders) and add them to a data set.

    It can be stopped or killed at any time: the same command goes on where it was.
    """
    selection = Selection.parse(select, seed)
    theory = Theory(functional.lower(), basis.lower(), auxbasis.lower(), grid)
    paths = _files(recordings)
    with Journal(out) as journal, stoppable("Stopping; what is done is kept.") as stop:
        there = out.exists() or journal_path(out).stat().st_size > 0
        data = datasets.read(out) if there else DataSet()
        if retry_failed:
            data = without_failures(data)
        sources = [open_source(path, too_close, flown_apart, from_candidates) for path in paths]
        if from_candidates and not any(len(source.sound) for source in sources):
            raise InputError(
                "None of these recordings holds a marked frame: they are made by a network with several members "
                "(atomtug serve --engine ann:MODEL), where it is unsure; a lower --uncertainty-limit marks more."
            )
        plan = make_plan(data, sources, selection, theory)
        check(plan)
        note_selection(data, select, [path.name for path in paths])
        _announce(sources, len(plan.tasks), plan.done, theory)
        started, counts = time.perf_counter(), Counter[str]()
        if plan.tasks:
            with (
                connected(scheduler, workers) as client,
                tqdm(total=len(plan.tasks), unit="label", smoothing=0.05, dynamic_ncols=True) as bar,
            ):

                def on_label(task: LabelTask, label: Label) -> None:
                    counts["labelled" if label.converged else "failed"] += 1
                    if label.converged and label.method != "fast":
                        counts["rescued"] += 1
                    if not label.converged:
                        bar.write(f"frame {task.frame} of {_name(data, task)} failed: {label.reason}")
                    bar.update()
                    bar.set_postfix({key: counts[key] for key in ("rescued", "failed") if counts[key]})

                data = execute(client, plan, data, out, journal, on_label, stop)
        else:
            datasets.write(data, out)
            journal.clear()
    _report(data, out, counts, time.perf_counter() - started, len(plan.tasks))


def _files(recordings: tuple[Path, ...]) -> list[Path]:
    """The recordings, folders replaced by what is in them."""
    paths: list[Path] = []
    for path in recordings:
        paths += sorted(path.glob("*.h5")) if path.is_dir() else [path]
    if not paths:
        raise click.BadParameter("there are no recordings (*.h5) in there.", param_hint="RECORDINGS")
    return paths


def _name(data: DataSet, task: LabelTask) -> str:
    return next(entry.name for entry in data.trajectories if entry.key == task.trajectory)


def _announce(sources: list[RecordedFrames], tasks: int, done: int, theory: Theory) -> None:
    frames = sum(source.trajectory.frames for source in sources)
    aside: Counter[str] = Counter()
    for source in sources:
        aside.update(source.trajectory.set_aside)
    broken = ", ".join(f"{count} {reason}" for reason, count in aside.items() if count) or "none"
    click.echo(f"{len(sources)} recordings, {frames} frames; set aside as broken: {broken}", err=True)
    click.echo(f"{tasks} geometries to label with {theory}; {done} done before", err=True)


def _report(data: DataSet, out: Path, counts: Counter[str], seconds: float, planned: int) -> None:
    made = counts["labelled"] + counts["failed"]
    pace = f", {3600 * made / seconds:.0f} labels an hour" if made else ""
    click.echo(
        f"{out}: {counts['labelled']} labelled, {counts['failed']} failed in {seconds:.0f} s{pace}; "
        f"{sum(int(molecule.labelled.sum()) for molecule in data)} labelled geometries in all"
    )
    if made < planned:
        click.echo(f"{planned - made} are left: run the same command again.")
        raise SystemExit(INTERRUPTED)
