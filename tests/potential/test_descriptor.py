"""The compiled descriptor against the formulas in plain loops."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from potential_helpers import SYMMETRY, distorted, in_rows
from reference_potential import symmetry_functions

from atomtug.core.errors import InputError
from atomtug.potential import SymmetryFunctions, describe

PAPER = SymmetryFunctions(16, 0.8, 3.0959, 1.7612)
compiled = jax.jit(describe, static_argnums=(0, 3))


def features(symmetry, numbers, positions, dtype=jnp.float64):
    """By our code, atoms in their own order."""
    x, arrangement, layout = in_rows([(numbers, positions)], symmetry=symmetry)
    with jax.enable_x64(dtype == jnp.float64):
        result, lists = compiled(symmetry, jnp.asarray(x, dtype), arrangement.rows, layout)
        assert layout.fits(int(lists.pairs), int(lists.chunks))
        return np.asarray(result)[np.argsort(arrangement.order)]


def expected(symmetry, numbers, positions):
    return symmetry_functions(
        symmetry.n_basis, symmetry.r_min, symmetry.r_cut, symmetry.tau, [1, 6, 7], numbers, positions
    )


@pytest.mark.parametrize("symmetry", [SYMMETRY, PAPER, SymmetryFunctions(9, 0.5, 4.5, 1.06)])
def test_features_are_those_of_the_formulas(symmetry):
    numbers, positions = distorted("isobutane")
    wanted = expected(symmetry, numbers, positions)
    np.testing.assert_allclose(features(symmetry, numbers, positions), wanted, rtol=1e-9, atol=1e-10)


def test_single_precision_is_as_good_as_its_digits():
    numbers, positions = distorted("isobutane")
    single = features(PAPER, numbers, positions, jnp.float32)
    np.testing.assert_allclose(single, expected(PAPER, numbers, positions), atol=1e-4)


def test_there_are_as_many_features_as_the_paper_has():
    assert PAPER.size(3) == 1584


def test_atoms_in_a_line_have_finite_forces():
    numbers = np.array([6, 7, 1])
    positions = np.array([[0.0, 0, 0], [1.15, 0, 0], [-1.07, 0, 0]])
    x, arrangement, layout = in_rows([(numbers, positions)])
    gradient = jax.grad(lambda x: jnp.sum(describe(SYMMETRY, x, arrangement.rows, layout)[0] ** 2))
    result = jax.jit(gradient)(jnp.asarray(x, jnp.float32))
    assert np.all(np.isfinite(result))
    np.testing.assert_allclose(np.asarray(result)[:, 1:], 0.0, atol=1e-3)  # none out of the line


def test_a_lone_atom_has_no_features():
    result = features(SYMMETRY, np.array([6]), np.zeros((1, 3)))
    np.testing.assert_array_equal(result, np.zeros((1, SYMMETRY.size(3))))


def test_a_spare_row_has_no_features():
    numbers, positions = distorted("methane")
    x, arrangement, layout = in_rows([(numbers, positions)], counts=(6, 3, 1))
    result, _ = compiled(SYMMETRY, jnp.asarray(x, jnp.float32), arrangement.rows, layout)
    assert np.all(np.asarray(result)[arrangement.order < 0] == 0.0)
    tight = features(SYMMETRY, numbers, positions)
    ours = np.asarray(result)[arrangement.order >= 0]
    np.testing.assert_allclose(ours, tight[arrangement.order[arrangement.order >= 0]], atol=1e-5)


@pytest.mark.parametrize(
    "numbers", [(1, 0.8, 3.1, 1.7), (16, 3.2, 3.1, 1.7), (16, 0.8, 3.1, 1.0), (16, 0.8, np.nan, 2)]
)
def test_numbers_without_a_descriptor_are_refused(numbers):
    with pytest.raises(InputError, match="No symmetry functions"):
        SymmetryFunctions(*numbers)
