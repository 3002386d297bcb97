"""``atomtug label``: energies and forces of recorded frames by density functional theory or an ASE calculator."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from atomtug.cli.options import NEW_FILE
from atomtug.cli.progress import Progress, showing
from atomtug.cli.read_options import chosen, read_options
from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.core.errors import InputError
from atomtug.core.systems.apart import FLOWN_APART
from atomtug.core.text import counted
from atomtug.trainer.dft.theory import DEFAULT_GRID, Theory
from atomtug.trainer.labels.frames import TOO_CLOSE
from atomtug.workflows.labelling import FinishedLabel, Labelling, PlannedLabels, label


@click.command("label")
@click.argument("recordings", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=NEW_FILE, help="The data set; added to.")
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
@click.option(
    "--functional",
    default="pbe",
    show_default=True,
    help="As PySCF names it; with -d3bj, -d3zero or -d4 behind it for a dispersion correction.",
)
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
    "--engine",
    default="",
    metavar="ase:PATH",
    help="Label by an ASE calculator in place of DFT, e.g. ase:tblite.ase.TBLite; arguments as for "
    "`atomtug serve`.",
)
@click.option(
    "--too-close", default=TOO_CLOSE, show_default=True, help="Å; nearer atoms make a broken frame."
)
@click.option("--flown-apart", default=FLOWN_APART, show_default=True, help="Å between fragments, likewise.")
@click.option(
    "--scheduler", help="Address of a Dask cluster, tcp://host:port. Default: this machine's cores."
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Processes on this machine. Default: one a core, fewer for large molecules.",
)
@click.option("--retry-failed", is_flag=True, help="Compute failed labels again.")
@click.option(
    "--check-state",
    default=50,  # atomtug.workflows.labelling.CHECK_STATE
    show_default=True,
    metavar="N",
    type=click.IntRange(0),
    help="Compare the electronic state of every N-th label with a range-separated hybrid's; 0 for none.",
)
@read_options
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
    engine: str,
    too_close: float,
    flown_apart: float,
    scheduler: str | None,
    workers: int | None,
    retry_failed: bool,
    check_state: int,
    **reading: Any,
) -> None:
    """Compute energy and forces of frames of RECORDINGS (files or folders) and add them to a data set.

    Geometries in any format that `atomtug convert` reads are labelled, too, with or without energies.

    It can be stopped or killed at any time: the same command goes on where it was.
    """
    if engine and any(map(_given, ("functional", "basis", "auxbasis", "grid"))):
        raise InputError(
            "--engine labels without DFT: leave away --functional, --basis, --auxbasis and --grid."
        )
    theory = (
        Theory.by_calculator(engine)
        if engine
        else Theory(functional.lower(), basis.lower(), auxbasis.lower(), grid)
    )
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        stop = stack.enter_context(stoppable("Stopping; what is done is kept."))
        bars: list[Progress] = []
        plans: list[PlannedLabels] = []

        def on_plan(planned: PlannedLabels) -> None:
            announce(planned)
            plans.append(planned)
            if planned.to_label:
                bars.append(stack.enter_context(showing(planned.to_label, "label")))

        def on_label(done: FinishedLabel) -> None:
            (bar,) = bars
            if not done.label.converged:
                counts["failed"] += 1
                bar.write(f"frame {done.frame} of {done.trajectory} failed: {done.label.reason}")
            elif plans[0].fast and not done.label.method.startswith("fast"):
                counts["rescued"] += 1
            bar.advance(note=counts)

        labelling = label(
            recordings, out, select=select, from_candidates=from_candidates, seed=seed, theory=theory,
            too_close=too_close, flown_apart=flown_apart, scheduler=scheduler, workers=workers,
            retry_failed=retry_failed, check_state=check_state, options=chosen(**reading), on_plan=on_plan,
            on_label=on_label, stopped=stop,
        )  # fmt: skip
    if labelling.nothing_marked:
        raise InputError(
            "None of these recordings holds a marked frame: they are made by a network with several members "
            "(atomtug serve --engine ann:MODEL), where it is unsure; a lower --uncertainty-limit marks more."
        )
    _report(labelling)


def _given(option: str) -> bool:
    """Whether an option was written in the command."""
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def announce(planned: PlannedLabels) -> None:
    """Say what is going to be labelled."""
    for path, reason in planned.skipped:
        click.echo(f"Skipped {path}: {reason}", err=True)
    for note in planned.notes:
        click.echo(note, err=True)
    broken = ", ".join(f"{count} {reason}" for reason, count in planned.set_aside.items() if count) or "none"
    read = [counted(planned.recordings, "recording")] if planned.recordings else []
    if planned.imported:
        read.append(f"{counted(planned.imported, 'trajectory', 'trajectories')} of other files")
    frames = counted(planned.frames, "frame")
    click.echo(f"{', '.join(read)}, {frames}; set aside as broken: {broken}", err=True)
    geometries = counted(planned.to_label, "geometry", "geometries")
    click.echo(f"{geometries} to label with {planned.theory}; {planned.done_before} done before", err=True)


def _report(labelling: Labelling) -> None:
    made = labelling.labelled + labelling.failed
    pace = f", {3600 * made / labelling.seconds:.0f} labels an hour" if made else ""
    click.echo(
        f"{labelling.path}: {labelling.labelled} labelled, {labelling.failed} failed in {labelling.seconds:.0f} s"
        f"{pace}; {labelling.total} labelled geometries in all"
    )
    if labelling.odd:
        click.echo(
            f"{labelling.odd} of them are of another electronic state than their neighbours, or than a "
            f"range-separated hybrid finds: training leaves them out; `atomtug info {labelling.path}` says which."
        )
    if labelling.left:
        click.echo(f"{labelling.left} are left: run the same command again.")
        raise SystemExit(INTERRUPTED)
    if labelling.failed and not labelling.total:
        raise InputError(
            "Not one geometry could be labelled; the reasons are above: check charge, multiplicity and geometry."
        )
