"""The integrators as physics: reversible, symplectic, of second order, and at the right temperature."""

import numpy as np
import pytest

from atomtug.core.units import BOLTZMANN, FS
from atomtug.server.dynamics.integrators import (
    Motion,
    draw_velocities,
    kinetic_energy,
    langevin_baoab,
    temperature_of,
    velocity_verlet,
    without_drift,
)

STIFFNESS = 20.0  # eV/angstrom^2, about that of a C-H bond
MASSES = np.array([[1.008], [12.011], [14.007]])
START = np.array([[0.05, -0.02, 0.01], [0.03, 0.04, -0.05], [-0.02, 0.01, 0.02]])


def spring(positions):
    return -STIFFNESS * positions


def anharmonic(positions):
    return -STIFFNESS * (positions + 4.0 * positions**2 * np.sign(positions))


def energy(motion: Motion) -> float:
    return kinetic_energy(motion.velocities, MASSES) + 0.5 * STIFFNESS * float(np.sum(motion.positions**2))


def at_rest(force=spring) -> Motion:
    return Motion(START, np.zeros_like(START), force(START))


# Velocity Verlet ----------------------------------------------------------------------------------------


def test_verlet_run_backwards_comes_back_to_where_it_began():
    motion = at_rest(anharmonic)
    for _ in range(500):
        motion = velocity_verlet(motion, anharmonic, 0.5 * FS, MASSES)
    assert np.abs(motion.positions - START).max() > 1e-3
    motion = motion._replace(velocities=-motion.velocities)
    for _ in range(500):
        motion = velocity_verlet(motion, anharmonic, 0.5 * FS, MASSES)
    np.testing.assert_allclose(motion.positions, START, atol=1e-10)
    np.testing.assert_allclose(motion.velocities, 0.0, atol=1e-10)


def test_verlet_neither_gains_nor_loses_energy_in_the_long_run():
    motion = at_rest()
    energies = []
    for _ in range(20_000):
        motion = velocity_verlet(motion, spring, 0.5 * FS, MASSES)
        energies.append(energy(motion))
    energies = np.array(energies) / energy(at_rest()) - 1
    assert np.abs(energies).max() < 0.02
    assert abs(energies[-2000:].mean() - energies[:2000].mean()) < 1e-4


def distance_from_exact(timestep: float, duration: float) -> float:
    motion, frequency = at_rest(), np.sqrt(STIFFNESS / MASSES)
    for _ in range(round(duration / timestep)):
        motion = velocity_verlet(motion, spring, timestep, MASSES)
    return float(np.abs(motion.positions - START * np.cos(frequency * duration)).max())


def test_verlet_is_of_second_order():
    errors = [distance_from_exact(step * FS, 16 * FS) for step in (1.0, 0.5, 0.25)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.1)


def test_verlet_moves_free_atoms_in_straight_lines():
    velocities = np.array([[0.1, 0.0, -0.2], [0.0, 0.3, 0.0], [0.5, 0.5, 0.5]])
    motion = Motion(START, velocities, np.zeros_like(START))
    for _ in range(100):
        motion = velocity_verlet(motion, np.zeros_like, FS, MASSES)
    np.testing.assert_allclose(motion.positions, START + velocities * 100 * FS)
    np.testing.assert_array_equal(motion.velocities, velocities)


@pytest.mark.parametrize("integrator", ["verlet", "baoab"])
def test_the_force_is_asked_for_once_a_step_and_kept_for_the_next(integrator):
    asked = []

    def force(positions):
        asked.append(positions)
        return spring(positions)

    random = np.random.default_rng(0)
    motion = at_rest()
    for count in range(1, 6):
        if integrator == "verlet":
            motion = velocity_verlet(motion, force, FS, MASSES)
        else:
            motion = langevin_baoab(motion, force, FS, MASSES, 300.0, 0.01, random)
        assert len(asked) == count
        np.testing.assert_array_equal(motion.forces, spring(motion.positions))


# Langevin -----------------------------------------------------------------------------------------------


def test_baoab_without_friction_is_newtons_equation():
    ours, theirs = at_rest(), at_rest()
    for _ in range(200):
        ours = langevin_baoab(ours, spring, 0.5 * FS, MASSES, 300.0, 0.0, np.random.default_rng(0))
        theirs = velocity_verlet(theirs, spring, 0.5 * FS, MASSES)
    np.testing.assert_allclose(ours.positions, theirs.positions, atol=1e-10)


