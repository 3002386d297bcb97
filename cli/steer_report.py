"""What ``atomtug steer`` prints: a line for each trajectory, then a table of what came off."""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from statistics import median

import click
from tqdm import tqdm

from atomtug.cli.stopping import stoppable
from atomtug.core.errors import AtomtugError
from atomtug.core.text import table
from atomtug.vr_client.scripted.steering import TrialRun


def show(
    begin: Callable[..., Generator[TrialRun, None, None]], trajectories: int
) -> tuple[list[TrialRun], AtomtugError | None]:
    """Print a line for each trajectory as it is done, above a progress bar on stderr.

    Args:
        begin: begins the series; its argument ``stopped`` is asked at each frame whether Ctrl-C was pressed
        trajectories: how many are to be made

    Returns:
        the trajectories that are done, after Ctrl-C as well, and the error that ended the series, if one did
    """
    done: list[TrialRun] = []
    failure: AtomtugError | None = None
    # disable=None: no bar where stderr is no terminal.
    with (
        stoppable("Stopping; what is recorded is kept.") as stopped,
        tqdm(total=trajectories, unit="trajectory", file=sys.stderr, disable=None, leave=False) as bar,
        contextlib.closing(begin(stopped=stopped)) as runs,
    ):
        try:
            for run in runs:
                done.append(run)
                with tqdm.external_write_mode(file=sys.stdout):
                    click.echo(_line(run))
                bar.update()
        except KeyboardInterrupt:  # pressed twice
            pass
        except AtomtugError as error:
            failure = error
    return done, failure


def _line(run: TrialRun) -> str:
    outcome = run.outcome
    if outcome.time is not None and outcome.hydrogen_name is not None:
        where = f"{outcome.site} " if outcome.site else ""
        event = f"{where}{outcome.hydrogen_name} -> {outcome.product} at {outcome.time:.2f} ps"
    elif outcome.time is not None:
        event = f"{outcome.product} at {outcome.time:.2f} ps"
    else:
        event = outcome.product or ("a reaction" if outcome.happened else "nothing")
    remarks = [outcome.reason] if outcome.reason else []
    if run.recording_error:
        remarks.append("recorded in part")
    remark = f"  ({'; '.join(remarks)})" if remarks else ""
    mark = "ok" if run.as_intended else "--"
    if run.stopped:  # nobody has watched to the end: `atomtug info` tells what is in the recording
        return f"{mark}  {run.name}  stopped{remark}"
    figures = f"{outcome.duration:.2f} ps, work {outcome.work_kcal_mol:.0f} kcal/mol"
    told = f"\n    {outcome.reaction}   {outcome.smiles}" if outcome.happened else ""
    return f"{mark}  {run.name}  {event}, {figures}{remark}{told}"


def summarise(done: list[TrialRun]) -> None:
    """Print a table: a row for each kind of hydrogen that came off, and one for none; a column for each product."""
    if not done:
        return
    reacted = [run.outcome.product for run in done if run.outcome.happened and run.outcome.product]
    products = [name for name, _ in Counter(sorted(reacted)).most_common()]
    rows = [("came off", "trajectories", "as intended", *products, "median ps", "median kcal/mol")]
    kinds = sorted({_kind(run) for run in done})
    for kind in kinds:
        runs = [run for run in done if _kind(run) == kind]
        outcomes = [run.outcome for run in runs]
        times = [outcome.time for outcome in outcomes if outcome.time is not None]
        rows.append(
            (
                kind,
                str(len(outcomes)),
                str(sum(run.as_intended for run in runs)),
                *(str(sum(o.happened and o.product == name for o in outcomes)) for name in products),
                f"{median(times):.2f}" if times else "",
                f"{median(outcome.work_kcal_mol for outcome in outcomes):.0f}",
            )
        )
    click.echo("\n" + table(rows[0], rows[1:]))
    intended = sum(run.as_intended for run in done)
    click.echo(f"\n{intended} of {len(done)} went as intended. Recordings: {Path(done[-1].path).parent}/")


def _kind(run: TrialRun) -> str:
    """What came off: the kind of hydrogen, another atom by its element, or none."""
    outcome = run.outcome
    if outcome.site or outcome.hydrogen_name is None:
        return outcome.site or "none"
    return outcome.hydrogen_name.split(":")[-1].rstrip("0123456789")


def run_as_json(run: TrialRun) -> dict[str, object]:
    """A trajectory for ``--json``."""
    return {
        "name": run.name,
        "path": run.path,
        "recording_error": run.recording_error,
        **run.outcome.as_dict(),
    }
