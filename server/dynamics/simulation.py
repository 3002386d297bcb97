"""A molecule in motion: engine, wall and interactions put together, step by step. No clocks, no input or output."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.electrons import ElectronicStructure
from atomtug.core.errors import EngineError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.units import FS, NM_PER_ANGSTROM, PS
from atomtug.server.dynamics.cooling import Cooling
from atomtug.server.dynamics.downhill import DownhillOptimizer
from atomtug.server.dynamics.engine_in_use import EngineInUse
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.integrators import (
    MAX_DISPLACEMENT,
    Motion,
    displacement_error,
    draw_velocities,
    kinetic_energy,
    langevin_baoab,
    velocity_verlet,
    without_drift,
)
from atomtug.server.dynamics.interaction_forces import InteractionForces
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.state import SimulationState, StateSwitch
from atomtug.server.dynamics.temperature import InternalTemperature
from atomtug.server.dynamics.uncertainty import SURE_AGAIN
from atomtug.server.dynamics.wall import Confinement, centre_of_mass, confining_force, default_radius
from atomtug.server.engines import Engine, EngineResult
from atomtug.server.engines.advice import on_first_failure


class Simulation:
    """One system on one engine.

    The engine is evaluated once a step (and once at the start). The forces of interactions are evaluated at every
    step; their work is summed along the path by the trapezium rule, so that at constant energy the total energy
    changes by just that work. Where the engine goes over to another electronic state, the energy that this adds or
    removes counts as work of the hands, if they have done any: what they did against the state that was left is void.

    Args:
        system: what moves; it starts from its geometry, with velocities drawn at the set temperature
        engine: made for this system
        settings: of the dynamics

    Raises:
        EngineError: no result for the starting geometry
    """

    def __init__(self, system: System, engine: Engine, settings: DynamicsSettings) -> None:
        self.system = system
        self.engine = engine
        self._random = np.random.default_rng(settings.seed)
        self._masses = system.masses[:, None]
        self._motion: Motion
        self._asked = EngineInUse(engine, system.masses)
        self._interaction_forces = InteractionForces(system.masses)
        self._offset = 0.0
        self._state_changes: list[StateSwitch] = []
        self._electrons: ElectronicStructure | None = None
        self._electrons_known = False
        """Whether ``_electrons`` belongs to the present geometry."""
        self._temperature = InternalTemperature(system.numbers, system.masses)
        self._cooling = Cooling()
        self._downhill = DownhillOptimizer()
        self._asked.check(settings)
        self._apply(settings)
        try:
            self.reset()
        except EngineError as error:
            raise EngineError(f"{error} {on_first_failure(system, engine.name)}") from error

    @property
    def settings(self) -> DynamicsSettings:
        """Those of the dynamics now."""
        return self._settings

    @property
    def _relaxes(self) -> bool:
        """Whether atoms run downhill, and do not move by themselves."""
        return self._settings.thermostat == "relax"

    def _apply(self, settings: DynamicsSettings) -> None:
        self._settings = settings
        self._interaction_forces.configure(settings.force_law, settings.force_cap, settings.steps_per_frame)
        centre = centre_of_mass(self.system.positions, self._masses)
        if settings.wall_radius is None:
            radius = default_radius(self.system.positions - centre)
        else:
            radius = settings.wall_radius / NM_PER_ANGSTROM or np.inf
        self._confinement = Confinement(centre, radius, settings.centring / PS)

    def configure(self, settings: DynamicsSettings) -> None:
        """Continue with other settings; the noise goes on as it was seeded. Atoms that relax are at rest; they
        get new velocities when they are to move again.

        Raises:
            EngineError: the engine can't be used with these; nothing has changed
        """
        self._asked.check(settings)
        before, after = self._settings.thermostat, settings.thermostat
        self._apply(settings)
        known = self._electrons_known  # the geometry is the same
        forces = self._sum_forces(self._motion.positions, self._evaluation, self._step)
        self._motion, self._electrons_known = self._motion._replace(forces=forces), known
        if "relax" in (before, after) and before != after:
            self._motion = self._motion._replace(velocities=self._new_velocities())
            self._temperature.forget()
            self._downhill.forget()

    def _new_velocities(self) -> Floats:
        """(N, 3) as they are at the start: at the set temperature, or none for atoms that relax."""
        if self._relaxes:
            return np.zeros_like(self.system.positions)
        velocities = draw_velocities(self._masses, self._settings.temperature, self._random)
        return without_drift(velocities, self._masses)

    def reset(self) -> None:
        """Return to the starting geometry, with new velocities.

        Raises:
            EngineError: no result for the starting geometry
        """
        velocities = self._new_velocities()
        positions = self.system.positions.copy()
        evaluation = self._asked.evaluate(positions)
        self._interaction_forces = self._interaction_forces.restarted(0)
        self._step = 0
        self._time = 0.0
        self._work = 0.0
        self._temperature.forget()
        self._cooling.end()
        self._place(positions, velocities, evaluation)

    def go_back(self, frame: Frame) -> None:
        """Return to an earlier frame. If another engine made it, this one's energies are shifted to continue from it.

        Raises:
            EngineError: no result for that geometry; this simulation is as it was before
        """
        forces = self._interaction_forces.restarted(frame.step)
        if frame.engine == self.engine.name:
            self._interaction_forces = forces
            self.restore(frame)
        else:
            self.take_over(replace(self.state(), frame=frame, interaction_forces=forces))

    def restore(self, frame: Frame) -> None:
        """Return to a frame of this engine. The engine forgets what it kept; nothing is evaluated."""
        self.engine.forget()
        self._temperature.forget()
        self._cooling.end()
        self._step = frame.step
        self._time = frame.time
        self._work = frame.user_work
        self._offset = frame.energy_offset
        evaluation = EngineResult(
            frame.energy - frame.energy_offset, frame.forces, frame.uncertainty, frame.atomic_uncertainty
        )
        self._place(frame.positions, frame.velocities, evaluation)
        self._electrons, self._electrons_known = frame.electrons, True

    @property
    def energy_offset(self) -> float:
        """eV that are added to the engine's energies, see :meth:`take_over`."""
        return self._offset

    def state(self) -> SimulationState:
        """All that :meth:`take_over` needs."""
        return SimulationState(self.frame(), self._interaction_forces, self._random, self._settings)

    def take_over(self, state: SimulationState) -> None:
        """Continue from the state of another simulation of the same system.

        Positions, velocities, interactions and noise are as they were there. The offset that is added to the engine's
        energies is chosen so that the energy is the same at this geometry: each engine has a zero of its own.

        Raises:
            UnsureError: the network knows too little of this geometry; likewise
            EngineError: no result for this geometry; this simulation is as it was before
        """
        frame = state.frame
        self._asked.check(state.settings)
        evaluation = self._asked.evaluate(frame.positions)
        self._asked.check_sure(evaluation, SURE_AGAIN)
        self._interaction_forces, self._random = state.interaction_forces, state.random
        self._apply(state.settings)
        self._step, self._time, self._work = frame.step, frame.time, frame.user_work
        self._offset = frame.energy - evaluation.energy
        self._temperature.forget()
        self._cooling.end()
        self._place(frame.positions, frame.velocities, evaluation)

    def _place(self, positions: Floats, velocities: Floats, evaluation: EngineResult) -> None:
        self._downhill.forget()
        self._motion = Motion(positions, velocities, self._sum_forces(positions, evaluation, self._step))

    def set_interactions(self, interactions: Mapping[str, ActiveInteraction]) -> None:
        """Replace all interactions; draw new velocities for atoms that are let go, where that was asked for."""
        count = len(self._masses)
        # An interaction may be left from a system with more atoms than this one.
        interactions = {key: i for key, i in interactions.items() if i.greatest_index < count}
        ended = self._interaction_forces.update(interactions, self._step)
        if interactions:
            self._cooling.end()
        elif ended:
            self._cooling.begin(self._step, self._settings)
        velocities = self._motion.velocities
        for interaction in ended:
            atoms = interaction.particles
            if interaction.reset_velocities and len(atoms) and not self._relaxes:
                velocities = velocities.copy()
                velocities[atoms] = draw_velocities(
                    self._masses[atoms], self._settings.temperature, self._random
                )
        self._motion = self._motion._replace(velocities=velocities)

    def step(self) -> None:
        """One MD step.

        Raises:
            EngineError: the engine gave no result, or an atom moved too far; :meth:`restore` a good frame
        """
        settings = self._cooling.settings_at(self._step, self._settings)
        timestep = settings.timestep * FS
        before, pulled = self._motion, self._user_forces
        if settings.thermostat == "relax":
            after = self._downhill.step(before, self._force)
        elif settings.thermostat == "nve":
            after = velocity_verlet(before, self._force, timestep, self._masses)
        else:
            after = langevin_baoab(
                before,
                self._force,
                timestep,
                self._masses,
                settings.temperature,
                self._interaction_forces.friction(settings.friction) / PS,
                self._random,
            )
        self._motion = after
        self._step += 1
        self._time += timestep
        if self._applied or pulled.any():  # also in the step after an interaction ended
            moved = after.positions - before.positions
            self._work += float(np.sum((pulled + self._user_forces) * moved)) / 2
        change = self._evaluation.state_change
        if change is not None:
            if self._applied or self._work:
                self._work += change.after - change.before
            energies = change.before + self._offset, change.after + self._offset
            self._state_changes.append(StateSwitch(self._step, *energies, change.way))

    def pop_state_changes(self) -> list[StateSwitch]:
        """The changes of electronic state in the steps since the last call, oldest first."""
        changes, self._state_changes = self._state_changes, []
        return changes

    def advance(self, most: int) -> int:
        """Up to ``most`` MD steps, in one call where the engine can do that; returns how many.

        Raises:
            UnsureError: the next step would be beyond the guard, see :meth:`set_guard`; nothing has changed
            EngineError: as :meth:`step`
        """
        compiled = self._asked.compiled
        steps_singly = compiled is None or self._relaxes
        arrays = None if steps_singly else self._interaction_forces.as_arrays(self._asked.slots)
        if compiled is None or arrays is None:
            self.step()
            return 1
        if left := self._cooling.steps_left(self._step):
            most = min(most, left)
        settings = self._cooling.settings_at(self._step, self._settings)
        result = compiled.advance(
            self._motion,
            self._user_forces,
            self._step,
            most,
            settings,
            self._confinement,
            arrays,
            self._interaction_forces.friction(settings.friction),
            self._random,
        )
        self._step += result.steps
        self._time += result.steps * self._settings.timestep * FS
        self._work += result.work
        self._place(result.positions, result.velocities, result.evaluation)
        return result.steps

    def set_guard(self, guard: float) -> None:
        """Make no step to a geometry whose uncertainty is beyond ``guard`` eV: :meth:`advance` says so instead."""
        self._asked.set_guard(guard)

    def warm_up(self) -> None:
        """Do what takes long the first time, such as compiling.

        Raises:
            EngineError: the engine failed
        """
        if self._asked.compiled is not None:
            self._asked.compiled.compile(self._motion, self._user_forces, self._settings, self._confinement)

    def rehearse(self, positions: Floats) -> None:
        """As :meth:`EngineInUse.rehearse`."""
        self._asked.rehearse(positions)

    def _force(self, positions: Floats) -> Floats:
        moved = np.abs(positions - self._motion.positions).max()
        if not moved <= MAX_DISPLACEMENT:  # true for NaN as well
            raise displacement_error(moved)
        evaluation = self._asked.step(positions, self._relaxes)
        return self._sum_forces(positions, evaluation, self._step + 1)

    def _sum_forces(self, positions: Floats, evaluation: EngineResult, step: int) -> Floats:
        self._evaluation, self._electrons_known = evaluation, False
        self._wall_energy, self._wall_forces = confining_force(positions, self._masses, self._confinement)
        self._user_forces, self._applied = self._interaction_forces.evaluate(positions, step)
        forces = evaluation.forces + self._wall_forces + self._user_forces
        return forces if evaluation.impulse is None or self._relaxes else forces + evaluation.impulse

    def frame(self) -> Frame:
        """The present frame. The user forces in it are those that act at its positions."""
        kinetic = kinetic_energy(self._motion.velocities, self._masses)
        unsure = self._asked.atomic_uncertainty(self._step, self._motion.positions, self._evaluation)
        self._evaluation = self._evaluation._replace(atomic_uncertainty=unsure)
        if not self._electrons_known:
            self._electrons = self._asked.electronic_structure()
            self._electrons_known = True
        return Frame(
            step=self._step,
            time=self._time,
            positions=self._motion.positions,
            velocities=self._motion.velocities,
            energy=self._evaluation.energy + self._offset,
            forces=self._evaluation.forces,
            kinetic_energy=kinetic,
            temperature=self._temperature(self._motion.positions, self._motion.velocities),
            wall_energy=self._wall_energy,
            wall_forces=self._wall_forces,
            user_forces=self._user_forces,
            user_work=self._work,
            interactions=self._applied,
            engine=self.engine.name,
            energy_offset=self._offset,
            uncertainty=self._evaluation.uncertainty,
            atomic_uncertainty=unsure,
            electrons=self._electrons,
        )
