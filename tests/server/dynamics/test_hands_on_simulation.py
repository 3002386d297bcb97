"""Hands on a simulation: the forces that frames show, and work that is the change of the total energy."""

import numpy as np
import pytest
from simulation_helpers import METHANE, go, grip, harmonic, settings, total_energy

from atomtug.core.units import KCALMOL_PER_EV, KJMOL_NM_PER_FORCE, NM_PER_ANGSTROM
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine


def test_a_counter_force_leaves_the_molecule_where_it_is_and_the_work_adds_up():
    simulation = harmonic(seed=3)
    before = total_energy(simulation)
    rest = np.array([0, 2, 3, 4, 5, 6])
    simulation.set_interactions({"interaction.a": grip(1, scale=500.0, counter_particles=rest)})
    go(simulation, 100)
    frame = simulation.frame()
    np.testing.assert_allclose(frame.user_forces.sum(axis=0), 0.0, atol=1e-12)
    shares = np.linalg.norm(frame.user_forces, axis=1)[rest] / METHANE.masses[rest]
    np.testing.assert_allclose(shares, shares[0])
    assert frame.user_work > 0.05
    assert total_energy(simulation) - before == pytest.approx(frame.user_work, abs=2e-3)


def test_a_hand_follows_another_limit_and_law_at_once_and_the_work_adds_up():
    simulation = harmonic(seed=3)
    before = total_energy(simulation)
    simulation.set_interactions({"interaction.a": grip(1, scale=2000.0)})
    go(simulation, 20)
    free = np.abs(simulation.frame().user_forces).max() * KJMOL_NM_PER_FORCE
    simulation.configure(settings(force_cap=100.0))
    frame = simulation.frame()
    assert np.abs(frame.user_forces).max() * KJMOL_NM_PER_FORCE == pytest.approx(100.0)
    assert free > 500.0
    go(simulation, 20)
    simulation.configure(settings(force_cap=100.0, force_law="nanover-2026"))
    pulled = simulation.frame().user_forces[1] * KJMOL_NM_PER_FORCE
    assert np.linalg.norm(pulled) == pytest.approx(
        100.0
    )  # this law limits the length, the other each component
    go(simulation, 40)
    assert total_energy(simulation) - before == pytest.approx(simulation.frame().user_work, abs=2e-3)


# Energy -------------------------------------------------------------------------------------------------


def test_total_energy_is_conserved_without_a_hand():
    simulation = harmonic()
    start = total_energy(simulation)
    energies = []
    for _ in range(4000):
        simulation.step()
        energies.append(total_energy(simulation))
    assert np.abs(np.array(energies) - start).max() < 2e-3 * start


def pulled_about(simulation: Simulation, steps: int, law_scale: float = 100.0) -> tuple[float, float]:
    """(change of total energy, work) of a hand that takes the radical's carbon, leads it about, and lets go."""
    start = total_energy(simulation)
    home = METHANE.positions[5] * NM_PER_ANGSTROM
    every = steps // 20
    for step in range(steps):
        if step % every == 0:
            angle = step / steps * 5
            place = home + 0.15 * np.array([np.cos(angle) - 1, np.sin(angle), 0.3 * angle])
            simulation.set_interactions({"interaction.hand": grip(5, position=place, scale=law_scale)})
        simulation.step()
    simulation.set_interactions({})
    simulation.step()
    return total_energy(simulation) - start, simulation.frame().user_work


@pytest.mark.parametrize("law", ["narupa", "nanover-2026"])
def test_the_work_of_a_moving_hand_is_the_change_of_total_energy(law):
    scale = 100.0 if law == "narupa" else 1200.0
    simulation = harmonic(force_law=law, temperature=100.0)
    change, work = pulled_about(simulation, 2000, scale)
    assert abs(work) > 0.05
    assert work == pytest.approx(change, rel=5e-3, abs=1e-3)


def test_what_is_missing_between_work_and_energy_shrinks_with_the_square_of_the_time_step():
    def missing(timestep: float, steps: int) -> float:
        change, work = pulled_about(harmonic(timestep=timestep, temperature=0.0), steps)
        return abs(change - work)

    coarse, fine = missing(1.0, 500), missing(0.25, 2000)
    assert coarse > 10 * fine  # 16 by the square, 4 if it were only linear
    assert coarse > 1e-9  # else nothing was measured


def test_work_and_energy_agree_on_pm6():
    simulation = Simulation(METHANE, create_engine("pm6", METHANE), settings(timestep=0.25, seed=4))
    change, work = pulled_about(simulation, 600)
    assert abs(work) > 0.05
    assert abs(work - change) * KCALMOL_PER_EV < 0.1


