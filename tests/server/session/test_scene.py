"""The keys ``scene`` and ``transform.simulation`` say the same, whichever of the two a client writes."""

import pytest

from atomtug.server.session.scene import kept_in_step
from atomtug.server.session.session import Session

SCENE = [0.1, 1.2, 0.6, 0.0, 0.0, 0.0, 1.0, 2.0, 2.0, 2.0]
TRANSFORM = {"transform": [0.1, 1.2, 0.6, 0.0, 0.0, 0.0, 1.0, -2.0, 2.0, 2.0], "parent": "root"}


def test_each_follows_the_other_with_the_x_scale_reversed():
    assert kept_in_step({"scene": SCENE, "a": 1}) == {"transform.simulation": TRANSFORM}
    assert kept_in_step({"transform.simulation": TRANSFORM}) == {"scene": SCENE}


def test_each_goes_with_the_other():
    assert kept_in_step({"scene": None}) == {"transform.simulation": None}
    assert kept_in_step({"transform.simulation": None}) == {"scene": None}


def test_a_client_that_writes_both_has_both_as_it_wrote_them():
    assert kept_in_step({"scene": SCENE, "transform.simulation": {}}) == {}
    assert kept_in_step({"a": 1}) == {}


@pytest.mark.parametrize("wrong", [[1.0], "here", {}, [*SCENE[:9], "x"], [*SCENE[:9], True]])
def test_what_is_no_pose_is_passed_on_alone(wrong):
    assert kept_in_step({"scene": wrong}) == {}
    assert kept_in_step({"transform.simulation": {"transform": wrong}}) == {}
    assert kept_in_step({"transform.simulation": wrong}) == {}


def test_a_headset_that_knows_one_key_sees_what_another_writes_to_the_other():
    session = Session()
    assert session.update_state("old app", "a", {"scene": SCENE})
    assert session.state.values["transform.simulation"] == TRANSFORM
    assert session.update_state("new app", "b", {"transform.simulation": {**TRANSFORM, "parent": "root"}})
    assert session.state.values["scene"] == SCENE


def test_a_lock_on_one_keeps_the_other_as_it_is_too():
    session = Session()
    assert session.state.update_locks("a", {"scene": 60.0})
    assert not session.update_state("peer", "b", {"transform.simulation": TRANSFORM})
    assert dict(session.state.values) == {}
