"""The paper's training sets."""

import pytest
from fit_helpers import data_set

from atomtug.core.errors import InputError
from atomtug.trainer.fit import MIXTURES, PAPER_SIZE, composition, draw, gather, quotas


@pytest.mark.parametrize("number", MIXTURES)
def test_every_set_of_the_paper_has_its_size(number):
    assert sum(quotas(number, PAPER_SIZE).values()) == PAPER_SIZE
    assert quotas(number, PAPER_SIZE) == dict(MIXTURES[number])


def test_a_smaller_set_keeps_the_ratio():
    assert quotas(6, 600) == {"methane": 320, "isopentane": 160, "2-isohexane": 60, "3-isohexane": 60}
    assert quotas(4, 600) == {"methane": 300, "ethane": 140, "isobutane": 100, "isopentane": 60}
    assert sum(quotas(6, 101).values()) == 101


def test_a_set_is_drawn_by_its_seed():
    samples = gather([data_set({"methane": 30, "ethane": 30})])
    first = draw(samples, 2, 15, 0)
    assert composition(samples, first) == {"methane": 10, "ethane": 5}
    assert first.tolist() == draw(samples, 2, 15, 0).tolist()
    assert first.tolist() != draw(samples, 2, 15, 1).tolist()


def test_what_is_not_there_can_not_be_drawn():
    samples = gather([data_set({"methane": 5})])
    assert composition(samples, draw(samples, 1, 10, 0)) == {"methane": 5}
    with pytest.raises(InputError, match="ethane"):
        draw(samples, 2, 10, 0)
    with pytest.raises(InputError, match="no training set 7"):
        quotas(7, 10)