def test_work_counts_the_hands_that_are_cut_by_the_cap():
    simulation = harmonic(force_cap=300.0, temperature=0.0)
    change, work = pulled_about(simulation, 2000, 1e5)
    assert np.abs(simulation.frame().user_forces).max() == 0.0
    assert work > 0.01
    assert work == pytest.approx(change, rel=2e-2)


# Hands --------------------------------------------------------------------------------------------------


def test_the_force_in_a_frame_is_the_one_that_acts_at_its_positions():
    simulation = harmonic()
    simulation.set_interactions({"interaction.a": grip(1, position=(1.0, 0, 0))})
    for _ in range(7):
        simulation.step()
    frame = simulation.frame()
    mass, place = METHANE.masses[1], frame.positions[1] * NM_PER_ANGSTROM
    expected = 100.0 * mass * 2.0 * (np.array([1.0, 0, 0]) - place)
    np.testing.assert_allclose(frame.user_forces[1] * KJMOL_NM_PER_FORCE, expected)
    np.testing.assert_array_equal(np.delete(frame.user_forces, 1, axis=0), 0.0)
    np.testing.assert_allclose(frame.total_forces, frame.forces + frame.user_forces + frame.wall_forces)
    [applied] = frame.interactions
    assert applied.key == "interaction.a"
    assert frame.user_energy == applied.energy > 0


def test_a_hand_on_its_way_is_in_each_frame_where_it_pulled_from():
    simulation = harmonic()
    simulation.set_interactions({"interaction.a": grip(1, position=(0.0, 0, 0))})
    go(simulation, 10)
    simulation.set_interactions({"interaction.a": grip(1, position=(0.1, 0, 0))})
    for step in range(1, 11):
        simulation.step()
        frame = simulation.frame()
        [hand] = frame.interactions
        # It rested, and yet it moves in the first step; one frame of five steps later it has arrived.
        assert hand.position[0] * NM_PER_ANGSTROM == pytest.approx(min(0.02 * step, 0.1))
        pull = 100.0 * METHANE.masses[1] * 2.0 * (hand.position - frame.positions[1]) * NM_PER_ANGSTROM
        np.testing.assert_allclose(frame.user_forces[1] * KJMOL_NM_PER_FORCE, pull)


def test_letting_go_with_reset_velocities_redraws_those_of_the_held_atoms_only():
    simulation = harmonic(temperature=300.0)
    simulation.set_interactions(
        {"interaction.a": grip(1, 3, reset_velocities=True), "interaction.b": grip(2)}
    )
    for _ in range(5):
        simulation.step()
    before = simulation.frame().velocities
    simulation.set_interactions({})
    after = simulation.frame().velocities
    changed = np.any(before != after, axis=1)
    assert np.flatnonzero(changed).tolist() == [1, 3]
    assert simulation.frame().positions is not before


def test_redrawn_velocities_have_the_temperature_of_the_thermostat():
    simulation = harmonic(temperature=300.0)
    drawn = []
    for _ in range(1500):
        simulation.set_interactions({"interaction.a": grip(1, reset_velocities=True)})
        simulation.set_interactions({})
        drawn.append(simulation.frame().velocities[1])
    kinetic = 0.5 * METHANE.masses[1] * np.mean(np.sum(np.square(drawn), axis=1))
    assert kinetic == pytest.approx(1.5 * 8.617333262e-5 * 300.0, rel=0.08)


def test_letting_go_without_reset_velocities_leaves_all_as_they_are():
    simulation = harmonic()
    simulation.set_interactions({"interaction.a": grip(1)})
    simulation.step()
    before = simulation.frame().velocities
    simulation.set_interactions({})
    np.testing.assert_array_equal(simulation.frame().velocities, before)


def test_a_hand_on_atoms_that_this_system_lacks_is_left_out():
    simulation = harmonic()
    simulation.set_interactions({"interaction.old": grip(0, 90), "interaction.new": grip(1)})
    simulation.step()
    assert [applied.key for applied in simulation.frame().interactions] == ["interaction.new"]


def test_hands_keep_their_hold_through_a_reset():
    simulation = harmonic()
    simulation.set_interactions({"interaction.a": grip(1)})
    for _ in range(3):
        simulation.step()
    simulation.reset()
    frame = simulation.frame()
    assert (frame.step, frame.time, frame.user_work) == (0, 0.0, 0.0)
    assert [applied.key for applied in frame.interactions] == ["interaction.a"]
