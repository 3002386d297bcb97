"""Trajectories from one geometry on one engine: their starts, and what moves them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.systems import System
from atomtug.core.units import FS
from atomtug.server.engines import CompilableEngine, Engine
from atomtug.swarm.courses import Course, run_one_by_one
from atomtug.swarm.modes import Modes, hessian, normal_modes
from atomtug.swarm.options import SwarmOptions
from atomtug.swarm.starts import Start, quasi_classical_start, thermal_start


class SwarmBlock(NamedTuple):
    """Trajectories that are made together: ``frame`` is the recording's, ``numbers`` are theirs."""

    frame: int
    numbers: tuple[int, ...]


class Launcher:
    """Makes trajectories of one set of atoms.

    Args:
        engine: made for the atoms
        system: the atoms
        options: how
    """

    def __init__(self, engine: Engine, system: System, options: SwarmOptions) -> None:
        self._engine, self._system, self._options = engine, system, options
        self._modes: dict[int, Modes] = {}
        self._guard, self._evaluator = np.inf, None
        """eV of uncertainty beyond which the engine knows nothing; what batches are made with, if they can be."""
        if isinstance(engine, CompilableEngine):
            self._guard = engine.guard
            self._evaluator = engine.evaluator if engine.evaluator.fixed_candidates else None

    @property
    def size(self) -> int:
        """How many trajectories are made together."""
        if self._evaluator is None:
            return 1
        from atomtug.swarm.batched import BATCH

        return BATCH

    def run(self, block: SwarmBlock, positions: Floats) -> list[Course]:
        """The trajectories of a block.

        Args:
            block: which
            positions: (N, 3) angstrom, of their frame

        Raises:
            EngineError: no result for the frame
        """
        starts = [self._start(block.frame, positions, number) for number in block.numbers]
        options, masses = self._options, self._system.masses
        if self._evaluator is not None:
            from atomtug.swarm.batched import run_batch

            return run_batch(
                self._evaluator, starts, masses, options.timestep * FS, options.steps, self._guard
            )
        return run_one_by_one(self._engine, starts, masses, options.timestep * FS, options.steps, self._guard)

    def _start(self, frame: int, positions: Floats, number: int) -> Start:
        options, masses = self._options, self._system.masses
        random = np.random.default_rng([options.seed, frame, number])
        if options.velocities == "thermal":
            return thermal_start(positions, masses, options.temperature, random)
        if frame not in self._modes:
            self._engine.forget()
            second = hessian(lambda moved: self._engine.evaluate(moved).forces, positions)
            self._modes[frame] = normal_modes(second, positions, masses)
        return quasi_classical_start(positions, masses, self._modes[frame], options.temperature, random)


def plan_blocks(wanted: Sequence[tuple[int, int]], done: set[tuple[int, int]], size: int) -> list[SwarmBlock]:
    """The trajectories that are still to be made.

    Args:
        wanted: frames, each with a number of trajectories; of a frame named twice, the larger number counts
        done: frame and number of those that were made
        size: how many are made together
    """
    counts: dict[int, int] = {}
    for frame, count in wanted:
        counts[frame] = max(count, counts.get(frame, 0))
    blocks = []
    for frame, count in counts.items():
        left = [number for number in range(count) if (frame, number) not in done]
        blocks += [SwarmBlock(frame, tuple(left[a : a + size])) for a in range(0, len(left), size)]
    return blocks
