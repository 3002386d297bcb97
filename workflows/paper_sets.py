"""The paper's training sets 1 to 6: trained on our labels and judged on trajectories that none of them saw."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from atomtug.core.errors import InputError
from atomtug.core.shipped import MODEL_SUFFIX, find_model
from atomtug.core.systems import load_system
from atomtug.potential import Model, load_model, save_model
from atomtug.trainer.data import DataSet, read
from atomtug.trainer.evaluation.table1 import Judge, PlannedSet, Table1, TrainedSet, TrajectoryScores
from atomtug.trainer.fit import gather
from atomtug.trainer.fit.settings import TABLE1, Settings
from atomtug.trainer.teacher import TeachingSettings
from atomtug.workflows.training import train

TAUGHT = Settings(
    hidden=(64, 64), r_cut=4.8, r_angular=3.0, n_radial=12, epochs=60, learning_rate=0.004, validation=0.0
)
"""Settings of trainings with a teacher but the seed: descriptor, networks and learning rate of `alkanes`."""
TEACHING = TeachingSettings()
TEACHERS: Mapping[str, tuple[str, ...]] = {
    "gfn2": (),
    "gfn2-chains": ("CCC + CN", "CCCCC + CN", "CCCCCC + CN", "CC(C)CCCC(C)C + CN"),
}
"""GFN2-xTB as the teacher: name -> systems that it makes geometries of, besides the set's own molecules."""
TAUGHT_SETS = (4, 5, 6)
"""The paper's sets that are trained with a teacher, too."""
MOST_AT_ONCE = 4
"""Trainings, one for each core: the products of a step are too small for several cores."""


@dataclass(frozen=True)
class JudgedSets:
    """What trainings of the paper's sets came to.

    Args:
        runs: a training each
        models: by name, what other models are worth by the same tests
    """

    runs: tuple[TrainedSet, ...]
    models: Mapping[str, TrajectoryScores]