def test_baoab_at_zero_kelvin_comes_to_rest():
    motion = at_rest()
    for _ in range(4000):
        motion = langevin_baoab(motion, spring, 0.5 * FS, MASSES, 0.0, 0.5, np.random.default_rng(0))
    assert energy(motion) < 1e-6 * energy(at_rest())


def run_baoab(masses, timestep, temperature, steps, every):
    """Many oscillators at once: samples of positions and velocities after they have forgotten the start."""
    random = np.random.default_rng(42)
    positions = np.zeros((len(masses), 3))
    motion = Motion(positions, draw_velocities(masses, temperature, random), spring(positions))
    places, speeds = [], []
    for step in range(steps):
        motion = langevin_baoab(motion, spring, timestep, masses, temperature, 0.3, random)
        if step >= steps // 4 and step % every == 0:
            places.append(motion.positions)
            speeds.append(motion.velocities)
    return np.array(places), np.array(speeds)


@pytest.mark.parametrize("timestep", [0.25, 1.0])
def test_baoab_samples_positions_as_boltzmann_says_at_any_time_step(timestep):
    # Exact for the harmonic oscillator (Leimkuhler & Matthews 2013), so it may not depend on the step.
    masses = np.repeat(MASSES, 400, axis=0)
    places, _ = run_baoab(masses, timestep * FS, 300.0, 1200, 20)
    for k in range(3):
        spread = np.mean(places[:, 400 * k : 400 * (k + 1)] ** 2)
        assert spread == pytest.approx(BOLTZMANN * 300.0 / STIFFNESS, rel=0.04)


def test_baoab_gives_every_element_its_share_of_kinetic_energy():
    masses = np.repeat(MASSES, 400, axis=0)
    _, speeds = run_baoab(masses, 0.25 * FS, 450.0, 1200, 20)
    for k in range(3):
        part = slice(400 * k, 400 * (k + 1))
        kinetic = 0.5 * np.mean(np.sum(masses[part] * speeds[:, part] ** 2, axis=2))
        assert kinetic == pytest.approx(1.5 * BOLTZMANN * 450.0, rel=0.03)


def test_baoab_is_in_detailed_balance():
    # At equilibrium, going from the left well side to the right is as frequent as going back, and the
    # correlation of position now with velocity later is odd in time.
    masses = np.repeat(MASSES[:1], 2000, axis=0)
    places, speeds = run_baoab(masses, 0.5 * FS, 300.0, 800, 1)
    x, v, lag = places[..., 0], speeds[..., 0], 8
    forward = np.mean(x[:-lag] * v[lag:])
    backward = np.mean(v[:-lag] * x[lag:])
    scale = np.sqrt(np.mean(x**2) * np.mean(v**2))
    assert abs(forward) > 0.2 * scale  # it does depend on the past
    assert forward + backward == pytest.approx(0.0, abs=0.02 * scale)


def test_the_same_seed_gives_the_same_way():
    def run(seed):
        motion, random = at_rest(), np.random.default_rng(seed)
        for _ in range(20):
            motion = langevin_baoab(motion, spring, FS, MASSES, 300.0, 0.1, random)
        return motion.positions

    np.testing.assert_array_equal(run(1), run(1))
    assert np.abs(run(1) - run(2)).max() > 1e-4


# Velocities ---------------------------------------------------------------------------------------------


def test_velocities_are_drawn_as_maxwell_and_boltzmann_say():
    masses = np.repeat(MASSES, 5000, axis=0)
    velocities = draw_velocities(masses, 300.0, np.random.default_rng(3))
    for k in range(3):
        part = slice(5000 * k, 5000 * (k + 1))
        np.testing.assert_allclose(
            np.var(velocities[part], axis=0), BOLTZMANN * 300.0 / MASSES[k, 0], rtol=0.06
        )
        np.testing.assert_allclose(
            np.mean(velocities[part], axis=0), 0.0, atol=0.05 * np.std(velocities[part])
        )


def test_temperature_is_kinetic_energy_in_other_words():
    masses = np.repeat(MASSES, 5000, axis=0)
    velocities = draw_velocities(masses, 300.0, np.random.default_rng(3))
    assert temperature_of(kinetic_energy(velocities, masses), 45_000) == pytest.approx(300.0, rel=0.02)
    assert temperature_of(1.5 * BOLTZMANN * 77.0, 3) == pytest.approx(77.0)


def test_without_drift_the_centre_of_mass_rests_and_nothing_else_changes():
    velocities = np.random.default_rng(0).normal(size=(3, 3)) + 5.0
    resting = without_drift(velocities, MASSES)
    np.testing.assert_allclose((MASSES * resting).sum(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(np.diff(resting, axis=0), np.diff(velocities, axis=0))
