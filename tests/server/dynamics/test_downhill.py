"""The molecule that runs downhill, on PM6 and with a hand that pulls."""

from dataclasses import replace

import numpy as np
import pytest

from atomtug.core.systems import load_system
from atomtug.server.dynamics.downhill import FARTHEST, DownhillOptimizer
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.integrators import Motion
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine

A_SECOND = 150
"""MD steps at the default pace."""


@pytest.fixture
def simulation() -> Simulation:
    system = load_system("methane")
    return Simulation(system, create_engine("pm6", system), DynamicsSettings(thermostat="relax"))


def largest_force(simulation: Simulation) -> float:
    return float(np.linalg.norm(simulation.frame().total_forces, axis=1).max())


def pull(simulation: Simulation, atom: int, place: np.ndarray) -> None:
    hand = ActiveInteraction(
        position=place / 10, particles=np.array([atom]), interaction_type="spring", scale=100.0
    )
    simulation.set_interactions({"interaction.a": hand})


def test_a_second_after_each_stop_of_a_hand_nothing_pulls_any_more(simulation):
    place = simulation.frame().positions[0] + [0.0, 0.0, 0.3]
    for move in ([0.2, 0.0, 0.0], [0.0, 0.3, -0.1]):
        place = place + move
        pull(simulation, 0, place)
        for _ in range(A_SECOND):
            simulation.step()
        assert largest_force(simulation) <= 0.05
    assert not simulation.frame().velocities.any()
    assert np.linalg.norm(simulation.frame().user_forces) <= 0.05


def test_without_a_hand_the_energy_falls_to_a_minimum(simulation):
    energies = [simulation.frame().energy]
    for _ in range(A_SECOND):
        simulation.step()
        energies.append(simulation.frame().energy + simulation.frame().wall_energy)
    assert energies[-1] < energies[0]
    assert energies[-1] == pytest.approx(min(energies), abs=1e-4)
    assert largest_force(simulation) < 0.02


def test_atoms_that_are_to_move_again_get_velocities_and_those_that_relax_lose_them(simulation):
    moving = replace(simulation.settings, thermostat="langevin")
    simulation.configure(moving)
    assert 50.0 < simulation.frame().temperature < 1000.0
    simulation.configure(replace(moving, thermostat="relax"))
    assert simulation.frame().temperature == 0.0


def test_no_atom_leaps_however_strong_the_force():
    def steep(positions: np.ndarray) -> np.ndarray:
        return -1e4 * positions

    start = np.array([[3.0, 0.0, 0.0], [0.0, 0.1, 0.0]])
    motion, relaxation = Motion(start, np.zeros_like(start), steep(start)), DownhillOptimizer()
    for _ in range(100):
        after = relaxation.step(motion, steep)
        assert np.linalg.norm(after.positions - motion.positions, axis=1).max() <= FARTHEST + 1e-12
        motion = after
    np.testing.assert_allclose(motion.positions, 0.0, atol=1e-6)
