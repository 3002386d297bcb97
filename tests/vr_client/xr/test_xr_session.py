"""The OpenXR session through the real loader and its validation layer, on a runtime without a device."""

import itertools
import sys
import time

import numpy as np
import pytest

from atomtug.core.errors import DeviceMissing
from atomtug.vr_client.xr.app import OPTIONAL
from atomtug.vr_client.xr.contexts import choose_extensions
from atomtug.vr_client.xr.controller_profiles import PROFILES
from atomtug.vr_client.xr.haptics import Pulse
from atomtug.vr_client.xr.headset import Headset
from atomtug.vr_client.xr.runtime import EGL, HEADLESS, OPENGL, TIMESPEC, Runtime

LEFT, RIGHT, HEAD = 0, 1, 2
MOMENTS = 2000
"""As many as a test may need to see something happen."""


@pytest.fixture
def runtime(xr_double):
    made = Runtime((HEADLESS, TIMESPEC), OPTIONAL)
    yield made
    made.close()


@pytest.fixture
def headset(runtime):
    made = Headset(runtime, rate=500.0)
    yield made
    made.close()


def until(headset, condition):
    """The first moment of which something is true."""
    for moment in itertools.islice(headset.moments(), MOMENTS):
        if condition(moment):
            return moment
    raise AssertionError(f"it never happened; ended: {headset.ended!r}")


class TestBeginning:
    def test_the_runtime_and_the_headset_have_names(self, runtime):
        assert runtime.name == "atomtug's double"
        assert runtime.headset == "no headset at all"

    def test_the_validation_layer_is_really_there(self, runtime, xr_double):
        assert "Core Validation Layer is initialized" in xr_double.validation.read_text()

    def test_a_session_comes_into_focus(self, headset):
        assert until(headset, lambda moment: moment.focused).controls.head is not None
        assert not headset.ended


class TestMissing:
    def test_no_runtime(self, xr_double, monkeypatch, tmp_path):
        monkeypatch.setenv("XR_RUNTIME_JSON", str(tmp_path / "none.json"))
        with pytest.raises(DeviceMissing, match=r"No OpenXR runtime answers .*start SteamVR, Monado"):
            Runtime((HEADLESS,))
        with pytest.raises(DeviceMissing, match="No OpenXR runtime answers"):
            choose_extensions("auto")

    def test_no_headset(self, xr_double):
        xr_double.offer(headset=False)
        with pytest.raises(DeviceMissing, match="atomtug's double sees no headset: connect it"):
            Runtime((HEADLESS,))

    def test_no_headless_mode(self, xr_double):
        xr_double.offer(headless=False)
        with pytest.raises(DeviceMissing, match=r"can't do without a picture .*leave out --headless"):
            Runtime((HEADLESS, TIMESPEC))

    def test_no_opengl(self, xr_double):
        xr_double.offer(egl=False)
        with pytest.raises(DeviceMissing, match="can't show pictures made with OpenGL"):
            Runtime((OPENGL,))

    def test_no_pyopenxr(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "xr", None)
        with pytest.raises(DeviceMissing, match=r"pip install 'atomtug\[vr\]'"):
            Runtime((HEADLESS,))

    def test_a_session_that_the_runtime_refuses(self, xr_double):
        runtime = Runtime((TIMESPEC,))  # neither pictures nor the leave to do without
        try:
            with pytest.raises(DeviceMissing, match="atomtug's double won't begin a session"):
                Headset(runtime)
        finally:
            runtime.close()
        # Which is the client's fault, and so shows that the layer sees such.
        assert "VUID-xrCreateSession-next-parameter" in xr_double.complaints
        xr_double.reset()

    def test_without_a_desktop_egl_is_used(self, xr_double, monkeypatch):
        assert choose_extensions("auto") == (OPENGL, EGL)
        monkeypatch.setenv("DISPLAY", ":77")
        assert choose_extensions("auto") == (OPENGL,)
        assert choose_extensions("egl") == (OPENGL, EGL)


