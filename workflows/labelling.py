"""From recordings to a data set with energies and forces by density functional theory, or by an ASE calculator."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from atomtug.core.errors import InputError
from atomtug.core.systems.apart import FLOWN_APART
from atomtug.trainer import data as datasets
from atomtug.trainer.data import DataSet
from atomtug.trainer.data.journal import Journal, journal_path
from atomtug.trainer.dft.theory import Label, Theory
from atomtug.trainer.exchange import ReadOptions
from atomtug.trainer.labels.cluster import connected
from atomtug.trainer.labels.frames import TOO_CLOSE
from atomtug.trainer.labels.labelling import (
    check,
    execute,
    make_plan,
    note_selection,
    without_failures,
)
from atomtug.trainer.labels.odd_states import mark_odd_states
from atomtug.trainer.labels.run import LabelTask
from atomtug.trainer.labels.selection import Selection
from atomtug.trainer.labels.sharing import largest_need
from atomtug.workflows.label_sources import LabelSources, open_sources

CHECK_STATE = 50
"""Labels of which one is checked for its electronic state."""
SLOW = "{} is not for the fast way: PySCF's own computes it, which takes several times as long."


@dataclass(frozen=True)
class PlannedLabels:
    """What is going to be labelled.

    Args:
        recordings: how many are read
        imported: how many trajectories of other files are read
        frames: how many these have
        set_aside: broken frames by reason
        skipped: files of folders that are no recordings, each with the reason
        to_label: geometries to be labelled
        done_before: geometries among the chosen ones that have a label already
        theory: the level of theory
        notes: sentences on how files of other programs were read, and on what the theory costs
        fast: whether the fast way computes this theory; else PySCF's own way or an ASE calculator does
    """

    recordings: int
    imported: int
    frames: int
    set_aside: Mapping[str, int]
    skipped: tuple[tuple[Path, str], ...]
    to_label: int
    done_before: int
    theory: Theory
    notes: tuple[str, ...] = ()
    fast: bool = True


@dataclass(frozen=True)
class FinishedLabel:
    """One geometry that was labelled, or failed.

    Args:
        trajectory: name of its trajectory
        frame: place in it
        label: the label, or why there is none
    """

    trajectory: str
    frame: int
    label: Label


@dataclass(frozen=True)
class Labelling:
    """What became of it.

    Args:
        path: the data set
        planned: what was to be done
        labelled: labels made now
        failed: geometries that could not be labelled
        seconds: it took
        total: labelled geometries in the data set, those of before included
        odd: those of them whose electronic state is not that of their trajectory: training leaves them out
        nothing_marked: only marked frames were asked for, and no frame is marked: nothing was done
    """

    path: Path
    planned: PlannedLabels
    labelled: int = 0
    failed: int = 0
    seconds: float = 0.0
    total: int = 0
    odd: int = 0
    nothing_marked: bool = False

    @property
    def left(self) -> int:
        """Geometries that are still to be labelled because it was stopped."""
        return 0 if self.nothing_marked else self.planned.to_label - self.labelled - self.failed


def label(
    recordings: Sequence[Path],
    out: Path,
    *,
    select: str = "all",
    from_candidates: bool = False,
    seed: int = 0,
    theory: Theory | None = None,
    too_close: float = TOO_CLOSE,
    flown_apart: float = FLOWN_APART,
    scheduler: str | None = None,
    workers: int | None = None,
    retry_failed: bool = False,
    check_state: int = CHECK_STATE,
    options: ReadOptions | None = None,
    on_plan: Callable[[PlannedLabels], object] = lambda _: None,
    on_label: Callable[[FinishedLabel], object] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Labelling:
    """Label frames of recordings and add them to a data set. Called again, it goes on where it was.

    Args:
        recordings: files, or folders of them; also data sets in any format, with or without energies
        out: the data set; made if it is not there
        select: ``all``, ``stride:N``, ``random:N`` or ``fps:N``, see :class:`Selection`
        from_candidates: choose only among the frames that a network was not sure of
        seed: of a random selection
        theory: what to compute, PBE/def2-TZVP by default; a data set holds labels of one level of theory
        too_close: angstrom; nearer nuclei make a frame broken
        flown_apart: angstrom between fragments, likewise
        scheduler: address of a Dask cluster; None for this machine's cores
        workers: processes on this machine; None for one a core, fewer for what would not fit in memory
        retry_failed: compute failed labels again
        check_state: every so many labels the electronic state is checked with a range-separated hybrid; 0 for never
        options: how files in other programs' formats are read
        on_plan: called before the first label
        on_label: called after each
        stopped: asked often; when true, no more is started

    Raises:
        RecordingError: a file is neither a recording nor a data set, or is damaged
        InputError: the data set is of another theory, the theory can't be computed, or PySCF is not installed
        ConnectionFailed: the cluster can't be reached, or went away
    """
    theory = theory or Theory()
    if not theory.calculator and find_spec("pyscf") is None:
        raise InputError("Labels are computed by PySCF, and it is not installed: pip install pyscf.")
    selection = Selection.parse(select, seed)
    with Journal(out) as journal:
        there = out.exists() or journal_path(out).stat().st_size > 0
        data = datasets.read(out) if there else DataSet()
        if retry_failed:
            data = without_failures(data)
        opened = open_sources(recordings, too_close, flown_apart, from_candidates, options)
        sources = opened.frames
        if from_candidates and not any(len(source.sound) for source in sources):
            return Labelling(out, _planned(opened, 0, 0, theory, True), nothing_marked=True)
        plan = make_plan(data, sources, selection, theory, check_state)
        check(plan)
        note_selection(data, select, [Path(source.trajectory.source).name for source in sources])
        planned = _planned(opened, len(plan.tasks), plan.done, theory, _is_fast(theory))
        on_plan(planned)
        started, made = time.perf_counter(), Counter[bool]()
        names = {entry.key: entry.name for entry in data.trajectories}
        if plan.tasks:

            def report(task: LabelTask, made_label: Label) -> None:
                made[made_label.converged] += 1
                on_label(FinishedLabel(names[task.trajectory], task.frame, made_label))

            with connected(scheduler, workers, largest_need(plan.tasks)) as client:
                data = execute(client, plan, data, out, journal, report, stopped)
        else:
            mark_odd_states(data)
            datasets.write(data, out)
            journal.clear()
    total = sum(int(molecule.labelled.sum()) for molecule in data)
    odd = total - sum(int(molecule.learnable.sum()) for molecule in data)
    return Labelling(out, planned, made[True], made[False], time.perf_counter() - started, total, odd)


def count_labels(path: Path) -> tuple[int, int]:
    """Geometries in a data set, failed ones among them, and how many of them failed; 0 where there is none.

    Raises:
        InputError: it can't be read
    """
    if not path.exists() and not journal_path(path).exists():
        return 0, 0
    molecules = list(datasets.read(path))
    made = sum(len(molecule.labelled) for molecule in molecules)
    return made, made - sum(int(molecule.labelled.sum()) for molecule in molecules)


def _planned(
    opened: LabelSources,
    to_label: int,
    done: int,
    theory: Theory,
    fast: bool,
) -> PlannedLabels:
    aside: Counter[str] = Counter()
    for source in opened.frames:
        aside.update(source.trajectory.set_aside)
    frames = sum(source.trajectory.frames for source in opened.frames)
    imported = sum("imported" in source.trajectory.provenance for source in opened.frames)
    # Later runs of a recording are trajectories of their own.
    later = sum("first_frame" in source.trajectory.provenance for source in opened.frames)
    slow = () if fast or theory.calculator or not to_label else (SLOW.format(theory),)
    return PlannedLabels(
        len(opened.frames) - imported - later, imported, frames, dict(aside), opened.skipped, to_label, done,
        theory, (*opened.notes, *slow), fast,
    )  # fmt: skip


def _is_fast(theory: Theory) -> bool:
    """Whether the fast way computes a theory."""
    if theory.calculator:
        return False
    from atomtug.trainer.dft import fast
    from atomtug.trainer.dft.functional import parse_functional

    return fast.applicable(
        replace(theory, functional=parse_functional(theory.functional).exchange_correlation)
    )
