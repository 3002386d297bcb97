"""MD steps on a network by :mod:`atomtug.server.dynamics.compiled_loop`: many in a call, or an evaluation alone."""

from typing import NamedTuple

import jax
import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError
from atomtug.core.units import BOLTZMANN, FS, PS
from atomtug.potential import Evaluator
from atomtug.potential.network import LaterLayers
from atomtug.server.dynamics.compiled_loop import LoopCheck, LoopParameters, LoopState, run_steps
from atomtug.server.dynamics.integrators import MAX_DISPLACEMENT, Motion, displacement_error
from atomtug.server.dynamics.interaction_arrays import InteractionArrays
from atomtug.server.dynamics.interaction_forces import InteractionForces
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.uncertainty import unsure_error
from atomtug.server.dynamics.wall import Confinement
from atomtug.server.engines import EngineResult

MAX_STEPS = 64
"""Steps in one compiled call."""
MAX_INTERACTIONS = 8
"""Interactions in one compiled call; with more, the simulation goes step by step."""


NOWHERE = Confinement(np.zeros(3), np.inf, 0.0)
"""Neither wall nor restraint."""


class CompiledSteps(NamedTuple):
    """Several MD steps: ``steps`` how many; ``positions`` and ``velocities`` (N, 3) after them; ``work`` eV that the
    interactions did; ``evaluation`` at these positions; ``members`` (M,) eV there, without reference energies."""

    steps: int
    positions: Floats
    velocities: Floats
    work: float
    evaluation: EngineResult
    members: Floats


