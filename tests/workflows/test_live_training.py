"""A network may take over if it is not worse, and if it forgot nothing."""

import math

import pytest

from atomtug.workflows.live_training import LiveErrors, objection

BEFORE = LiveErrors(4.0, 3.0, 1.0)


@pytest.mark.parametrize(
    "after", [BEFORE, LiveErrors(2.0, 2.0, 1.4), LiveErrors(4.4, 2.0, 1.0), LiveErrors(math.nan, 2.0, 1.0)]
)
def test_one_that_is_not_worse_may_take_over(after):
    assert objection(BEFORE, after) == ""


def test_one_that_is_worse_on_what_was_just_done_may_not():
    assert objection(BEFORE, LiveErrors(5.0, 3.0, 1.0)) == (
        "its errors on what you just did are 4.00 -> 5.00 kcal/mol and 3.00 -> 3.00 kcal/mol/Å"
    )


def test_one_that_forgot_may_not():
    assert "forgot" in objection(BEFORE, LiveErrors(1.0, 1.0, 1.6))


def test_one_that_nothing_judges_may_not():
    nothing = LiveErrors(math.nan, math.nan, 1.0)
    assert "no geometry" in objection(nothing, nothing)
