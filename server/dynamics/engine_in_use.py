"""An engine as one simulation uses it: compiled where it is a network, and no further than it knows."""

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.electrons import ElectronicStructure
from atomtug.core.errors import EngineError
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.uncertainty import unsure_error
from atomtug.server.engines import (
    CompilableEngine,
    ElectronicEngine,
    Engine,
    EngineResult,
    MultipleTimeStepping,
)
from atomtug.server.engines.multiple_time_steps import check_outer_step

if TYPE_CHECKING:  # they load JAX, which only networks need
    from atomtug.potential.force_spread import ForceSpread
    from atomtug.server.dynamics.compiled_dynamics import CompiledDynamics


class EngineInUse:
    """An engine that is asked in the best way that it offers.

    Args:
        engine: made for the atoms
        masses: (N,) amu
    """

    def __init__(self, engine: Engine, masses: Floats) -> None:
        self._engine = engine
        self._guard = np.inf
        self.slots = 0
        """Interactions that a compiled call has room for."""
        self.compiled: CompiledDynamics | None = None
        """Many MD steps in one call; None where the engine is asked step by step."""
        self.evaluate = engine.evaluate
        """As :meth:`Engine.evaluate`."""
        if isinstance(engine, CompilableEngine) and engine.evaluator.fixed_candidates:
            # Imported when it is needed: JAX takes a second, and memory that other engines needn't pay.
            from atomtug.server.dynamics import compiled_dynamics

            self.slots = compiled_dynamics.MAX_INTERACTIONS
            self.compiled = compiled_dynamics.CompiledDynamics(engine.evaluator, masses)
            self.evaluate = self.compiled.evaluate
        self._force_spread = self._find_force_spread()

    def _find_force_spread(self) -> "ForceSpread | None":
        """What tells the uncertainty of the forces, of a committee of networks."""
        engine = self._engine
        if not isinstance(engine, CompilableEngine) or engine.evaluator.model.architecture.members < 2:
            return None
        from atomtug.potential.force_spread import ForceSpread

        return ForceSpread(engine.evaluator.model, (self.compiled or engine.evaluator).forces_by)

    def check(self, settings: DynamicsSettings) -> None:
        """See whether the engine can be used with these.

        Raises:
            EngineError: it can't
        """
        if isinstance(self._engine, MultipleTimeStepping):
            check_outer_step(self._engine.mts_name, settings.timestep)

    def set_guard(self, guard: float) -> None:
        """Results whose uncertainty is beyond ``guard`` eV don't count, see :meth:`check_sure`."""
        self._guard = guard
        if self.compiled is not None:
            self.compiled.guard = guard

    def check_sure(self, result: EngineResult, share: float = 1.0) -> None:
        """See whether a result counts.

        Args:
            result: at the geometry in question
            share: of the guard, up to which it does

        Raises:
            UnsureError: the engine knows too little of the geometry
        """
        if result.uncertainty is not None and result.uncertainty > share * self._guard:
            raise unsure_error(result.uncertainty)

    def step(self, positions: Floats, relaxes: bool) -> EngineResult:
        """As :meth:`evaluate`, for the next step of the dynamics.

        Args:
            positions: (N, 3) angstrom
            relaxes: whether atoms run downhill, where impulses have no meaning

        Raises:
            UnsureError: the engine knows too little of the geometry
            EngineError: no trustworthy result
        """
        if isinstance(self._engine, MultipleTimeStepping) and not relaxes:
            result = self._engine.step(positions)
        else:
            result = self.evaluate(positions)
        self.check_sure(result)
        return result

    def rehearse(self, positions: Floats) -> None:
        """Evaluate once at ``positions`` (N, 3) angstrom and forget the result, so that the next evaluation near
        them is quick. A failure is ignored: the atoms will be somewhere else by then."""
        with contextlib.suppress(EngineError):
            self.evaluate(positions)

    def atomic_uncertainty(self, step: int, positions: Floats, result: EngineResult) -> Floats | None:
        """(N,) eV/angstrom, of the force on each atom; None where it is not known.

        Args:
            step: MD steps of the trajectory so far
            positions: (N, 3) angstrom
            result: there
        """
        if result.atomic_uncertainty is not None or self._force_spread is None:
            return result.atomic_uncertainty
        return self._force_spread.follow(step, positions, result.forces)

    def electronic_structure(self) -> ElectronicStructure | None:
        """As :meth:`ElectronicEngine.electronic_structure`; None for other engines."""
        return self._engine.electronic_structure() if isinstance(self._engine, ElectronicEngine) else None