class TestControls:
    def test_poses_arrive(self, headset, xr_double):
        turn = (0.0, np.sin(0.3), 0.0, np.cos(0.3))
        xr_double.pose(RIGHT, (0.4, 1.1, -0.5), turn)
        xr_double.pose(HEAD, (0.1, 1.7, 0.2))
        controls = until(headset, lambda moment: moment.focused).controls
        np.testing.assert_allclose(controls.right.grip.position, [0.4, 1.1, -0.5], atol=1e-6)
        np.testing.assert_allclose(controls.right.grip.orientation, turn, atol=1e-6)
        ahead = controls.right.grip.of(np.array([0.0, 0.0, -0.05]))
        np.testing.assert_allclose(controls.right.aim.position, ahead, atol=1e-6)
        np.testing.assert_allclose(controls.head.position, [0.1, 1.7, 0.2], atol=1e-6)

    def test_where_there_is_no_stage_the_floor_is_below_the_head(self, xr_double):
        xr_double.offer(stage=False)
        runtime = Runtime((HEADLESS, TIMESPEC))
        headset = Headset(runtime, rate=500.0)
        try:
            # The double's local space is 1.6 m above its floor; ours is taken to be 1.5 m below that.
            controls = until(headset, lambda moment: moment.focused).controls
            np.testing.assert_allclose(controls.head.position, [0.0, 1.5, 0.0], atol=1e-6)
        finally:
            headset.close()
            runtime.close()

    @pytest.mark.parametrize("profile", PROFILES)
    def test_every_kind_of_controller_is_bound(self, headset, xr_double, profile):
        xr_double.profile(profile)
        for hand, name in ((LEFT, "left"), (RIGHT, "right")):
            for action, control in PROFILES[profile][name].items():
                if action in ("trigger", "squeeze", "primary", "secondary", "stick"):
                    xr_double.press(hand, control.removeprefix("input/"), 0.75)

        def pressed(moment):
            return moment.controls.left.trigger > 0 and moment.controls.right.trigger > 0

        controls = until(headset, pressed).controls
        for name in ("left", "right"):
            hand, bound = controls.hand(name), PROFILES[profile][name]
            assert hand.trigger == (1.0 if "click" in bound["trigger"] else 0.75)
            assert (hand.squeeze > 0) == ("squeeze" in bound)
            assert hand.primary
            assert hand.secondary == ("secondary" in bound)
            assert hand.stick == ("stick" in bound)
        assert headset.profiles == {"left": profile, "right": profile}

    def test_a_person_who_recentres_is_told_of_once(self, headset, xr_double):
        assert not until(headset, lambda moment: moment.focused).controls.recentred
        xr_double.recentre((0.5, 0.0, -1.0), (0.0, 1.0, 0.0, 0.0))
        controls = until(headset, lambda moment: moment.controls.recentred).controls
        # The head was at the old origin, looking along the old -z.
        np.testing.assert_allclose(controls.head.position, [0.5, 1.6, -1.0], atol=1e-6)
        assert not any(m.controls.recentred for m in itertools.islice(headset.moments(), 20))

    def test_a_controller_that_is_off_is_nowhere(self, headset, xr_double):
        xr_double.track(LEFT, False)
        controls = until(headset, lambda moment: moment.focused).controls
        assert controls.left.grip is None
        assert controls.left.pinch is None
        assert controls.right.grip is not None

    def test_vibrations_arrive(self, headset, xr_double):
        until(headset, lambda moment: moment.focused)
        headset.vibrate("left", Pulse(0.4, 0.05))
        amplitude, seconds, count = xr_double.haptic(LEFT)
        assert (round(amplitude, 6), round(seconds, 6), count) == (0.4, 0.05, 1)
        assert xr_double.haptic(RIGHT)[2] == 0


class TestEvents:
    def test_without_focus_hands_are_nowhere_until_it_is_back(self, headset, xr_double):
        until(headset, lambda moment: moment.focused)
        xr_double.focus(False)
        moment = until(headset, lambda moment: not moment.focused)
        assert moment.controls.head is not None
        assert moment.controls.right.grip is None
        headset.vibrate("left", Pulse(0.4, 0.05))  # does no harm
        xr_double.focus(True)
        until(headset, lambda moment: moment.focused)

    def test_a_headset_taken_off_and_put_on_again(self, headset, xr_double):
        until(headset, lambda moment: moment.focused)
        xr_double.stop(for_good=False)
        # Ends, and begins when the runtime is ready again: the next moment is one of the new life.
        states = []

        def back(moment):
            states.append(xr_double.state)
            return moment.focused and len(states) > 20

        until(headset, back)
        assert not headset.ended

    def test_a_person_who_quits(self, headset, xr_double):
        until(headset, lambda moment: moment.focused)
        xr_double.stop(for_good=True)
        assert sum(1 for _ in itertools.islice(headset.moments(), MOMENTS)) < MOMENTS
        assert headset.ended == "quit"

    def test_leaving(self, headset, xr_double):
        until(headset, lambda moment: moment.focused)
        headset.leave()
        headset.leave()
        assert sum(1 for _ in itertools.islice(headset.moments(), MOMENTS)) < MOMENTS
        assert headset.ended == "quit"

    @pytest.mark.parametrize("way", ["session", "instance", "instance at once"])
    def test_what_is_lost_is_noticed(self, headset, xr_double, way):
        until(headset, lambda moment: moment.focused)
        if way == "session":
            xr_double.lose_session()
        else:
            xr_double.lose_instance(at_once="at once" in way)
        assert sum(1 for _ in itertools.islice(headset.moments(), MOMENTS)) < MOMENTS
        assert headset.ended == "lost"

    @pytest.mark.parametrize(
        ("call", "instance"),
        [
            ("xrPollEvent", True),
            ("xrSyncActions", False),
            ("xrSyncActions", True),
            ("xrLocateSpace", False),
            ("xrGetActionStatePose", False),
            ("xrGetActionStateFloat", True),
            ("xrGetActionStateBoolean", False),
            ("xrApplyHapticFeedback", False),
            ("xrGetCurrentInteractionProfile", True),
        ],
    )
    def test_a_loss_in_the_midst_of_any_call_is_noticed(self, headset, xr_double, call, instance):
        until(headset, lambda moment: moment.focused)
        xr_double.lose_at(call, instance)
        xr_double.profile("oculus/touch_controller")
        for _ in itertools.islice(headset.moments(), MOMENTS):
            headset.vibrate("left", Pulse(0.4, 0.05))
        assert headset.ended == "lost"

    def test_the_pace_is_kept(self, runtime):
        headset = Headset(runtime, rate=50.0)
        try:
            until(headset, lambda moment: moment.focused)
            began, count = time.monotonic(), 0
            for _ in itertools.islice(headset.moments(), 10):
                count += 1
            assert count == 10
            assert time.monotonic() - began > 0.1  # not faster; slower is the machine's affair
        finally:
            headset.close()
