"""Simulations of methane whose engine is known in closed form, and a hand on them."""

import numpy as np
from toy_engines import HarmonicEngine

from atomtug.core.systems import load_system
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation

METHANE = load_system("methane")


def settings(**changes) -> DynamicsSettings:
    return DynamicsSettings(**{"timestep": 0.25, "thermostat": "nve", **changes})


def harmonic(**changes) -> Simulation:
    return Simulation(METHANE, HarmonicEngine(METHANE.positions), settings(**changes))


def grip(*particles: int, position=(0.5, 0.5, 0.5), scale=100.0, **changes) -> ActiveInteraction:
    return ActiveInteraction(
        position=np.array(position, dtype=float),
        particles=np.array(particles),
        interaction_type="spring",
        scale=scale,
        **changes,
    )


def go(simulation: Simulation, steps: int) -> None:
    for _ in range(steps):
        simulation.step()


def total_energy(simulation: Simulation) -> float:
    """eV, of all but the hands."""
    frame = simulation.frame()
    return frame.energy + frame.kinetic_energy + frame.wall_energy
