"""Pairs may reach further than triples."""

import numpy as np
import pytest
from potential_helpers import distorted, small_model

from atomtug.potential import Evaluator, SymmetryFunctions
from atomtug.potential.nearby import list_sizes
from atomtug.trainer.fit.describing import raw_features
from atomtug.trainer.fit.samples import Sample

APART = SymmetryFunctions(4, 0.8, 4.5, 1.7, r_angular=2.5, n_radial=5)


@pytest.mark.slow
def test_the_lists_and_every_pair_give_the_same_and_forces_are_the_slope():
    numbers, positions = distorted("ethane")
    whole = Evaluator(small_model(symmetry=APART), numbers, "float64")
    listed = Evaluator(small_model(symmetry=APART), numbers, "float64")
    order = np.argsort(numbers, kind="stable")
    rows = whole.arguments(positions).rows
    plain = type(listed.layout)(listed.layout.rows, 1, 0, 0)
    sizes = list_sizes(positions[order], rows, plain, APART.r_cut, APART.angular_cutoff)
    listed.layout = plain.grown(*sizes)
    one, two = whole.evaluate(positions), listed.evaluate(positions)
    np.testing.assert_allclose(two.members, one.members, rtol=1e-12)
    np.testing.assert_allclose(two.forces, one.forces, atol=1e-10)
    shift = np.zeros_like(positions)
    shift[0, 1] = 1e-5
    rise = listed.evaluate(positions + shift).energy - listed.evaluate(positions - shift).energy
    assert two.forces[0, 1] == pytest.approx(-rise / 2e-5, abs=1e-6)


@pytest.mark.slow
def test_training_describes_the_same():
    import jax.numpy as jnp

    from atomtug.potential import arrange, describe
    from atomtug.potential.layout import Layout

    numbers, positions = distorted("methane")
    arrangement = arrange([numbers], (1, 6, 7))
    rows = positions[arrangement.order]
    empty = Layout(arrangement.counts, 1, 0, 0)
    layout = empty.grown(*list_sizes(rows, arrangement.rows, empty, APART.r_cut, APART.angular_cutoff))
    theirs, _ = describe(APART, jnp.asarray(rows, jnp.float32), arrangement.rows, layout)
    ours = np.concatenate(
        raw_features(APART, [Sample("m", "t", 0, numbers, positions, 0.0, None)], (1, 6, 7))
    )
    np.testing.assert_allclose(ours, np.asarray(theirs), atol=2e-5)
