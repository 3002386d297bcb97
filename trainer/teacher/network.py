"""A network as the teacher: what it knows of geometries that no label has."""

from collections.abc import Callable, Sequence

import numpy as np

from atomtug.core.errors import EngineError
from atomtug.potential import Evaluator, Model
from atomtug.trainer.teacher.gfn2 import Computed, Task


def compute_by_network(
    model: Model, tasks: Sequence[Task], advance: Callable[[int], object] = lambda _: None
) -> list[Computed]:
    """Energies and forces of some geometries; NaN where the network refuses one.

    Args:
        model: the network
        tasks: the geometries
        advance: called with the number of geometries that were just computed
    """
    evaluators: dict[bytes, Evaluator] = {}
    results = []
    for task in tasks:
        key = task.numbers.tobytes()
        if key not in evaluators:
            evaluators[key] = Evaluator(model, task.numbers)
        energies = np.full(len(task.positions), np.nan)
        forces = np.full(task.positions.shape, np.nan)
        for index, positions in enumerate(task.positions):
            try:
                prediction = evaluators[key].evaluate(positions)
            except EngineError:
                continue
            energies[index], forces[index] = prediction.energy, prediction.forces
        results.append(Computed(energies, forces))
        advance(len(task.positions))
    return results
