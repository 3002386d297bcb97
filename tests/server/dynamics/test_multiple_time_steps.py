"""A cheap engine that moves the atoms and a slow one that corrects it every few steps."""

from dataclasses import replace

import numpy as np
import pytest
from toy_engines import FailingEngine, HarmonicEngine, SwitchingEngine

from atomtug.core.errors import EngineError
from atomtug.core.systems import load_system
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import MtsName, MultipleTimeStepping
from atomtug.server.engines.multiple_time_steps import MtsEngine

METHANE = load_system("methane")
CALM = DynamicsSettings(timestep=0.5, thermostat="nve", wall_radius=0.0, seed=3)


def split(interval: int, slow: HarmonicEngine | None = None) -> tuple[MtsEngine, HarmonicEngine]:
    """Springs that differ in strength and place, and the slow one of the two."""
    slow = slow or HarmonicEngine(METHANE.positions, 6.0)
    cheap = HarmonicEngine(METHANE.positions + 0.05, 5.0)
    return MtsEngine(MtsName("slow", "cheap", interval), slow, cheap), slow


def go(simulation: Simulation, steps: int) -> None:
    for _ in range(steps):
        simulation.step()


def total_energy(simulation: Simulation) -> float:
    frame = simulation.frame()
    return frame.energy + frame.kinetic_energy


def test_the_slow_engine_is_asked_at_every_nth_step_and_the_cheap_one_at_all():
    engine, slow = split(4)
    simulation = Simulation(METHANE, engine, CALM)
    assert isinstance(engine, MultipleTimeStepping)
    for steps, asked in ((3, 1), (1, 2), (7, 3), (1, 4)):
        go(simulation, steps)
        assert slow.evaluations == asked


def test_at_every_step_it_is_the_slow_engine_alone():
    engine, _ = split(1)
    both = Simulation(METHANE, engine, CALM)
    alone = Simulation(METHANE, HarmonicEngine(METHANE.positions, 6.0), CALM)
    go(both, 50)
    go(alone, 50)
    np.testing.assert_allclose(both.frame().positions, alone.frame().positions, atol=1e-10)
    np.testing.assert_allclose(both.frame().forces, alone.frame().forces, atol=1e-9)


def test_what_is_told_is_the_slow_engines_and_no_impulse():
    engine, slow = split(4)
    simulation = Simulation(METHANE, engine, CALM)
    for step in range(1, 9):
        simulation.step()
        frame = simulation.frame()
        truth = slow.evaluate(frame.positions)
        exact = step % 4 == 0
        assert frame.energy == pytest.approx(truth.energy, abs=1e-12 if exact else 2e-2)
        np.testing.assert_allclose(frame.forces, truth.forces, atol=1e-12 if exact else 0.1)


def test_energy_is_conserved_and_motion_can_be_turned_back():
    engine, _ = split(5)
    simulation = Simulation(METHANE, engine, CALM)
    start, before = METHANE.positions, total_energy(simulation)
    largest = 0.0
    for _ in range(80):
        go(simulation, 5)
        largest = max(largest, abs(total_energy(simulation) - before))
    assert 1e-6 < largest < 1e-2
    state = simulation.state()
    back = replace(state.frame, velocities=-state.frame.velocities)
    simulation.take_over(replace(state, frame=back))
    go(simulation, 400)
    np.testing.assert_allclose(simulation.frame().positions, start, atol=1e-8)


def test_the_impulses_are_worth_the_forces_they_stand_for():
    """Even where the slow engine pulls evenly and the cheap one not at all."""

    class Even(HarmonicEngine):
        def evaluate(self, positions):
            result = super().evaluate(positions)
            return result._replace(energy=-0.1 * positions[:, 0].sum(), forces=np.full_like(positions, 0.1))

    engine = MtsEngine(
        MtsName("slow", "cheap", 4), Even(METHANE.positions), HarmonicEngine(METHANE.positions, 0.0)
    )
    split_up = Simulation(METHANE, engine, CALM)
    plain = Simulation(METHANE, Even(METHANE.positions), CALM)
    go(split_up, 6)
    go(plain, 6)
    split_up.restore(split_up.frame())  # between two impulses: the next step corrects, and counts from there
    go(split_up, 9)
    go(plain, 9)
    np.testing.assert_allclose(split_up.frame().velocities, plain.frame().velocities, atol=1e-12)


@pytest.mark.parametrize("jump", ["reset", "go back", "restore", "take over"])
def test_after_a_jump_the_slow_engine_is_asked_at_once(jump):
    engine, slow = split(4)
    simulation = Simulation(METHANE, engine, CALM)
    go(simulation, 2)
    early = simulation.frame()
    go(simulation, 3)
    asked = slow.evaluations
    match jump:
        case "reset":
            simulation.reset()
        case "go back":
            simulation.go_back(early)
        case "restore":
            simulation.restore(early)
        case _:
            simulation.take_over(simulation.state())
    simulation.step()
    assert slow.evaluations == asked + 1
    go(simulation, 3 if jump in ("reset", "take over") else 4)
    assert slow.evaluations == asked + 2


def test_a_geometry_that_was_asked_for_elsewhere_is_not_taken_for_the_step_before():
    engine, slow = split(4)
    simulation = Simulation(METHANE, engine, CALM)
    simulation.rehearse(METHANE.positions + 3.0)
    asked = slow.evaluations
    simulation.step()
    assert slow.evaluations == asked + 1


def test_where_the_slow_engine_fails_the_next_step_asks_it_again():
    engine, slow = split(3, FailingEngine(METHANE.positions, 2))
    simulation = Simulation(METHANE, engine, CALM)
    good = simulation.frame()
    with pytest.raises(EngineError, match="gave up"):
        go(simulation, 3)
    simulation.restore(good)
    simulation.step()
    assert slow.evaluations == 3


def test_a_change_of_state_is_told_once():
    slow = SwitchingEngine(METHANE.positions, 3, lower_by=1.0)
    simulation = Simulation(METHANE, split(3, slow)[0], CALM)
    go(simulation, 9)
    (change,) = simulation.pop_state_changes()
    assert (change.step, change.before - change.after) == (6, pytest.approx(1.0))


def test_atoms_that_relax_feel_the_slow_engine_at_every_step():
    engine, slow = split(4)
    simulation = Simulation(METHANE, engine, replace(CALM, thermostat="relax"))
    go(simulation, 20)
    assert slow.evaluations == 21
    simulation.configure(replace(CALM, thermostat="nve"))
    go(simulation, 4)
    assert slow.evaluations == 22


def test_too_long_an_outer_step_is_refused_and_nothing_has_changed():
    engine, _ = split(6)
    simulation = Simulation(METHANE, engine, CALM)
    with pytest.raises(EngineError, match="every 6 steps, which are 6 fs with a time step of 1 fs"):
        simulation.configure(replace(CALM, timestep=1.0))
    assert simulation.settings == CALM
    other = Simulation(METHANE, HarmonicEngine(METHANE.positions), replace(CALM, timestep=1.0))
    with pytest.raises(EngineError, match=r"at most 0\.5 fs"):
        simulation.take_over(other.state())
    with pytest.raises(EngineError, match="smaller n"):
        Simulation(METHANE, engine, replace(CALM, timestep=0.51))
