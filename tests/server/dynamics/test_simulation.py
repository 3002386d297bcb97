"""Engine, wall and motion put together: one evaluation a step, the same trajectory from the same seed."""

import numpy as np
import pytest
from simulation_helpers import METHANE, go, grip, harmonic, settings, total_energy
from toy_engines import FailingEngine, FreeEngine, HarmonicEngine

from atomtug.core.errors import EngineError, InputError
from atomtug.core.systems import System
from atomtug.core.units import FS
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation


def test_the_restraint_keeps_the_centre_of_mass_near_its_start_and_energy_is_conserved():
    system = METHANE
    start = system.masses @ system.positions / system.masses.sum()
    simulation = Simulation(system, FreeEngine(system.positions), settings(centring=20.0, wall_radius=0.0))
    simulation.set_interactions({"interaction.a": grip(0)})
    go(simulation, 200)
    simulation.set_interactions({})
    simulation.step()  # what is left of the pull does its last work
    before, reach = total_energy(simulation), 0.0
    for _ in range(2000):  # 500 fs, more than a whole swing
        simulation.step()
        centre = system.masses @ simulation.frame().positions / system.masses.sum()
        reach = max(reach, float(np.linalg.norm(centre - start)))
    assert 0.05 < reach < 3.0
    assert total_energy(simulation) == pytest.approx(before, abs=1e-4)


# The engine ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thermostat", ["nve", "langevin"])
def test_the_engine_is_evaluated_exactly_once_a_step(thermostat):
    engine = HarmonicEngine(METHANE.positions)
    simulation = Simulation(METHANE, engine, settings(thermostat=thermostat, wall_radius=0.2))
    assert engine.evaluations == 1  # for the first frame
    simulation.set_interactions({"interaction.a": grip(0), "interaction.b": grip(1, 2)})
    for step in range(1, 31):
        simulation.step()
        simulation.frame()
        assert engine.evaluations == 1 + step
    simulation.set_interactions({"interaction.a": grip(0, position=(1, 0, 0))})
    simulation.configure(settings(timestep=0.5))
    simulation.restore(simulation.frame())
    assert engine.evaluations == 31
    simulation.reset()
    assert engine.evaluations == 32


def test_a_frame_holds_what_the_engine_said_of_its_own_positions():
    simulation = harmonic()
    for _ in range(10):
        simulation.step()
    frame, engine = simulation.frame(), simulation.engine
    again = engine.evaluate(frame.positions)
    assert frame.energy == again.energy
    np.testing.assert_array_equal(frame.forces, again.forces)
    assert (frame.step, frame.engine) == (10, "harmonic")
    assert frame.time == pytest.approx(10 * 0.25 * FS)


# Motion -------------------------------------------------------------------------------------------------


def test_a_reset_begins_at_the_starting_geometry_with_new_velocities():
    simulation = harmonic()
    first = simulation.frame()
    for _ in range(50):
        simulation.step()
    simulation.reset()
    again = simulation.frame()
    np.testing.assert_array_equal(again.positions, METHANE.positions)
    assert np.abs(again.velocities - first.velocities).max() > 0


def test_it_starts_without_drifting_away_at_about_the_temperature_asked_for():
    frames = [harmonic(temperature=300.0, seed=seed).frame() for seed in range(300)]
    masses = METHANE.masses[:, None]
    for frame in frames:
        np.testing.assert_allclose((masses * frame.velocities).sum(axis=0), 0.0, atol=1e-10)
    assert np.mean([f.temperature for f in frames]) == pytest.approx(300.0, rel=0.06)


@pytest.mark.parametrize("thermostat", ["nve", "langevin"])
def test_the_same_seed_gives_the_same_trajectory(thermostat):
    def run(seed: int) -> np.ndarray:
        simulation = harmonic(thermostat=thermostat, seed=seed)
        for _ in range(20):
            simulation.step()
        return simulation.frame().positions

    np.testing.assert_array_equal(run(5), run(5))
    assert np.abs(run(5) - run(6)).max() > 0


