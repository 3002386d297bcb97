"""The spread of the members' forces, by weighting the members."""

from dataclasses import replace

import numpy as np
import pytest
from potential_helpers import distorted, small_model

from atomtug.potential import Evaluator, SpreadCalibration, member
from atomtug.potential.force_spread import EVERY, LONG, ForceSpread, contrasts

NUMBERS, POSITIONS = distorted()


def test_contrasts_are_orthonormal_and_add_up_to_nothing():
    rows = contrasts(5)
    np.testing.assert_allclose(rows @ rows.T, np.eye(4), atol=1e-14)
    np.testing.assert_allclose(rows.sum(axis=1), 0.0, atol=1e-14)


@pytest.fixture(scope="module")
def committee():
    model = replace(small_model(), calibration=SpreadCalibration(2.0, 0.5, 1.5))
    return model, Evaluator(model, NUMBERS, "float64")


def test_it_is_the_standard_deviation_of_the_members_forces(committee):
    model, evaluator = committee
    alone = replace(model.architecture, members=1)
    ones = [
        replace(model, architecture=alone, parameters=member(model.parameters, index))
        for index in range(model.architecture.members)
    ]
    forces = np.array([Evaluator(one, NUMBERS, "float64").evaluate(POSITIONS).forces for one in ones])
    mean = evaluator.evaluate(POSITIONS).forces
    spread = ForceSpread(model, evaluator.forces_by).at(POSITIONS, mean)
    expected = 1.5 * np.linalg.norm(forces.std(axis=0, ddof=1), axis=1)
    np.testing.assert_allclose(spread, expected, rtol=1e-5)


def test_a_floor_is_what_is_expected_where_members_agree(committee):
    model, evaluator = committee
    mean = evaluator.evaluate(POSITIONS).forces
    without = ForceSpread(model, evaluator.forces_by).at(POSITIONS, mean)
    raised = replace(model, calibration=SpreadCalibration(2.0, 0.5, 1.5, 0.2))
    np.testing.assert_allclose(
        ForceSpread(raised, evaluator.forces_by).at(POSITIONS, mean), np.hypot(without, 0.2), rtol=1e-12
    )


def test_along_a_trajectory_one_contrast_is_evaluated_in_a_while(committee):
    model, evaluator = committee
    asked = []

    def forces(fused, positions):
        asked.append(positions)
        return evaluator.evaluate(positions, fused).forces

    def follow(step):
        before = len(asked)
        positions = POSITIONS * (1 + 1e-3 * step / EVERY)
        result = spread.follow(step, positions, evaluator.evaluate(positions).forces)
        return len(asked) - before, result, positions

    spread, contrasted = ForceSpread(model, forces), model.architecture.members - 1
    assert follow(0)[0] == contrasted
    assert [follow(step)[0] for step in (1, EVERY - 1)] == [0, 0]
    assert follow(EVERY)[0] == 1
    assert follow(0)[0] == contrasted, "it was reset"
    assert follow(LONG)[0] == contrasted
    for number in range(1, contrasted + 1):
        calls, result, positions = follow(LONG + number * EVERY)
        assert calls == 1
    exact = ForceSpread(model, forces).at(positions, evaluator.evaluate(positions).forces)
    np.testing.assert_allclose(result, exact, rtol=0.05)
