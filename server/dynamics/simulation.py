"""A molecule in motion: engine, wall and hands put together, step by step. No clocks, no I/O."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.units import BOLTZMANN, FS, NM_PER_ANGSTROM, PS
from atomtug.server.dynamics.force_laws import FORCE_LAWS, ActiveInteraction
from atomtug.server.dynamics.integrators import (
    Motion,
    draw_velocities,
    kinetic_energy,
    langevin_baoab,
    temperature_of,
    too_far,
    velocity_verlet,
    without_drift,
)
from atomtug.server.dynamics.interaction_forces import DEFAULT_FORCE_CAP, InteractionArrays, InteractionForces
from atomtug.server.dynamics.wall import default_radius, wall_force
from atomtug.server.engines import Engine, Evaluation, Integrator, LeapingEngine

THERMOSTATS = ("langevin", "nve")
LONGEST_GLIDE = 6
"""A hand arrives where its client says it is within this many frames."""
FASTEST = 0.5
"""No atom may move farther than this in one step, angstrom: what does is an explosion, not dynamics."""


@dataclass(frozen=True)
class DynamicsSettings:
    """How the molecule moves.

    Args:
        timestep: fs
        temperature: K, of the thermostat and of newly drawn velocities
        friction: 1/ps
        thermostat: ``langevin`` or ``nve``
        steps_per_frame: MD steps between two frames
        force_law: how hands act, a name of :data:`atomtug.server.dynamics.force_laws.FORCE_LAWS`
        force_cap: kJ/mol/nm, limit for each component of the hands' force on an atom
        wall_radius: nm; None for the starting geometry's size and some, 0 for no wall
        seed: of velocities and noise

    Raises:
        InputError: a value is out of its range
    """

    timestep: float = 0.5
    temperature: float = 300.0
    friction: float = 1.0
    thermostat: str = "langevin"
    steps_per_frame: int = 5
    force_law: str = "narupa"
    force_cap: float = DEFAULT_FORCE_CAP
    wall_radius: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _within("timestep", self.timestep, 0.01, 5.0, "fs")
        _within("temperature", self.temperature, 0.0, 10000.0, "K")
        _within("friction", self.friction, 0.0, 1000.0, "1/ps")
        _within("steps_per_frame", self.steps_per_frame, 1, 10000, "steps")
        _within("force_cap", self.force_cap, 0.0, 1e6, "kJ/mol/nm")
        if self.wall_radius is not None:
            _within("wall_radius", self.wall_radius, 0.0, 1000.0, "nm")
        if self.thermostat not in THERMOSTATS:
            raise InputError(f"thermostat must be one of {', '.join(THERMOSTATS)}, not {self.thermostat!r}.")
        if self.force_law not in FORCE_LAWS:
            raise InputError(f"force_law must be one of {', '.join(FORCE_LAWS)}, not {self.force_law!r}.")

    def changed(self, changes: Mapping[str, float]) -> "DynamicsSettings":
        """With some values replaced, checked again."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, str | float | int | None]:
        """For provenance."""
        return asdict(self)


@dataclass(frozen=True)
class State:
    """All that a simulation on another engine needs to go on with this one.

    Args:
        frame: this instant
        hands: on their way, as they are between their updates
        interactions: what is held
        random: the source of noise
        settings: of the dynamics
    """

    frame: Frame
    hands: InteractionForces
    interactions: Mapping[str, ActiveInteraction]
    random: np.random.Generator
    settings: DynamicsSettings