class CompiledDynamics:
    """The dynamics of one set of atoms on a network.

    Args:
        evaluator: the network for these atoms
        masses: (N,) amu
    """

    def __init__(self, evaluator: Evaluator, masses: Floats) -> None:
        self._evaluator = evaluator
        self._committee = evaluator.model.architecture.members > 1
        self._factor = evaluator.model.spread_factor
        self.guard = np.inf
        """eV of uncertainty beyond which no step is made."""
        self._masses = masses[:, None]
        self._shape = (len(masses), 3)
        self._all_kept = np.ones((len(masses), 1))
        no_interactions = InteractionForces(masses).as_arrays(MAX_INTERACTIONS)
        assert no_interactions is not None  # there are fewer than slots
        self._no_interactions = no_interactions

    def evaluate(self, positions: Floats) -> EngineResult:
        """Energy (eV), forces (N, 3) (eV/angstrom) and, of a committee, the uncertainty (eV).

        It is a step without duration, so that what is compiled for many steps serves for this, too.

        Args:
            positions: (N, 3) angstrom

        Raises:
            EngineError: atoms on top of each other, or no finite result
        """
        if (start := self._evaluator.pop_start()) is not None:
            self._evaluator.count_from(self._stand(start).members)
        return self._stand(positions).evaluation

    def forces_by(self, later: LaterLayers, positions: Floats) -> Floats:
        """(N, 3) eV/angstrom by other layers after the first; otherwise as :meth:`evaluate`."""
        return self._stand(positions, later).evaluation.forces

    def _stand(self, positions: Floats, later: LaterLayers | None = None) -> CompiledSteps:
        """A step without duration."""
        still = Motion(np.asarray(positions, dtype=np.float64), *np.zeros((2, *self._shape)))
        noise = np.zeros((MAX_STEPS, *self._shape))
        parameters = LoopParameters(0.0, self._masses, self._all_kept, noise, NOWHERE, np.inf, np.inf)
        return self._run(still, still.forces, 0, 1, parameters, self._no_interactions, later)

    def compile(
        self, motion: Motion, user_forces: Floats, settings: DynamicsSettings, confinement: Confinement
    ) -> None:
        """Have the loop compiled, which takes seconds the first time. Arguments as for :meth:`advance`.

        Raises:
            EngineError: the network can't be evaluated
        """
        parameters = self._parameters(settings, confinement, 0, self._all_kept, np.random.default_rng(0))
        self._run(motion, user_forces, 0, 0, parameters, self._no_interactions)

    def advance(
        self,
        motion: Motion,
        user_forces: Floats,
        step: int,
        steps: int,
        settings: DynamicsSettings,
        confinement: Confinement,
        interactions: InteractionArrays,
        friction: Floats,
        random: np.random.Generator,
    ) -> CompiledSteps:
        """Several MD steps, the same as by :mod:`atomtug.server.dynamics.integrators` one by one.

        Args:
            motion: at the start; its forces are the total of engine, wall and interactions
            user_forces: (N, 3) the interactions' share of them, eV/angstrom
            step: MD steps since the last reset, which says where the interactions are
            steps: how many to make; more than :data:`MAX_STEPS` are cut down to that
            settings: of the dynamics
            confinement: where everything is to stay
            interactions: with :data:`MAX_INTERACTIONS` slots
            friction: (N, 1) 1/ps, of the thermostat, where there is one
            random: source of the same noise that single steps would draw

        Raises:
            UnsureError: the network knows nothing of the very next step
            EngineError: atoms on top of each other, a displacement too far, or no finite result
        """
        steps = min(steps, MAX_STEPS)
        parameters = self._parameters(settings, confinement, steps, friction, random)
        return self._run(motion, user_forces, step, steps, parameters, interactions)

    def _parameters(
        self,
        settings: DynamicsSettings,
        confinement: Confinement,
        steps: int,
        friction: Floats,
        random: np.random.Generator,
    ) -> LoopParameters:
        timestep = settings.timestep * FS
        noise = np.zeros((MAX_STEPS, *self._shape))
        kept = self._all_kept
        if settings.thermostat != "nve":
            kept = np.exp(-friction / PS * timestep)
            scale = np.sqrt((1 - kept * kept) * BOLTZMANN * settings.temperature / self._masses)
            noise[:steps] = scale * random.standard_normal((steps, *self._shape))
        return LoopParameters(
            timestep, self._masses, kept, noise, confinement, MAX_DISPLACEMENT, self.guard / self._factor
        )

    def _run(
        self,
        motion: Motion,
        user_forces: Floats,
        step: int,
        steps: int,
        parameters: LoopParameters,
        interactions: InteractionArrays,
        later: LaterLayers | None = None,
    ) -> CompiledSteps:
        evaluator = self._evaluator
        zero, nothing = np.float64(0.0), np.zeros_like(motion.positions)
        arguments = evaluator.arguments(motion.positions)
        if later is not None:
            arguments = arguments.with_later(later)
        members = np.zeros(evaluator.model.architecture.members, np.float32)
        with jax.enable_x64(True):
            state = LoopState(
                np.int32(0), *motion, user_forces, zero, np.float32(0.0), nothing, np.float32(0.0), members
            )
            while True:
                state, check = run_steps(
                    evaluator.model.architecture,
                    evaluator.layout,
                    arguments,
                    parameters,
                    interactions,
                    state,
                    step,
                    steps,
                )
                if bool(check.ok):
                    break
                if self._grow_or_fail(check, parameters, int(state.made)):
                    break
            values = [np.asarray(value) for value in state]
        made, positions, velocities, _, _, work, energy, forces, spread, members = values
        uncertainty = self._factor * float(spread) if self._committee else None
        evaluation = EngineResult(float(energy) + evaluator.reference, forces, uncertainty)
        return CompiledSteps(
            int(made), positions, velocities, float(work), evaluation, members.astype(np.float64)
        )

    def _grow_or_fail(self, check: LoopCheck, parameters: LoopParameters, made: int) -> bool:
        """After an invalid step: False if the lists were too short and have grown, so that the loop continues; True
        if the network knows nothing of the next step, but ``made`` others before it."""
        if not bool(check.finite):
            raise EngineError("The network gave a result that is not a number for this geometry.")
        if not self._evaluator.accept(check.lists):
            return False
        if float(check.displacement) > parameters.max_displacement:
            raise displacement_error(float(check.displacement))
        if not made:
            raise unsure_error(self._factor * float(check.spread))
        return True
