"""Which frames of a running session may be labelled: those that its network was not sure of."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import KJMOL_NM_PER_FORCE, KJMOL_PER_EV
from atomtug.trainer.labels.candidates import Candidate, CandidatePool
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.wire import frame_keys
from atomtug.workflows.live_labels import LiveLabels, LiveMolecule

APART = 0.007
"""Picoseconds between two candidates where every frame is looked at: neighbours are nearly alike."""
LOST = 100.0
"""kJ/mol; where the members are farther apart the network has led the atoms to where no hand would: hundreds of
kcal/mol up, and of no use to what is learned next."""


def is_of_use(frame: ClientFrame, engine: str) -> bool:
    """Whether a network was not sure of a frame, and might learn from it; ``engine`` is its name at the server."""
    return (
        bool(frame.get(frame_keys.ENGINE_UNSURE))
        and frame.get(frame_keys.ENGINE_NAME) == engine
        and float(frame.get(frame_keys.ENGINE_UNCERTAINTY, 0.0)) <= LOST
    )


class LiveCandidates:
    """The candidates of what is simulated now; those of another molecule are dropped with it.

    Args:
        labels: that there are, whose geometries are known
        every_frame: whether every frame of a simulation is looked at, and not ten a second
        seed: of everything random
    """

    def __init__(self, labels: LiveLabels, every_frame: bool, seed: int) -> None:
        self._labels = labels
        self._every_frame = every_frame
        self._seed = seed
        self.molecule: LiveMolecule | None = None
        """Of the candidates; None before the first."""
        self.pool: CandidatePool | None = None
        """The candidates; None before the first."""
        self._next_numbers: dict[str, int] = {}
        """By the molecule's key. One that comes again is counted on: labels of it may still be under way."""
        self._taken_at = (-1, 0.0)
        """Which simulation the last candidate came from, and when in it, ps."""

    def __len__(self) -> int:
        return len(self.pool or ())

    def watch(self, frame: ClientFrame, status: dict[str, Any], engine: str) -> None:
        """Take a frame as a candidate if the network was not sure of it.

        Args:
            frame: as the client has it
            status: the server's answer to ``engine/status``; empty before the first
            engine: the name of the network that learns
        """
        if not frame.count or not status or not is_of_use(frame, engine):
            return
        pool = self._pool_of(frame, status)
        molecule = self.molecule
        if pool is None or molecule is None or not self._is_apart(frame):
            return
        energy = frame.potential_energy - float(frame.get(frame_keys.ENGINE_ENERGY_OFFSET, 0.0))
        forces = frame.get(frame_keys.PARTICLE_FORCES_SYSTEM, ())
        candidate = Candidate(
            self._next_numbers[molecule.key],
            frame.positions,
            engine,
            energy / KJMOL_PER_EV,
            _in_threes(forces) / KJMOL_NM_PER_FORCE,
        )
        if pool.add(candidate):
            self._next_numbers[molecule.key] = candidate.frame + 1

    def clear(self) -> None:
        """Drop them all: another network computes, and is not sure of other frames."""
        if self.pool is not None:
            self.pool.clear()

    def _is_apart(self, frame: ClientFrame) -> bool:
        """Whether a frame is not just after the last candidate."""
        now = (
            int(frame.get(frame_keys.SIMULATION_COUNTER, 0)),
            float(frame.get(frame_keys.SIMULATION_TIME, 0.0)),
        )
        same_run = now[0] == self._taken_at[0]
        if self._every_frame and same_run and 0.0 <= now[1] - self._taken_at[1] < APART:
            return False
        self._taken_at = now
        return True

    def _pool_of(self, frame: ClientFrame, status: dict[str, Any]) -> CandidatePool | None:
        """The candidates of what is simulated now; None as long as the server has not said what that is."""
        if frame.get(frame_keys.SIMULATION_NAME) != status["system"]:
            return None
        molecule = LiveMolecule(
            str(status["system"]), frame.numbers, int(status["charge"]), int(status["multiplicity"])
        )
        if self.pool is None or self.molecule is None or self.molecule.key != molecule.key:
            self.molecule = molecule
            self._next_numbers.setdefault(molecule.key, self._labels.first_frame(molecule))
            self.pool = CandidatePool(molecule.numbers, self._seed)
            self._labels.tell(self.pool, molecule)
        return self.pool


def _in_threes(values: Iterable[float]) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(-1, 3)
