"""Bare hands: what their joints mean, and how they come through the runtime."""

import numpy as np
import pytest
from test_xr_session import LEFT, RIGHT, headset, runtime, until  # noqa: F401

from atomtug.vr_client.xr.app import OPTIONAL
from atomtug.vr_client.xr.controllers import CLOSES, GRIPS, OPENS
from atomtug.vr_client.xr.hand_tracking import FINGERTIPS, JOINTS, PALM, THUMB_TIP, hand_controls
from atomtug.vr_client.xr.headset import Headset
from atomtug.vr_client.xr.poses import Pose, turn_about
from atomtug.vr_client.xr.runtime import HEADLESS, TIMESPEC, Runtime

OPEN = np.array([[-0.03, 0.0, -0.10], [-0.01, 0.0, -0.11], [0.01, 0.0, -0.10], [0.03, 0.0, -0.08]])
CURLED = np.array([[-0.03, -0.03, -0.02], [-0.01, -0.03, -0.02], [0.01, -0.03, -0.02], [0.03, -0.02, -0.01]])
"""Tips of a right hand's four fingers in the axes of its palm, metres."""
PALM_POSE = Pose(np.array([0.3, 1.1, -0.4]), turn_about(np.array([0.0, 1.0, 0.0]), 0.4))


def hand(tips, thumb):
    return hand_controls(PALM_POSE, PALM_POSE.of(tips), PALM_POSE.of(np.asarray(thumb)))


def pinching(gap):
    return hand(OPEN, OPEN[0] + [0.0, -gap, 0.0])


class TestGestures:
    def test_an_open_hand_does_nothing(self):
        controls = pinching(0.06)
        assert (controls.trigger, controls.squeeze) == (0.0, 0.0)
        assert controls.grip is PALM_POSE

    def test_a_pinch_is_a_trigger_and_holds_where_thumb_and_forefinger_meet(self):
        controls = pinching(0.008)
        assert controls.trigger == 1.0
        assert controls.squeeze < GRIPS
        np.testing.assert_allclose(controls.pinch, PALM_POSE.of(OPEN[0] - [0.0, 0.004, 0.0]), atol=1e-9)

    def test_it_closes_at_less_than_3_cm_and_pulls_harder_the_tighter_it_is(self):
        strengths = [pinching(gap).trigger for gap in (0.035, 0.027, 0.02, 0.012)]
        assert strengths[0] < OPENS
        assert CLOSES < strengths[1] < strengths[2] < strengths[3] < 1.0

    def test_a_fist_is_a_grip_and_no_pinch(self):
        controls = hand(CURLED, CURLED[0] + [0.0, -0.005, 0.0])
        assert controls.squeeze > GRIPS
        assert controls.trigger == 0.0


def joints_of(tips, thumb, palm=PALM_POSE):
    """(26, 7) all joints of a hand; those that do not matter are in the palm."""
    joints = np.tile([*palm.position, *palm.orientation], (JOINTS, 1))
    joints[list(FINGERTIPS), :3] = palm.of(tips)
    joints[THUMB_TIP, :3] = palm.of(np.asarray(thumb))
    assert PALM not in FINGERTIPS
    return joints


class TestInASession:
    def test_a_bare_hand_is_read_where_there_is_no_controller(self, headset, xr_double):  # noqa: F811
        joints = joints_of(OPEN, OPEN[0] + [0.0, -0.008, 0.0])
        xr_double.joints(RIGHT, joints)
        with_controller = until(headset, lambda moment: moment.focused).controls
        assert with_controller.right.trigger == 0.0
        xr_double.track(RIGHT, False)
        controls = until(headset, lambda moment: moment.controls.right.trigger > 0).controls
        np.testing.assert_allclose(controls.right.grip.position, PALM_POSE.position, atol=1e-6)
        np.testing.assert_allclose(controls.right.grip.orientation, PALM_POSE.orientation, atol=1e-6)
        np.testing.assert_allclose(controls.right.pinch, PALM_POSE.of(OPEN[0] - [0, 0.004, 0]), atol=1e-6)
        assert controls.left.grip is not None
        xr_double.joints(RIGHT, None)
        until(headset, lambda moment: moment.controls.right.grip is None)

    @pytest.mark.parametrize("seen", [True, False])
    def test_a_headset_without_cameras_and_a_runtime_without_the_extension_are_no_fault(
        self, xr_double, seen
    ):
        xr_double.bare_hands(False)
        runtime = Runtime((HEADLESS, TIMESPEC), OPTIONAL if seen else ())  # noqa: F811
        headset = Headset(runtime, rate=500.0)  # noqa: F811
        try:
            xr_double.track(LEFT, False)
            moment = until(headset, lambda moment: moment.focused)
            assert moment.controls.left.grip is None
            assert moment.controls.right.grip is not None
        finally:
            headset.close()
            runtime.close()
