"""The paper's training sets 1 to 6: trained on our labels and judged on trajectories that none of them saw."""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from atomtug.core.errors import InputError
from atomtug.potential import save_model
from atomtug.trainer.data import read
from atomtug.trainer.evaluation.table1 import PlannedSet, Table1, TrainedSet
from atomtug.trainer.fit import gather
from atomtug.trainer.fit.settings import TABLE1, Settings

MOST_AT_ONCE = 4
"""Trainings, one for each core: the products of a step are too small for several cores."""


def train_sets(
    data: Sequence[Path],
    tests: Sequence[Path],
    settings: Settings = TABLE1,
    *,
    sets: Sequence[int] = (1, 2, 3, 4, 5, 6),
    sizes: Sequence[int] = (600,),
    seeds: int = 3,
    models: Path | None = None,
    results: Path | None = None,
    on_training: Callable[[int], object] = lambda _: None,
) -> list[TrainedSet]:
    """Train sets with several seeds. With several sizes it is a learning curve, of the first set alone.

    Args:
        data: files of labels to draw from
        tests: files of labels of held-out trajectories
        settings: of all trainings
        sets: which of the paper's
        sizes: geometries in a set
        seeds: trainings of each set
        models: folder for the models of the first seed; None to keep none
        results: file that every finished training is added to; those in it of the same data and settings are not
            done again
        on_training: called after each training with the number of all that were to be done

    Raises:
        InputError: a file can't be used, or a molecule of a set has no labels
    """
    learned, judged = [read(path) for path in data], [read(path) for path in tests]
    names = {entry.key: entry.name for each in (*learned, *judged) for entry in each.trajectories}
    theory = next((each.theory.to_json() for each in learned if each.theory), "")
    trainings = Table1(gather(learned), gather(judged), names, settings, theory)
    numbers = sets if len(sizes) == 1 else sets[:1]
    plan = [PlannedSet(number, size, seed) for seed in range(seeds) for number in numbers for size in sizes]
    known = list(trainings.known(results)) if results else []
    done = {PlannedSet(each.number, each.size, each.seed): each for each in known}
    missing = [planned for planned in plan if planned not in done]
    stopping = Event()
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(os.sched_getaffinity(0)))) as pool:
        try:
            trained = pool.map(lambda planned: trainings.train(planned, stopping.is_set), missing)
            for planned, (finished, model) in zip(missing, trained, strict=True):
                done[planned] = finished
                if results is not None:
                    _add(finished, results)
                if models is not None and planned.seed == 0:
                    suffix = f"-{planned.size}" if len(sizes) > 1 else ""
                    models.mkdir(parents=True, exist_ok=True)
                    save_model(model, models / f"set-{planned.number}{suffix}.safetensors")
                on_training(len(missing))
        finally:
            stopping.set()  # by an error or Ctrl-C some are left running
    return [done[planned] for planned in plan]


def _add(finished: TrainedSet, results: Path) -> None:
    try:
        results.parent.mkdir(parents=True, exist_ok=True)
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(finished.to_plain()) + "\n")
    except OSError as error:
        raise InputError(f"{results} can't be written: {error}") from error
