"""A distance that is held, and the damping of what is held: what they do, and that the dynamics keeps to it."""

from dataclasses import replace

import numpy as np
import pytest
from toy_engines import FreeEngine

from atomtug.core.systems import System
from atomtug.core.units import KJMOL_NM_PER_FORCE, NM_PER_ANGSTROM
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.interaction_forces import InteractionForces
from atomtug.server.dynamics.restraints import distance_restraint
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation

MASSES = np.array([12.0, 1.0, 16.0, 14.0])
POSITIONS = np.array([[0.0, 0.0, 0.0], [1.1, 0.2, 0.0], [0.0, 3.0, 0.4], [0.0, 0.5, 5.0]])  # angstrom


def held(particles: list[int], counter: list[int], length: float, **changes: float) -> ActiveInteraction:
    return ActiveInteraction(
        position=np.zeros(3),
        particles=np.array(particles),
        counter_particles=np.array(counter, dtype=np.int64),
        interaction_type="distance",
        length=length,
        **{"scale": 500.0, **changes},
    )


@pytest.mark.parametrize("max_force", [20000.0, 60.0])
def test_the_force_is_minus_the_gradient_of_the_energy(max_force):
    asked = held([0, 1], [2], 0.2, max_force=max_force)
    other = POSITIONS[2] * NM_PER_ANGSTROM
    placed = POSITIONS[:2] * NM_PER_ANGSTROM

    def energy(moved: np.ndarray) -> float:
        return distance_restraint(asked, moved, MASSES[:2], other).energy

    step = 1e-6
    forces = distance_restraint(asked, placed, MASSES[:2], other).forces
    for atom, axis in np.ndindex(2, 3):
        nudge = np.zeros_like(placed)
        nudge[atom, axis] = step
        slope = (energy(placed + nudge) - energy(placed - nudge)) / (2 * step)
        assert forces[atom, axis] == pytest.approx(-slope, rel=1e-5, abs=1e-5)
    assert np.linalg.norm(forces.sum(axis=0)) <= max_force * (1 + 1e-9)


def test_both_sides_get_the_opposite_force_along_the_line_between_them():
    forces = InteractionForces(MASSES)
    forces.update({"a": held([0, 1], [2, 3], 0.1)}, 0)
    total, [applied] = forces.evaluate(POSITIONS, 0)
    np.testing.assert_allclose(total.sum(axis=0), 0.0, atol=1e-12)
    way = np.average(POSITIONS[2:], axis=0, weights=MASSES[2:]) - np.average(
        POSITIONS[:2], axis=0, weights=MASSES[:2]
    )
    pulled = total[:2].sum(axis=0) * KJMOL_NM_PER_FORCE
    expected = 1000.0 * (np.linalg.norm(way) * NM_PER_ANGSTROM - 0.1)
    np.testing.assert_allclose(pulled, expected * way / np.linalg.norm(way), rtol=1e-9)
    assert applied.energy > 0


def test_a_restraint_is_no_force_law_of_the_compiled_loop():
    forces = InteractionForces(MASSES)
    forces.update({"a": held([0], [2], 0.1)}, 0)
    assert forces.as_arrays(8) is None


@pytest.mark.parametrize("length", [0.25, 0.36])
def test_the_dynamics_keeps_the_distance_that_was_asked_for(length):
    system = System("pair", np.array([18, 18]), np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]]))
    settings = DynamicsSettings(thermostat="nve", temperature=0.0, timestep=1.0)
    simulation = Simulation(system, FreeEngine(system.positions), settings)
    simulation.set_interactions({"a": held([0], [1], length, scale=50_000.0)})
    far = []
    for _ in range(400):
        simulation.step()
        positions = simulation.frame().positions
        far.append(float(np.linalg.norm(positions[0] - positions[1])) * NM_PER_ANGSTROM)
    assert np.mean(far) == pytest.approx(length, abs=0.02)  # it swings about it
    np.testing.assert_allclose(simulation.frame().positions.mean(axis=0), [1.5, 0.0, 0.0], atol=1e-6)


def test_what_is_held_is_damped_and_nothing_else():
    forces = InteractionForces(MASSES)
    assert forces.friction(1.0).ravel().tolist() == [1.0, 1.0, 1.0, 1.0]
    forces.update({"a": held([0, 1], [2], 0.1, damping=30.0), "b": held([1], [3], 0.1, damping=0.5)}, 0)
    assert forces.friction(1.0).ravel().tolist() == [30.0, 30.0, 1.0, 1.0]


def test_an_atom_that_is_held_with_damping_soon_stands_still():
    system = System("pair", np.array([18, 18]), np.array([[0.0, 0.0, 0.0], [6.0, 0.0, 0.0]]))
    settings = DynamicsSettings(temperature=300.0, friction=0.0, timestep=1.0, seed=3, wall_radius=0.0)
    simulation = Simulation(system, FreeEngine(system.positions), settings)
    before = simulation.frame().velocities
    hand = ActiveInteraction(position=np.zeros(3), particles=np.array([0]), scale=0.0, damping=100.0)
    simulation.set_interactions({"a": hand})
    simulation.configure(replace(settings, temperature=0.0))
    for _ in range(100):
        simulation.step()
    after = simulation.frame().velocities
    np.testing.assert_allclose(after[0], before[0] * np.exp(-10.0), rtol=1e-6)
    np.testing.assert_allclose(after[1], before[1], rtol=1e-9)
