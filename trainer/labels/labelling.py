"""From recordings to a labelled data set: what to do, what is already done, and doing it."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from atomtug.core.errors import InputError
from atomtug.trainer import data as datasets
from atomtug.trainer.data import DataSet, Row
from atomtug.trainer.data.journal import Journal
from atomtug.trainer.dft.theory import Label, Theory
from atomtug.trainer.labels.frames import RecordedFrames
from atomtug.trainer.labels.odd_states import mark_odd_states
from atomtug.trainer.labels.run import LabelTask, run
from atomtug.trainer.labels.selection import Selection
from atomtug.trainer.labels.worker import Atoms, make_labeller

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True)
class LabelPlan:
    """What is to be labelled.

    Args:
        sources: the recordings, each with the name its molecule has in the data set
        tasks: geometries not labelled yet, neighbours together
        done: how many of the selected geometries have been labelled before
    """

    sources: dict[str, RecordedFrames]
    tasks: list[LabelTask]
    done: int


def make_plan(
    data: DataSet,
    sources: Iterable[RecordedFrames],
    selection: Selection,
    theory: Theory,
    check_state: int = 0,
) -> LabelPlan:
    """Select frames and leave out what the data set has.

    Args:
        data: what is there; molecules and trajectories are added
        sources: recordings
        selection: which frames
        theory: of the labels
        check_state: every so many labels the electronic state is checked; 0 for never

    Raises:
        InputError: the data set's labels are of another theory
    """
    if data.theory is not None and data.theory != theory:
        raise InputError(
            f"The data set holds labels of {data.theory}, not of {theory}: use another --out, "
            f"or the settings it was begun with."
        )
    data.theory = theory
    by_key: dict[str, RecordedFrames] = {}
    for source in sources:
        by_key.setdefault(source.trajectory.key, source)  # the same recording given twice counts once
    by_molecule: dict[str, list[str]] = {}
    for key, source in by_key.items():
        system = source.system
        name = data.home(system.name, system.numbers, system.charge, system.multiplicity)
        by_molecule.setdefault(name, []).append(key)
        entry = source.trajectory
        data.add_trajectory(type(entry)(**{**entry.to_plain(), "molecule": name}))
    known = data.known()
    tasks: list[LabelTask] = []
    done = 0
    for keys in by_molecule.values():
        chosen_from = [by_key[key] for key in keys]
        system = chosen_from[0].system
        atoms = Atoms(system.numbers, system.charge, system.multiplicity, theory)
        chosen = selection.choose(system.numbers, [source.positions[source.sound] for source in chosen_from])
        for key, source, picked in zip(keys, chosen_from, chosen, strict=True):
            for frame in source.sound[picked]:
                if (key, int(frame)) in known:
                    done += 1
                else:
                    checked = check_state > 0 and len(tasks) % check_state == check_state // 2
                    tasks.append(LabelTask(key, int(frame), atoms, source.positions[frame], checked))
    return LabelPlan(by_key, tasks, done)


def check(plan: LabelPlan) -> None:
    """See that the level of theory can be computed, before workers are started in vain.

    Raises:
        InputError: it can't
    """
    seen = {task.atoms.numbers.tobytes(): task.atoms for task in plan.tasks}
    for atoms in seen.values():
        make_labeller(atoms)


def without_failures(data: DataSet) -> DataSet:
    """The data set without its failed labels, so that they are computed again."""
    kept = [molecule.subset(molecule.labelled) for molecule in data]
    return DataSet(data.theory, data.trajectories, kept, data.attributes)


def execute(
    client: "Client",
    plan: LabelPlan,
    data: DataSet,
    path: Path,
    journal: Journal,
    on_label: Callable[[LabelTask, Label], None],
    stopped: Callable[[], bool] = lambda: False,
) -> DataSet:
    """Label what is planned, and put all into the file.

    Each label is in the journal, on disk, before the next is waited for; the file is written at the end, and
    also when something goes wrong on the way.

    Returns:
        The data set with the new labels.
    """
    journal.begin(data.theory or Theory())
    for entry in data.trajectories:
        if entry.key in plan.sources:
            molecule = data.molecules[entry.molecule]
            journal.trajectory(entry, molecule.numbers, molecule.charge, molecule.multiplicity)
    rows: list[Row] = []
    try:
        for task, label in run(client, plan.tasks, stopped):
            row = _row(plan.sources[task.trajectory], task, label)
            journal.row(row)
            rows.append(row)
            on_label(task, label)
    finally:
        data.add(rows)
        mark_odd_states(data)
        try:
            datasets.write(data, path)
        except InputError as error:
            raise InputError(
                f"{error} What is labelled is kept in {journal.path.name} beside it: make room, and run the same "
                f"command again."
            ) from error
        journal.clear()
    return data


def note_selection(data: DataSet, selection: str, sources: Sequence[str]) -> None:
    """Remember in the file how its frames were chosen."""
    runs = json.loads(data.attributes.get("selections", "[]"))
    entry = {"select": selection, "recordings": list(sources)}
    if entry not in runs:
        data.attributes["selections"] = json.dumps([*runs, entry])


def _row(source: RecordedFrames, task: LabelTask, label: Label) -> Row:
    return Row(
        trajectory=task.trajectory,
        frame=task.frame,
        positions=np.asarray(task.positions),
        label=label,
        engine=source.engines[task.frame],
        engine_energy=float(source.engine_energies[task.frame]),
        engine_forces=source.engine_forces[task.frame],
    )
