"""A factor and a floor for the spread of a committee."""

import numpy as np
import pytest

from atomtug.trainer.evaluation.spread_fit import fit_spread

SHARE = 0.683


def drawn(factor: float, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Errors that are normally distributed with a known uncertainty, and spreads over two orders of magnitude."""
    random = np.random.default_rng(3)
    spreads = 10.0 ** random.uniform(-2, 0, 20_000)
    return np.abs(random.normal(size=spreads.size) * np.hypot(factor * spreads, floor)), spreads


@pytest.mark.parametrize(("factor", "floor"), [(1.5, 0.1), (0.8, 0.02), (2.0, 0.0)])
def test_they_are_found_again(factor, floor):
    found = fit_spread(*drawn(factor, floor), SHARE)
    assert found.factor == pytest.approx(factor, rel=0.1)
    assert found.floor == pytest.approx(floor, abs=0.004)


def test_a_few_large_errors_move_neither():
    errors, spreads = drawn(1.5, 0.1)
    found = fit_spread(errors, spreads, SHARE)
    errors[::200] = 100.0
    again = fit_spread(errors, spreads, SHARE)
    assert again == pytest.approx(found, rel=0.05)


def test_members_that_never_agree_need_no_floor():
    errors, spreads = drawn(1.0, 0.0)
    errors[spreads < 0.1] *= 0.5
    assert fit_spread(errors, spreads, SHARE).floor == 0.0
