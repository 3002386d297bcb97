"""What the atoms of a molecule can't be neighbours of is left out: the energy is that of all features."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from potential_helpers import SYMMETRY, small_model
from reference_potential import energies as reference_energies

from atomtug.potential import Evaluator, Layout
from atomtug.potential.descriptor import present_features
from atomtug.potential.running import running_max, running_sum


def test_pairs_of_elements_without_atoms_enough_are_left_out():
    assert Layout((4, 2, 1), 1, 0, 0).neighbour_elements == ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2))
    assert Layout((0, 1, 2), 1, 0, 0).neighbour_elements == ((1, 2), (2, 2))
    every, fewer = (present_features(SYMMETRY, Layout(rows, 1, 0, 0)) for rows in ((2, 2, 2), (2, 0, 1)))
    assert every.tolist() == list(range(SYMMETRY.size(3)))
    assert fewer.tolist() == list(range(12 + 16)) + list(range(12 + 2 * 16, 12 + 3 * 16))


@pytest.mark.slow
@pytest.mark.parametrize("numbers", [[1], [6, 7], [6, 1, 1], [7, 7, 6]])
def test_the_energy_is_that_of_all_features(numbers):
    numbers = np.array(numbers)
    positions = np.array([[0.0, 0, 0], [1.1, 0.3, 0], [-0.4, 1.2, 0.5]])[: len(numbers)]
    model = small_model()
    result = Evaluator(model, numbers, "float64").evaluate(positions)
    np.testing.assert_allclose(result.members, reference_energies(model, numbers, positions), rtol=1e-11)


def test_running_sums_and_maxima():
    values = np.random.default_rng(0).integers(0, 9, 40)
    np.testing.assert_array_equal(jax.jit(running_sum)(jnp.asarray(values)), np.cumsum(values))
    np.testing.assert_array_equal(jax.jit(running_max)(jnp.asarray(values)), np.maximum.accumulate(values))