def train_sets(
    data: Sequence[Path],
    tests: Sequence[Path],
    settings: Settings = TABLE1,
    *,
    sets: Sequence[int] = (1, 2, 3, 4, 5, 6),
    sizes: Sequence[int] = (600,),
    seeds: int = 3,
    teachers: Sequence[str] = (),
    models: Sequence[Path] = (),
    results: Sequence[Path] = (),
    keep_models: Path | None = None,
    keep_results: Path | None = None,
    beside: Sequence[str | Path] = (),
    on_training: Callable[[int], object] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> JudgedSets:
    """Train sets with several seeds. With several sizes it is a learning curve, of the first set alone.

    Args:
        data: files of labels to draw from
        tests: files of labels of held-out trajectories
        settings: of the trainings without a teacher
        sets: which of the paper's
        sizes: geometries in a set
        seeds: trainings of each set
        teachers: of :data:`TEACHERS`, by which those of the sets that are in :data:`TAUGHT_SETS` are trained, too;
            what such trainings came to before is among the results in any case
        models: folders of models from before: those of the same data and settings are judged, not trained again
        results: files of results from before: those of the same data, tests and settings are taken as they are
        keep_models: folder for the models; None to keep none
        keep_results: file that every result is added to
        beside: other models, files or names of those that come with atomtug, to be judged by the same tests
        on_training: called after each training with the number of all that were to be done
        stopped: asked after each epoch whether to stop; what is trained by then is kept, what is under way is not

    Returns:
        what they came to; where it was stopped, those that were done, and no other models

    Raises:
        InputError: a file can't be used, or a molecule of a set has no labels
    """
    learned, judged = [read(path) for path in data], [read(path) for path in tests]
    names = {entry.key: entry.name for each in (*learned, *judged) for entry in each.trajectories}
    theory = next((each.theory.to_json() for each in learned if each.theory), "")
    judge, samples = Judge(gather(judged), names), gather(learned)
    trainings = {"": Table1(samples, judge, settings, theory)}
    for name in TEACHERS:
        taught = replace(TAUGHT, seed=settings.seed)
        trainings[name] = Table1(samples, judge, taught, theory, _teaching(name))
    numbers = sets if len(sizes) == 1 else sets[:1]
    plan = [
        PlannedSet(number, size, seed, name)
        for name in trainings
        for seed in range(seeds)
        for number in numbers
        for size in sizes
        if not name or (number in TAUGHT_SETS and len(sizes) == 1)
    ]
    done: dict[PlannedSet, TrainedSet] = {}
    for path in results:
        for name, each in trainings.items():
            done.update((PlannedSet(run.number, run.size, run.seed, name), run) for run in each.known(path))
    missing = []
    for planned in plan:
        if planned in done:
            continue
        found = _from_before(trainings[planned.variant], planned, models)
        if found is not None:
            done[planned] = found
            _add(found, keep_results)
        elif planned.variant in ("", *teachers):
            missing.append(planned)
    stopping = Event()

    def is_stopping() -> bool:
        if stopped():
            stopping.set()
        return stopping.is_set()

    def train_one(planned: PlannedSet) -> tuple[TrainedSet, Model]:
        if not planned.variant:
            return trainings[""].train(planned, is_stopping)
        return _train_taught(trainings[planned.variant], planned, learned, is_stopping)

    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(os.sched_getaffinity(0)))) as pool:
        try:
            for planned, (finished, model) in zip(missing, pool.map(train_one, missing), strict=True):
                if is_stopping():
                    break
                done[planned] = finished
                _add(finished, keep_results)
                if keep_models is not None:
                    keep_models.mkdir(parents=True, exist_ok=True)
                    save_model(model, keep_models / _file_name(planned))
                on_training(len(missing))
        finally:
            stopping.set()  # by an error or Ctrl-C some are left running
    others = (
        {}
        if stopped()
        else {
            Path(each).name.removesuffix(MODEL_SUFFIX): judge.judge(load_model(find_model(each)))
            for each in beside
        }
    )
    return JudgedSets(tuple(done[planned] for planned in plan if planned in done), others)


def _teaching(name: str) -> dict[str, Any]:
    """How a teacher teaches, as JSON can hold it; the seed is that of the training."""
    plain = {key: value for key, value in asdict(TEACHING).items() if key != "seed"}
    return {"teacher": name, **plain, "systems": list(TEACHERS[name])}


def _train_taught(
    trainings: Table1, planned: PlannedSet, data: Sequence[DataSet], stop: Callable[[], bool]
) -> tuple[TrainedSet, Model]:
    settings = trainings.seeded(planned.seed)
    with TemporaryDirectory() as folder:
        training = train(
            data, Path(folder) / _file_name(planned), settings, training_set=planned.number, size=planned.size,
            teaching=replace(TEACHING, seed=settings.seed), stopped=stop,
            systems=[load_system(name) for name in TEACHERS[planned.variant]],
        )  # fmt: skip
    return trainings.finish(planned, training.fitted.model)


def _file_name(planned: PlannedSet) -> str:
    seed = f"-seed-{planned.seed}" if planned.seed else ""
    size = f"-{planned.size}" if planned.size != 600 else ""
    variant = f"-{planned.variant}" if planned.variant else ""
    return f"set-{planned.number}{size}{variant}{seed}{MODEL_SUFFIX}"


def _from_before(trainings: Table1, planned: PlannedSet, folders: Sequence[Path]) -> TrainedSet | None:
    for folder in folders:
        path = folder / _file_name(planned)
        if path.is_file() and (found := trainings.judged(planned, load_model(path))):
            return found
    return None


def _add(finished: TrainedSet, results: Path | None) -> None:
    if results is None:
        return
    try:
        results.parent.mkdir(parents=True, exist_ok=True)
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(finished.to_plain()) + "\n")
    except OSError as error:
        raise InputError(f"{results} can't be written: {error}") from error
