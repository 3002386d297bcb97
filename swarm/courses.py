"""A trajectory at constant energy, and one after the other on any engine. Units are ASE's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError
from atomtug.server.dynamics.integrators import (
    MAX_DISPLACEMENT,
    Motion,
    displacement_error,
    kinetic_energy,
    velocity_verlet,
)
from atomtug.server.engines import Engine, EngineResult
from atomtug.swarm.starts import Start

EVERY = 20
"""Steps between two geometries that are kept."""


@dataclass(frozen=True)
class Course:
    """One trajectory; S geometries, N atoms.

    Args:
        positions: (S, N, 3) angstrom; the first is the start, the last the end
        velocities: (N, 3) at the end
        total_energy: eV, kinetic and potential, at the start
        potential_energy: eV, at the end
        uncertainty: eV, the largest on the way; 0 where the engine gives none
        doubtful: (N, 3) angstrom, where it was the largest
        stopped: why it ended too early, a clause; empty if it did not
    """

    positions: Floats
    velocities: Floats
    total_energy: float
    potential_energy: float
    uncertainty: float
    doubtful: Floats
    stopped: str


def run_one_by_one(
    engine: Engine, starts: Sequence[Start], masses: Floats, timestep: float, steps: int, guard: float
) -> list[Course]:
    """Trajectories one after the other.

    Args:
        engine: made for the atoms
        starts: of each
        masses: (N,) amu
        timestep: ASE time units
        steps: of each
        guard: eV of uncertainty beyond which the engine knows nothing, and a trajectory is stopped
    """
    return [_run_one(engine, start, masses[:, None], timestep, steps, guard) for start in starts]


def _run_one(
    engine: Engine, start: Start, masses: Floats, timestep: float, steps: int, guard: float
) -> Course:
    engine.forget()
    worst = _Worst(start.positions)
    last: list[EngineResult] = []

    def force(positions: Floats) -> Floats:
        result = engine.evaluate(positions)
        worst.see(result, positions)
        last[:] = [result]
        return result.forces

    motion = Motion(*start, np.zeros_like(start.positions))
    kept, total, stopped = [start.positions], np.nan, ""
    try:
        motion = motion._replace(forces=force(start.positions))
        total = last[0].energy + kinetic_energy(start.velocities, masses)
        potential = last[0].energy
        for number in range(1, steps + 1):
            after = velocity_verlet(motion, force, timestep, masses)
            moved = float(np.max(np.abs(after.positions - motion.positions)))
            if moved > MAX_DISPLACEMENT:
                raise displacement_error(moved)
            if worst.uncertainty > guard:
                stopped = "the network knows nothing of where the atoms were going"
                break
            motion, potential = after, last[0].energy
            if number % EVERY == 0:
                kept.append(motion.positions)
    except EngineError as error:
        stopped = str(error).rstrip(".")
        potential = last[0].energy if last else np.nan
    if kept[-1] is not motion.positions:
        kept.append(motion.positions)
    return Course(
        np.array(kept), motion.velocities, total, potential, worst.uncertainty, worst.positions, stopped
    )


class _Worst:
    """Where an engine was the least certain."""

    def __init__(self, positions: Floats) -> None:
        self.uncertainty = 0.0
        self.positions = positions

    def see(self, result: EngineResult, positions: Floats) -> None:
        if result.uncertainty is not None and result.uncertainty > self.uncertainty:
            self.uncertainty, self.positions = result.uncertainty, positions.copy()
