"""Powers by polynomials, and vectors by double precision: what single precision would lose is not lost."""

import jax.numpy as jnp
import numpy as np
import pytest
from potential_helpers import distorted, small_model

from atomtug.potential import Evaluator
from atomtug.potential.powers import power


@pytest.mark.parametrize("exponent", [0.7, 4.0, 7.65, 11.08, 30.5])
def test_powers_are_powers_to_single_precision(exponent):
    x = np.linspace(1e-6, 1.0, 2001).astype(np.float32)
    exact = x.astype(np.float64) ** (2.0 * exponent)
    ours = np.asarray(power(jnp.asarray(x), exponent), np.float64)
    # Rounding at each multiplication, and what the exponent makes of it.
    np.testing.assert_allclose(ours, exact, rtol=0.0, atol=2e-7 * max(1.0, exponent**0.5))


@pytest.mark.slow
def test_far_from_the_origin_energies_and_forces_are_the_same():
    numbers, positions = distorted()
    evaluator = Evaluator(small_model(), numbers)
    here, there = (evaluator.evaluate(positions + shift) for shift in (0.0, 1024.0))
    assert there.energy == pytest.approx(here.energy, abs=1e-6)
    np.testing.assert_allclose(there.forces, here.forces, atol=1e-5)
