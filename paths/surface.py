"""The potential energy surface of some atoms on one engine, and relaxing on it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ase
import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.optimize import BFGS

from atomtug.core.arrays import Floats
from atomtug.core.systems import System
from atomtug.paths.journal import EvaluationJournal
from atomtug.server.engines import CompilableEngine, Engine, EngineResult

RELAXED = 0.01
"""eV/angstrom; largest force on an atom of a minimum."""
LONGEST_STEP = 0.08
"""angstrom that an atom moves in a step of a relaxation, at most: a barrier should not be jumped over."""

Restraint = Callable[[Floats], tuple[float, Floats]]
"""(N, 3) angstrom -> energy (eV) and forces (N, 3) (eV/angstrom) that are added to the engine's."""


class PathStopped(Exception):
    """The user asked to stop; all that was computed is in the journal."""


@dataclass(frozen=True)
class PathPoint:
    """A geometry of a path.

    Args:
        positions: (N, 3) angstrom
        energy: eV
        forces: (N, 3) eV/angstrom
        uncertainty: eV; None where the engine gives none
    """

    positions: Floats
    energy: float
    forces: Floats
    uncertainty: float | None = None

    @property
    def largest_force(self) -> float:
        """eV/angstrom, of an atom."""
        return float(np.linalg.norm(self.forces, axis=1).max())


class KeptEngine:
    """An engine that is asked only for what the journal does not know.

    Args:
        make: makes the engine, when it is first needed
        journal: what is known
        on_evaluation: called before each result; may raise :class:`PathStopped`
    """

    def __init__(
        self, make: Callable[[], Engine], journal: EvaluationJournal, on_evaluation: Callable[[], object]
    ) -> None:
        self._make, self._journal, self._on_evaluation = make, journal, on_evaluation

    @cached_property
    def _engine(self) -> Engine:
        return self._make()

    @property
    def name(self) -> str:
        """The engine's."""
        return self._engine.name

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """The engine's."""
        return self._engine.settings

    def evaluate(self, positions: Floats) -> EngineResult:
        """Energy and forces at (N, 3) angstrom.

        Raises:
            EngineError: no trustworthy result for this geometry
            PathStopped: the user asked to stop
        """
        self._on_evaluation()
        result = self._journal.find(positions)
        if result is None:
            result = self._engine.evaluate(positions)
            self._journal.add(positions, result)
        return result

    def forget(self) -> None:
        """Drop what the engine keeps from one geometry to the next; the journal stays."""
        if "_engine" in self.__dict__:
            self._engine.forget()


class Surface:
    """The potential energy surface of some atoms.

    Args:
        system: atoms, charge, multiplicity
        make: makes an engine for them
        journal: what is known of it
        on_evaluation: called before each result; may raise :class:`PathStopped`
    """

    def __init__(
        self,
        system: System,
        make: Callable[[], Engine],
        journal: EvaluationJournal,
        on_evaluation: Callable[[], object] = lambda: None,
    ) -> None:
        self.system = system
        self._make, self._journal, self._on_evaluation = make, journal, on_evaluation

    @cached_property
    def _first(self) -> Engine:
        return self._make()

    def engine(self) -> KeptEngine:
        """An engine of one's own: what it keeps from one geometry to the next, a density, is not shared.

        A network keeps nothing, and is made once.
        """
        return KeptEngine(self._one_more, self._journal, self._on_evaluation)

    def _one_more(self) -> Engine:
        return self._first if isinstance(self._first, CompilableEngine) else self._make()


def point_at(engine: Engine, positions: Floats) -> PathPoint:
    """The geometry (N, 3) angstrom with its energy and forces.

    Raises:
        EngineError: the engine has no result
    """
    result = engine.evaluate(positions)
    return PathPoint(np.array(positions), result.energy, result.forces, result.uncertainty)


class EngineCalculator(Calculator):
    """An engine as ASE's optimisers want it.

    Args:
        engine: made for the atoms
        restraint: added to its energy and forces
    """

    implemented_properties = ["energy", "free_energy", "forces"]  # noqa: RUF012 (as ASE declares it)

    def __init__(self, engine: Engine, restraint: Restraint | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._engine, self._restraint = engine, restraint

    def calculate(
        self,
        atoms: Any = None,
        properties: Sequence[str] = ("energy", "forces"),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """As ASE calls it.

        Raises:
            EngineError: the engine has no result
        """
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        result = self._engine.evaluate(np.array(atoms.positions))
        energy, forces = result.energy, result.forces
        if self._restraint is not None:
            added, more = self._restraint(atoms.positions)
            energy, forces = energy + added, forces + more
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}


def as_atoms(system: System, positions: Floats, engine: Engine, restraint: Restraint | None = None) -> Any:
    """:class:`ase.Atoms` at (N, 3) angstrom on an engine."""
    make_atoms: Any = ase.Atoms
    atoms = make_atoms(system.numbers, positions, masses=system.masses)
    atoms.calc = EngineCalculator(engine, restraint)
    return atoms


def relax(
    system: System,
    engine: Engine,
    positions: Floats,
    force: float = RELAXED,
    steps: int = 200,
    restraint: Restraint | None = None,
) -> Floats:
    """(N, 3) angstrom, downhill from (N, 3) in small steps, until forces are small or ``steps`` are made.

    Two molecules beside each other may move far on nearly no force: they need not come to rest.

    Args:
        system: the atoms
        engine: made for them
        positions: where to begin
        force: eV/angstrom, the largest on an atom at a minimum
        steps: at most
        restraint: added to the engine's energy and forces

    Raises:
        EngineError: the engine has no result
    """
    atoms = as_atoms(system, positions, engine, restraint)
    BFGS(atoms, logfile=os.devnull, maxstep=LONGEST_STEP).run(force, steps)
    return np.array(atoms.positions)
