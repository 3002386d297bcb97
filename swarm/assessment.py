"""From trajectories to what is kept of each."""

from contextlib import suppress

from atomtug.core.errors import EngineError
from atomtug.core.systems import System
from atomtug.core.systems.bonds import Pairs
from atomtug.core.units import KJMOL_PER_EV
from atomtug.recordings.reactions import Pair, as_set
from atomtug.server.engines import Engine
from atomtug.swarm.courses import Course
from atomtug.swarm.journal import SwarmJournal, SwarmRecord
from atomtug.swarm.outcomes import final_bonds, judge
from atomtug.swarm.shares import RelaxedApart


class Assessor:
    """Says what became of trajectories.

    Args:
        system: the atoms
        engine: made for them
        reactants: (B, 2) bonds before the reaction
        limit: kJ/mol, beyond which the engine is unsure; 0 for never
        journal: keeps the relaxed molecules that energies are counted from, also those of an earlier call
    """

    def __init__(
        self, system: System, engine: Engine, reactants: Pairs, limit: float, journal: SwarmJournal
    ) -> None:
        self._system, self._engine, self._reactants = system, engine, reactants
        self._limit = limit
        self._journal = journal
        self._apart: dict[tuple[Pair, ...], RelaxedApart | None] = {}

    def record(self, frame: int, number: int, course: Course, with_shares: bool) -> SwarmRecord:
        """What is kept of a trajectory.

        Args:
            frame: index of the recording's frame where it began
            number: of the trajectory
            course: the trajectory
            with_shares: whether to work out where its energy went
        """
        pairs = final_bonds(self._system.numbers, course.positions)
        bonds = tuple(sorted(as_set(pairs)))
        kind = judge(self._system.numbers, self._reactants, pairs) if not course.stopped else "stopped"
        uncertainty = course.uncertainty * KJMOL_PER_EV
        unsure = bool(self._limit) and uncertainty > self._limit
        shares = None
        vibrations: tuple[int, ...] = ()
        if with_shares and kind in ("returned", "reacted"):
            apart = self._relaxed_apart(bonds, pairs, course)
            if apart is not None:
                # Without a result for one molecule the trajectory still counts, only its energy is not shared out.
                with suppress(EngineError):
                    shares = apart.shares(
                        course.positions[-1], course.velocities, course.potential_energy, course.total_energy
                    )
                    vibrations = apart.vibrations
        return SwarmRecord(
            frame,
            number,
            kind,
            bonds,
            uncertainty,
            course.doubtful.tolist() if unsure else None,
            shares,
            vibrations,
            course.stopped,
        )

    def _relaxed_apart(self, bonds: tuple[Pair, ...], pairs: Pairs, course: Course) -> RelaxedApart | None:
        """The molecules of an outcome far apart; None if the engine has no result for them."""
        if bonds not in self._apart:
            known = self._journal.apart.get(bonds)
            try:
                apart = RelaxedApart(self._system, self._engine, course.positions[-1], pairs, known)
            except EngineError:
                self._apart[bonds] = None
            else:
                self._apart[bonds] = apart
                if known is None:
                    self._journal.add_apart(bonds, apart.positions)
        return self._apart[bonds]