def test_going_on_from_a_frame_gives_what_would_have_come_without_the_interruption():
    simulation = harmonic()
    for _ in range(10):
        simulation.step()
    kept = simulation.frame()
    for _ in range(20):
        simulation.step()
    expected = simulation.frame()
    simulation.restore(kept)
    assert simulation.engine.forgotten == 1
    for _ in range(20):
        simulation.step()
    again = simulation.frame()
    np.testing.assert_array_equal(again.positions, expected.positions)
    assert (again.step, again.time) == (expected.step, expected.time)


def test_langevin_brings_a_cold_molecule_to_its_temperature():
    cold = Simulation(
        METHANE,
        HarmonicEngine(METHANE.positions),
        settings(thermostat="langevin", temperature=0.0, friction=50.0, timestep=1.0),
    )
    assert cold.frame().temperature == 0.0
    cold.configure(settings(thermostat="langevin", temperature=400.0, friction=50.0, timestep=1.0))
    seen = []
    for step in range(8000):
        cold.step()
        if step > 500:
            seen.append(cold.frame().temperature)
    assert np.mean(seen) == pytest.approx(400.0, rel=0.08)


def test_a_fragment_that_flies_off_comes_back_from_the_wall():
    atom = System("argon", np.array([18]), np.zeros((1, 3)))
    simulation = Simulation(atom, FreeEngine(atom.positions), settings(wall_radius=0.3, temperature=0.0))
    kept = simulation.frame()
    thrown = kept.__class__(**{**vars(kept), "velocities": np.array([[0.2, 0.0, 0.0]])})
    simulation.restore(thrown)
    start, farthest = total_energy(simulation), 0.0
    for _ in range(4000):
        simulation.step()
        here = float(simulation.frame().positions[0, 0])
        farthest = max(farthest, here)
        assert total_energy(simulation) == pytest.approx(start, rel=1e-2)
        if farthest > 3.0 > here:
            break
    assert 3.0 < farthest < 5.0
    assert simulation.frame().velocities[0, 0] == pytest.approx(-0.2, rel=1e-2)


def test_without_a_wall_it_flies_on():
    atom = System("argon", np.array([18]), np.zeros((1, 3)))
    simulation = Simulation(atom, FreeEngine(atom.positions), settings(wall_radius=0.0, temperature=0.0))
    kept = simulation.frame()
    simulation.restore(kept.__class__(**{**vars(kept), "velocities": np.array([[2.0, 0.0, 0.0]])}))
    for _ in range(1000):
        simulation.step()
    assert simulation.frame().positions[0, 0] == pytest.approx(1000 * 0.25 * FS * 2.0)


# Trouble ------------------------------------------------------------------------------------------------


def test_an_atom_torn_out_too_fast_is_said_so_before_the_engine_sees_nonsense():
    simulation = harmonic(timestep=5.0, force_cap=1e6)
    simulation.set_interactions({"interaction.a": grip(1, scale=1e6, max_force=np.inf)})
    evaluations = simulation.engine.evaluations
    with pytest.raises(EngineError, match="too violent"):
        go(simulation, 3)
    assert simulation.engine.evaluations < evaluations + 3


def test_after_the_engine_failed_it_goes_on_from_a_good_frame():
    engine = FailingEngine(METHANE.positions, fails_at=8)
    simulation = Simulation(METHANE, engine, settings())
    go(simulation, 6)
    good = simulation.frame()
    with pytest.raises(EngineError, match="gave up"):
        go(simulation, 20)
    assert good.step == 6
    simulation.restore(good)
    for _ in range(5):
        simulation.step()
    assert simulation.frame().step == 11
    assert total_energy(simulation) == pytest.approx(good.energy + good.kinetic_energy, rel=1e-2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timestep", 0.0),
        ("timestep", 50.0),
        ("timestep", float("nan")),
        ("temperature", -1.0),
        ("temperature", True),
        ("friction", float("inf")),
        ("steps_per_frame", 0),
        ("force_cap", -1.0),
        ("wall_radius", -0.1),
        ("thermostat", "nose-hoover"),
        ("force_law", "newton"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(InputError, match=f"{name} must be"):
        DynamicsSettings(**{name: value})


def test_changed_settings_are_checked_again():
    with pytest.raises(InputError, match="timestep must be"):
        DynamicsSettings().changed({"timestep": 1e9})
    assert DynamicsSettings().changed({"timestep": 1.0}).as_dict()["timestep"] == 1.0
