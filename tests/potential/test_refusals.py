"""What no network can know gives a sentence, not a number."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from potential_helpers import distorted, in_rows, small_model

from atomtug.core.errors import EngineError, InputError
from atomtug.potential import Architecture, Evaluator, arrange


@pytest.fixture(scope="module")
def evaluator():
    return Evaluator(small_model(), distorted("methane")[0])


def test_an_element_never_seen():
    with pytest.raises(InputError, match=r"knows H, C, N but not O, S"):
        Evaluator(small_model(), np.array([6, 8, 16]))


def test_no_atoms():
    with pytest.raises(InputError, match="no atoms"):
        Evaluator(small_model(), np.array([], dtype=np.int64))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_position_that_is_no_number(evaluator, bad):
    positions = distorted("methane")[1]
    positions[2, 1] = bad
    with pytest.raises(EngineError, match="not a number"):
        evaluator.evaluate(positions)


def test_positions_of_other_atoms(evaluator):
    with pytest.raises(EngineError, match="7 atoms"):
        evaluator.evaluate(np.zeros((3, 3)))


@pytest.mark.parametrize("distance", [0.0, 0.2])
def test_atoms_on_top_of_each_other(evaluator, distance):
    positions = distorted("methane")[1]
    positions[1] = positions[0] + [distance, 0.0, 0.0]
    with pytest.raises(EngineError, match="angstrom apart"):
        evaluator.evaluate(positions)
    evaluator.evaluate(distorted("methane")[1])  # and goes on with the next geometry


def test_weights_that_overflow():
    model = small_model()
    network = model.parameters[0]
    huge = network[-1]._replace(weight=jnp.full_like(network[-1].weight, 3e38))
    model = replace(model, parameters=((*network[:-1], huge), *model.parameters[1:]))
    numbers, positions = distorted("methane")
    with pytest.raises(EngineError, match="not a number"):
        Evaluator(model, numbers).evaluate(positions)


def test_a_batch_too_small_for_its_molecules():
    molecules = [distorted("methane")]
    with pytest.raises(InputError, match="rows for"):
        in_rows(molecules, counts=(3, 2, 1))
    with pytest.raises(InputError, match="7 atoms"):
        arrange([molecules[0][0]], (1, 6, 7), width=5)


@pytest.mark.parametrize(
    "wrong",
    [{"elements": ()}, {"elements": (6, 1)}, {"hidden": ()}, {"activation": "relu6"}, {"members": 0}],
)
def test_an_architecture_that_is_none(wrong):
    with pytest.raises(InputError):
        Architecture(**{"elements": (1, 6), **wrong})
