"""A simulation in the test's own process: PM6 (or nothing at all) driven by a plan, without a server."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from atomtug.core import units
from atomtug.core.electrons import ElectronicStructure
from atomtug.core.systems import System
from atomtug.core.systems.bonds import BondPerception
from atomtug.server.engines import ElectronicEngine, create_engine
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.interaction import Interaction
from atomtug.vr_client.scripted.hands import Plan
from atomtug.wire.frames import bond_values, electron_values


def make_frame(
    system: System,
    positions: Any = None,
    time: float = 0.0,
    electrons: ElectronicStructure | None = None,
    **extra: Any,
) -> ClientFrame:
    """A frame as a server would send it; ``positions`` (N, 3) angstrom, ``time`` ps."""
    positions = system.positions if positions is None else positions
    bonds = BondPerception(system.numbers)(positions)
    residue_of = np.zeros(len(system.numbers), dtype=int)
    for number, part in enumerate(system.residues):
        residue_of[part] = number
    return ClientFrame(
        1 + round(time * 1e6),
        {
            "particle.positions": (positions * units.NM_PER_ANGSTROM).ravel(),
            "particle.elements": system.numbers,
            "particle.names": system.atom_names,
            "particle.residues": residue_of,
            "residue.names": system.residue_names,
            **bond_values(bonds, electrons),
            **electron_values(electrons),
            "system.simulation.time": time,
            **{key.replace("__", "."): value for key, value in extra.items()},
        },
    )


class FakeSimulation:
    """BAOAB Langevin dynamics with springs, (k/2) d^2 each, on PM6."""

    def __init__(
        self,
        system: System,
        seed: int = 0,
        temperature: float = 300.0,
        timestep: float = 0.5,
        friction: float = 1.0,
        steps_per_frame: int = 5,
    ) -> None:
        self.system = system
        self._engine = create_engine("pm6", system)
        self._bonds = BondPerception(system.numbers)
        self._rng = np.random.default_rng(seed)
        self._dt = timestep * units.FS
        self._steps_per_frame = steps_per_frame
        self._masses = system.masses[:, None]
        self._kt = units.BOLTZMANN * temperature
        self._memory = np.exp(-friction / units.PS * self._dt)
        self.positions = system.positions.copy()
        self.velocities = np.sqrt(self._kt / self._masses) * self._rng.normal(size=self.positions.shape)
        self.energy, self.forces = self._engine.evaluate(self.positions)[:2]
        self.work = 0.0
        self._user: Any = np.zeros_like(self.positions)
        self.steps = 0

    @property
    def frame(self) -> ClientFrame:
        forces = self._user
        pulled = np.flatnonzero(np.any(forces != 0.0, axis=1))
        return make_frame(
            self.system,
            self.positions,
            self.steps * self._dt / units.PS,
            self._engine.electronic_structure() if isinstance(self._engine, ElectronicEngine) else None,
            energy__potential=self.energy * units.KJMOL_PER_EV,
            forces__user__index=pulled,
            forces__user__sparse=(forces[pulled] * units.KJMOL_NM_PER_FORCE).ravel(),
            forces__user__work_done=self.work * units.KJMOL_PER_EV,
        )

    def advance(self, interactions: Mapping[str, Interaction]) -> ClientFrame:
        for _ in range(self._steps_per_frame):
            user = self._user = self._user_forces(interactions)
            self.velocities += 0.5 * self._dt * (self.forces + user) / self._masses
            before = self.positions.copy()
            self.positions = self.positions + 0.5 * self._dt * self.velocities
            spread = np.sqrt((1.0 - self._memory**2) * self._kt / self._masses)
            self.velocities = self._memory * self.velocities + spread * self._rng.normal(
                size=self.positions.shape
            )
            self.positions = self.positions + 0.5 * self._dt * self.velocities
            self.energy, self.forces = self._engine.evaluate(self.positions)[:2]
            user = self._user_forces(interactions)
            self.velocities += 0.5 * self._dt * (self.forces + user) / self._masses
            self.work += float(np.sum(user * (self.positions - before)))
            self.steps += 1
        return self.frame

    def _user_forces(self, interactions: Mapping[str, Interaction]) -> Any:
        forces = np.zeros_like(self.positions)
        for interaction in interactions.values():
            atoms = list(interaction.particles)
            way = interaction.position - self.positions[atoms].mean(axis=0)
            force = interaction.k * units.NM_PER_ANGSTROM * way
            size = np.linalg.norm(force)
            if size > interaction.max_force:
                force *= interaction.max_force / size
            forces[atoms] += force / units.KJMOL_NM_PER_FORCE / len(atoms)
        return forces


def drive(simulation: FakeSimulation, plan: Plan[Any], longest: float = 20.0, lag: int = 0) -> Any:
    """Let a plan steer a simulation to its end; returns the plan's result.

    Args:
        simulation: what is steered
        plan: what steers
        longest: simulated time it may take, ps
        lag: frames by which the hands come late, as they do where the client or the network is slow
    """
    try:
        actions = [next(plan)] * (lag + 1)
        while True:
            assert simulation.frame.time < longest, "the plan does not end"
            actions.append(plan.send(simulation.advance(actions.pop(0).interactions)))
    except StopIteration as done:
        return done.value
