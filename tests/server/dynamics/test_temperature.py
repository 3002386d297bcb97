"""The temperature is that of vibration and rotation; cooling after a pull is short and off by default."""

import numpy as np
import pytest
from toy_engines import FreeEngine, HarmonicEngine

from atomtug.core.errors import InputError
from atomtug.core.systems import System, load_system
from atomtug.server.dynamics.cooling import COOL_FOR
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.integrators import draw_velocities
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.dynamics.temperature import InternalTemperature

METHANE = load_system("methane")
POSITIONS, MASSES = METHANE.positions, METHANE.masses
CN = METHANE.residues[1]


def drawn(seed: int) -> np.ndarray:
    return draw_velocities(MASSES[:, None], 300.0, np.random.default_rng(seed))


def temperature(velocities: np.ndarray, positions: np.ndarray = POSITIONS) -> float:
    return InternalTemperature(METHANE.numbers, MASSES)(positions, velocities)


def test_20_the_flight_of_fragments_and_of_all_is_not_temperature():
    velocities = drawn(1)
    known = temperature(velocities)
    flying = velocities + np.array([0.3, -0.2, 0.1])
    flying[CN] += [1.0, 2.0, 3.0]
    assert temperature(flying) == pytest.approx(known, rel=1e-9)
    spinning = velocities + np.cross(POSITIONS - POSITIONS[0], [0.0, 0.0, 0.2])
    assert temperature(spinning) != pytest.approx(known, rel=0.01)


def test_20_three_degrees_of_freedom_a_fragment_are_taken_out():
    measured = [temperature(drawn(seed)) for seed in range(2000)]
    # The spread of 15 degrees of freedom is 300 K sqrt(2 / 15); the mean is known to 110 K / sqrt(2000) = 2.5 K.
    assert np.mean(measured) == pytest.approx(300.0, abs=8.0)
    assert np.std(measured) == pytest.approx(300.0 * np.sqrt(2 / 15), rel=0.06)


def test_20_an_atom_that_was_torn_off_has_none():
    positions, velocities = POSITIONS.copy(), np.zeros((7, 3))
    velocities[1] = [3.0, 0.0, 0.0]
    measure = InternalTemperature(METHANE.numbers, MASSES)
    bonded = measure(positions, velocities)
    assert bonded > 1000.0
    positions[1] += 3.0 * (positions[1] - positions[0])
    assert measure(positions, velocities) == 0.0
    assert measure(POSITIONS, velocities) == pytest.approx(bonded)  # and it is bonded again


def test_20_single_atoms_have_no_internal_temperature():
    argon = System("argon", np.array([18, 18]), np.array([[0.0, 0, 0], [6.0, 0, 0]]))
    simulation = Simulation(argon, FreeEngine(argon.positions), DynamicsSettings(temperature=500.0))
    assert simulation.frame().kinetic_energy > 0.0
    assert simulation.frame().temperature == 0.0


def test_20_under_langevin_the_mean_is_the_thermostats():
    settings = DynamicsSettings(timestep=1.0, friction=30.0, temperature=250.0, seed=4)
    simulation = Simulation(METHANE, HarmonicEngine(POSITIONS), settings)
    seen = []
    for step in range(8000):
        simulation.step()
        if step > 200:
            seen.append(simulation.frame().temperature)
    assert np.mean(seen) == pytest.approx(250.0, rel=0.08)


# Cooling after a pull ----------------------------------------------------------------------------------


def pulled(**changes: float) -> Simulation:
    """A molecule without forces or heat that a hand has set in motion, and still holds."""
    settings = DynamicsSettings(timestep=0.5, friction=0.0, temperature=0.0, wall_radius=0.0, **changes)
    simulation = Simulation(METHANE, FreeEngine(POSITIONS), settings)
    grip = ActiveInteraction(np.array([0.3, 0.3, 0.3]), np.array([1]), "spring", 50.0)
    simulation.set_interactions({"interaction.a": grip})
    for _ in range(10):
        simulation.step()
    return simulation


def kinetic_after(simulation: Simulation, femtoseconds: float) -> float:
    for _ in range(round(femtoseconds / 0.5)):
        simulation.step()
    return simulation.frame().kinetic_energy


def test_20_by_default_nothing_cools_faster():
    assert DynamicsSettings().cool_after_pull == 0.0
    simulation = pulled()
    simulation.set_interactions({})
    before = simulation.frame().kinetic_energy
    assert kinetic_after(simulation, 0.5) == pytest.approx(before, rel=0.2)
    steady = simulation.frame().kinetic_energy
    assert kinetic_after(simulation, 200.0) == pytest.approx(steady)


def test_20_after_a_release_friction_is_stronger_for_300_fs_and_no_longer():
    simulation = pulled(cool_after_pull=5.0)
    same = pulled()
    held = simulation.frame().kinetic_energy
    assert held == pytest.approx(same.frame().kinetic_energy)  # nothing is taken from a hand that holds
    simulation.set_interactions({})
    simulation.step()
    start = simulation.frame().kinetic_energy
    assert kinetic_after(simulation, 100.0) == pytest.approx(start * np.exp(-2 * 5.0 * 0.1), rel=1e-6)
    last = kinetic_after(simulation, COOL_FOR - 100.5)
    assert last == pytest.approx(start * np.exp(-2 * 5.0 * (COOL_FOR - 0.5) / 1000), rel=1e-6)
    assert kinetic_after(simulation, 200.0) == pytest.approx(last)


def test_20_a_hand_that_holds_again_ends_it():
    simulation = pulled(cool_after_pull=5.0)
    simulation.set_interactions({})
    simulation.step()
    nothing = ActiveInteraction(np.zeros(3), np.array([1]), "spring", 0.0)
    simulation.set_interactions({"interaction.b": nothing})
    start = simulation.frame().kinetic_energy
    assert kinetic_after(simulation, 100.0) == pytest.approx(start)


def test_20_at_constant_energy_it_is_refused_and_provenance_has_it():
    with pytest.raises(InputError, match="constant energy"):
        DynamicsSettings(thermostat="nve", cool_after_pull=5.0)
    assert DynamicsSettings(cool_after_pull=5.0).as_dict()["cool_after_pull"] == 5.0