class Simulation:
    """One system on one engine.

    The engine is evaluated once a step (and once at the start). The forces of interactions are worked out at every
    step; their work is summed along the path by the trapezium rule, so that at constant energy the total energy
    changes by just that work.

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
        self._interactions: Mapping[str, ActiveInteraction] = {}
        self._offset = 0.0
        self._configure(settings)
        self.reset()

    @property
    def settings(self) -> DynamicsSettings:
        """As they are now."""
        return self._settings

    def _configure(self, settings: DynamicsSettings) -> None:
        self._settings = settings
        if settings.wall_radius is None:
            self._radius = default_radius(self.system.positions)
        else:
            self._radius = settings.wall_radius / NM_PER_ANGSTROM or np.inf

    def configure(self, settings: DynamicsSettings) -> None:
        """Go on with other settings; seed and force law stay as they were."""
        self._configure(settings)

    def reset(self) -> None:
        """Back to the starting geometry, with new velocities.

        Raises:
            EngineError: no result for the starting geometry
        """
        velocities = draw_velocities(self._masses, self._settings.temperature, self._random)
        positions = self.system.positions.copy()
        evaluation = self.engine.evaluate(positions)
        self._hands = self._hands_that_hold(0)
        self._step = 0
        self._time = 0.0
        self._work = 0.0
        self._place(positions, without_drift(velocities, self._masses), evaluation)

    def _hands_that_hold(self, step: int) -> InteractionForces:
        """Where clients say they are, without the way they came."""
        hands = InteractionForces(
            self.system.masses,
            self._settings.force_law,
            self._settings.force_cap,
            LONGEST_GLIDE * self._settings.steps_per_frame,
        )
        hands.update(self._interactions, step)
        return hands

    def go_back(self, frame: Frame) -> None:
        """To an instant of before. If it is another engine's, this one's energies join on where that one's were.

        Raises:
            EngineError: no result for that geometry; this simulation is as it was before
        """
        hands = self._hands_that_hold(frame.step)
        if frame.engine == self.engine.name:
            self._hands = hands
            self.restore(frame)
        else:
            self.take_over(replace(self.state(), frame=frame, hands=hands))

    def restore(self, frame: Frame) -> None:
        """Back to a frame of this simulation. The engine starts afresh; nothing is evaluated."""
        self.engine.forget()
        self._step = frame.step
        self._time = frame.time
        self._work = frame.user_work
        self._offset = frame.energy_offset
        evaluation = Evaluation(
            frame.energy - frame.energy_offset, frame.forces, frame.uncertainty, frame.atomic_uncertainty
        )
        self._place(frame.positions, frame.velocities, evaluation)

    @property
    def offset(self) -> float:
        """eV that are added to the engine's energies, see :meth:`take_over`."""
        return self._offset

    def state(self) -> State:
        """For :meth:`take_over`."""
        return State(self.frame(), self._hands, self._interactions, self._random, self._settings)

    def take_over(self, state: State) -> None:
        """Go on where another engine's simulation of the same system stands.

        Positions, velocities, hands and noise are as they were there. What is added to the engine's energies is
        chosen so that the energy is the same at this geometry: engines count from zeros of their own.

        Raises:
            EngineError: no result for this geometry; this simulation is as it was before
        """
        frame = state.frame
        evaluation = self.engine.evaluate(frame.positions)
        self._hands, self._interactions, self._random = state.hands, state.interactions, state.random
        self._configure(state.settings)
        self._step, self._time, self._work = frame.step, frame.time, frame.user_work
        self._offset = frame.energy - evaluation.energy
        self._place(frame.positions, frame.velocities, evaluation)

    def _place(self, positions: Floats, velocities: Floats, evaluation: Evaluation) -> None:
        self._sum_forces(positions, evaluation)
        self._motion = Motion(positions, velocities, self._total)

    def hold(self, interactions: Mapping[str, ActiveInteraction]) -> None:
        """Take over what clients hold now; redraw the velocities of atoms let go where that was asked."""
        count = len(self._masses)
        # What was held in a system loaded before may have more atoms than this one.
        interactions = {key: i for key, i in interactions.items() if np.all(i.particles < count)}
        self._interactions = interactions
        released = self._hands.update(interactions, self._step)
        velocities = self._motion.velocities
        for interaction in released:
            held = interaction.particles
            if interaction.reset_velocities and len(held):
                velocities = velocities.copy()
                velocities[held] = draw_velocities(
                    self._masses[held], self._settings.temperature, self._random
                )
        self._motion = self._motion._replace(velocities=velocities)

    def step(self) -> None:
        """One MD step.

        Raises:
            EngineError: the engine gave no result, or the atoms flew apart; :meth:`restore` a good frame
        """
        settings = self._settings
        timestep = settings.timestep * FS
        before, pulled = self._motion, self._user_forces
        if settings.thermostat == "nve":
            after = velocity_verlet(before, self._force, timestep, self._masses)
        else:
            after = langevin_baoab(
                before,
                self._force,
                timestep,
                self._masses,
                settings.temperature,
                settings.friction / PS,
                self._random,
            )
        self._motion = after
        self._step += 1
        self._time += timestep
        if self._applied or pulled.any():  # also in the step after a hand let go
            moved = after.positions - before.positions
            self._work += float(np.sum((pulled + self._user_forces) * moved)) / 2

    def advance(self, most: int) -> int:
        """Up to ``most`` MD steps, in one call of an engine that can do that; returns how many.

        Raises:
            EngineError: as :meth:`step`
        """
        engine = self.engine
        if isinstance(engine, LeapingEngine) and engine.longest_leap:
            hands = self._hands.as_arrays(engine.leap_hands)
            if hands is not None:
                return self._leap(engine, hands, min(most, engine.longest_leap))
        self.step()
        return 1

    def warm_up(self) -> None:
        """Have done what is slow the first time, such as compiling.

        Raises:
            EngineError: the engine failed
        """
        engine = self.engine
        if isinstance(engine, LeapingEngine) and engine.longest_leap:
            hands = InteractionForces(self.system.masses).as_arrays(engine.leap_hands)
            assert hands is not None
            integrator = self._integrator(engine, 0)
            engine.leap(self._motion, self._user_forces, self._step, 0, integrator, hands)

    def _leap(self, engine: LeapingEngine, hands: InteractionArrays, steps: int) -> int:
        leap = engine.leap(
            self._motion,
            self._user_forces,
            self._step,
            steps,
            self._integrator(engine, steps),
            hands,
        )
        self._step += leap.steps
        self._time += leap.steps * self._settings.timestep * FS
        self._work += leap.work
        self._place(leap.positions, leap.velocities, leap.evaluation)
        return leap.steps

    def _integrator(self, engine: LeapingEngine, steps: int) -> Integrator:
        """With the noise that as many single steps would have drawn."""
        settings = self._settings
        timestep = settings.timestep * FS
        noise = np.zeros((engine.longest_leap, *self._motion.positions.shape))
        kept = 1.0
        if settings.thermostat != "nve":
            kept = float(np.exp(-settings.friction / PS * timestep))
            scale = np.sqrt((1 - kept * kept) * BOLTZMANN * settings.temperature / self._masses)
            noise[:steps] = scale * self._random.standard_normal((steps, *self._motion.positions.shape))
        return Integrator(timestep, self._masses, kept, noise, self._radius, FASTEST)

    def _force(self, positions: Floats) -> Floats:
        moved = np.abs(positions - self._motion.positions).max()
        if not moved <= FASTEST:  # true for NaN as well
            raise too_far(moved)
        return self._sum_forces(positions, self.engine.evaluate(positions), self._step + 1)

    def _sum_forces(self, positions: Floats, evaluation: Evaluation, step: int | None = None) -> Floats:
        self._evaluation = evaluation
        self._wall_energy, self._wall_forces = wall_force(positions, self._radius)
        self._user_forces, self._applied = self._hands.pull(positions, self._step if step is None else step)
        self._total = evaluation.forces + self._wall_forces + self._user_forces
        return self._total

    def frame(self) -> Frame:
        """This instant. The user forces in it are those that act at these positions."""
        kinetic = kinetic_energy(self._motion.velocities, self._masses)
        return Frame(
            step=self._step,
            time=self._time,
            positions=self._motion.positions,
            velocities=self._motion.velocities,
            energy=self._evaluation.energy + self._offset,
            forces=self._evaluation.forces,
            kinetic_energy=kinetic,
            temperature=temperature_of(kinetic, len(self._masses)),
            wall_energy=self._wall_energy,
            wall_forces=self._wall_forces,
            user_forces=self._user_forces,
            user_work=self._work,
            interactions=self._applied,
            engine=self.engine.name,
            energy_offset=self._offset,
            uncertainty=self._evaluation.uncertainty,
            atomic_uncertainty=self._evaluation.atomic_uncertainty,
        )


def _within(name: str, value: float, low: float, high: float, unit: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{name} must be from {low:g} to {high:g} {unit}, not {value!r}.")
