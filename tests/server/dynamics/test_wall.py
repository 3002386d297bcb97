"""The wall that keeps fragments in reach: nothing inside, smooth at its edge, and an honest potential."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from atomtug.server.dynamics.wall import (
    MARGIN,
    STIFFNESS,
    STRONGEST,
    Confinement,
    centring_force,
    confining_force,
    default_radius,
    wall_force,
)

RADIUS = 8.0
anywhere = arrays.arrays(np.float64, (4, 3), elements=st.floats(-20.0, 20.0))


@given(positions=arrays.arrays(np.float64, (4, 3), elements=st.floats(-4.6, 4.6)))
def test_inside_there_is_no_wall(positions):
    energy, forces = wall_force(positions, RADIUS)
    assert energy == 0.0
    np.testing.assert_array_equal(forces, np.zeros((4, 3)))


@given(positions=anywhere)
def test_the_force_is_minus_the_gradient_of_the_energy(positions):
    step = 1e-5
    numerical = np.zeros((4, 3))
    for i, k in np.ndindex(4, 3):
        moved = [positions.copy(), positions.copy()]
        moved[0][i, k] -= step
        moved[1][i, k] += step
        numerical[i, k] = (wall_force(moved[0], RADIUS)[0] - wall_force(moved[1], RADIUS)[0]) / (2 * step)
    np.testing.assert_allclose(wall_force(positions, RADIUS)[1], numerical, atol=1e-5)


@given(positions=anywhere)
def test_it_pushes_inwards_and_never_harder_than_it_says(positions):
    _, forces = wall_force(positions, RADIUS)
    assert np.all(np.einsum("ik,ik->i", forces, positions) <= 0.0)
    assert np.linalg.norm(forces, axis=1).max() <= STRONGEST * (1 + 1e-12)


@pytest.mark.parametrize("where", [RADIUS, RADIUS + STRONGEST / STIFFNESS])
def test_energy_and_force_are_continuous_where_the_wall_begins_and_where_it_turns_linear(where):
    either = [wall_force(np.array([[where + side, 0.0, 0.0]]), RADIUS) for side in (-1e-9, 1e-9)]
    assert either[0][0] == pytest.approx(either[1][0], abs=1e-8)
    np.testing.assert_allclose(either[0][1], either[1][1], atol=1e-8)


def test_the_default_wall_leaves_the_starting_geometry_alone():
    positions = np.random.default_rng(0).normal(scale=5.0, size=(30, 3))
    radius = default_radius(positions)
    assert wall_force(positions, radius)[0] == 0.0
    assert radius == pytest.approx(np.linalg.norm(positions, axis=1).max() + MARGIN)


def test_no_wall_is_a_wall_at_infinity():
    energy, forces = wall_force(np.full((2, 3), 1e6), np.inf)
    assert energy == 0.0
    np.testing.assert_array_equal(forces, np.zeros((2, 3)))


@given(positions=anywhere)
def test_wall_and_restraint_together_are_an_honest_potential(positions):
    masses = np.array([[12.0], [1.0], [14.0], [16.0]])
    kept = Confinement(np.array([1.0, -2.0, 0.5]), RADIUS, 0.03)
    step = 1e-5
    numerical = np.zeros((4, 3))
    for i, k in np.ndindex(4, 3):
        moved = [positions.copy(), positions.copy()]
        moved[0][i, k] -= step
        moved[1][i, k] += step
        energies = [confining_force(each, masses, kept)[0] for each in moved]
        numerical[i, k] = (energies[0] - energies[1]) / (2 * step)
    np.testing.assert_allclose(confining_force(positions, masses, kept)[1], numerical, atol=1e-4)


@given(positions=anywhere)
def test_the_restraint_gives_all_atoms_the_same_acceleration(positions):
    masses = np.array([[12.0], [1.0], [14.0], [16.0]])
    energy, forces = centring_force(positions, masses, 0.03)
    assert energy >= 0.0
    np.testing.assert_allclose(forces / masses, np.tile(forces[0] / masses[0], (4, 1)), atol=1e-12)
