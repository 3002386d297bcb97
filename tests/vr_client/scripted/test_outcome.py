import numpy as np
import pytest
from fake_simulation import make_frame

from atomtug.core.systems import load_system
from atomtug.vr_client.scripted.outcome import Aim, OutcomeTracker

METHANE = load_system("methane")
CARBON, NITROGEN = 5, 6
TARGET = 2


def frame(time=0.0, **extra):
    return make_frame(METHANE, None, time, **extra)


def reacted(time, hydrogen=TARGET, onto=CARBON, **extra):
    """The hydrogen beside the radical's carbon or nitrogen, the radical as far from the rest as before."""
    positions = METHANE.positions.copy()
    away = positions[onto] - positions[CARBON if onto == NITROGEN else NITROGEN]
    positions[hydrogen] = positions[onto] + 1.06 * away / np.linalg.norm(away)
    return make_frame(METHANE, positions, time, **extra)


def test_a_hydrogen_that_came_over_is_reported_with_its_site_time_and_work():
    watch = OutcomeTracker(frame(forces__user__work_done=5.0), TARGET)
    watch.add_frame(frame(0.1, forces__user__work_done=20.0, forces__user__sparse=[0.0, 300.0, 400.0]))
    watch.add_frame(reacted(0.2, forces__user__work_done=50.0))
    watch.add_frame(reacted(0.5, forces__user__work_done=45.0))
    outcome = watch.outcome()
    assert outcome.as_intended
    assert outcome.abstracted
    assert (outcome.hydrogen, outcome.site, outcome.product) == (TARGET, "methane", "HCN")
    assert outcome.time == pytest.approx(0.2)
    assert outcome.duration == pytest.approx(0.5)
    assert outcome.work == pytest.approx(40.0)
    assert outcome.peak_force == pytest.approx(500.0)
    assert outcome.reason == ""


def test_the_nitrogen_end_makes_hydrogen_isocyanide():
    watch = OutcomeTracker(frame(), TARGET)
    watch.add_frame(reacted(0.2, onto=NITROGEN))
    outcome = watch.outcome()
    assert outcome.as_intended
    assert outcome.product == "HNC"


def test_another_hydrogen_is_not_what_was_intended():
    watch = OutcomeTracker(frame(), TARGET)
    watch.add_frame(reacted(0.2, hydrogen=3))
    outcome = watch.outcome("whatever the hand says")
    assert outcome.abstracted
    assert not outcome.as_intended
    assert outcome.reason == "H3 came off instead of H2"


def test_a_hydrogen_that_went_back_does_not_count():
    watch = OutcomeTracker(frame(), TARGET)
    watch.add_frame(reacted(0.2))
    watch.add_frame(frame(0.3))
    outcome = watch.outcome()
    assert not outcome.abstracted
    assert (outcome.product, outcome.time, outcome.hydrogen) == ("CN", None, None)
    assert outcome.reason == "H2 stayed where it was"


def test_the_hands_own_reason_is_told_where_nothing_came_off():
    outcome = OutcomeTracker(frame(), TARGET).outcome("it could not be brought there")
    assert outcome.reason == "it could not be brought there"


def test_where_no_reaction_is_wanted_one_is_a_failure():
    watch = OutcomeTracker(frame(), aim=Aim.LEAVE)
    assert watch.outcome().as_intended
    watch.add_frame(reacted(0.2))
    assert watch.outcome().reason == "H2 came off, where none was to"


def test_a_script_may_do_as_it_likes():
    watch = OutcomeTracker(frame())
    watch.add_frame(reacted(0.2))
    assert watch.outcome().as_intended
    assert watch.outcome("too late").reason == "too late"


def test_work_counts_on_over_a_reset():
    watch = OutcomeTracker(frame(forces__user__work_done=5.0))
    watch.add_frame(frame(0.1, forces__user__work_done=15.0))
    watch.add_frame(frame(0.0, forces__user__work_done=0.0, system__simulation__counter=1))
    watch.add_frame(frame(0.1, forces__user__work_done=3.0, system__simulation__counter=1))
    assert watch.outcome().work == pytest.approx(13.0)
