"""What single precision costs: the shipped network of a large molecule against the same in double precision."""

import numpy as np
import pytest

from atomtug.core.shipped import find_model
from atomtug.core.systems import load_system
from atomtug.potential import Evaluator, load_model


@pytest.mark.slow
def test_the_shipped_network_keeps_its_digits_on_squalane():
    system = load_system("squalane")
    model = load_model(find_model("alkanes"))
    single, double = (Evaluator(model, system.numbers, each) for each in ("float32", "float64"))
    random = np.random.default_rng(0)
    for amount in (0.0, 0.03, 0.05):
        positions = system.positions + random.normal(0.0, amount, system.positions.shape)
        ours, wanted = single.evaluate(positions), double.evaluate(positions)
        assert ours.energy == pytest.approx(wanted.energy, abs=1e-5)
        np.testing.assert_allclose(ours.forces, wanted.forces, rtol=0.0, atol=5e-5)
