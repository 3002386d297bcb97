"""Frames handed to the OpenXR double, with pictures drawn off-screen (EGL) or in a hidden window."""

import math
import threading

import numpy as np
import pytest
from test_xr_connection import eventually

from atomtug.core.errors import DeviceMissing
from atomtug.vr_client import Client
from atomtug.vr_client.xr.app import OPTIONAL, VrApp, VrOptions
from atomtug.vr_client.xr.contexts import WindowContext
from atomtug.vr_client.xr.display import request_rate
from atomtug.vr_client.xr.draw_list import DrawList
from atomtug.vr_client.xr.headset import Headset
from atomtug.vr_client.xr.renderer import Renderer
from atomtug.vr_client.xr.runtime import EGL, HEADLESS, OPENGL, TIMESPEC, Runtime
from atomtug.vr_client.xr.stereo import StereoSwapchains

HEAD = 2


class TestInTheHeadset:
    def test_frames_reach_the_runtime(self, xr_double, context):
        xr_double.pose(HEAD, (0.0, 0.0, 0.0))
        xr_double.period(0.001)
        runtime = Runtime((OPENGL, EGL))
        renderer = Renderer(context.gl)
        headset = Headset(runtime, StereoSwapchains(runtime, context))
        draw_list = DrawList()
        draw_list.sphere(np.array([0.0, 0.0, -1.0]), 0.2, (0.0, 1.0, 0.0))
        renderer.prepare(draw_list)
        try:
            for moment in headset.moments():
                if moment.visible:
                    headset.draw(renderer.draw)
                if xr_double.frames >= 4:
                    headset.leave()
        finally:
            headset.close()
            renderer.close()
            runtime.close()
        assert headset.ended == "quit"
        assert xr_double.frames >= 4
        left, right = (xr_double.picture(eye).astype(float) for eye in (0, 1))

        def middle(picture):
            green = (picture[..., 1] - picture[..., 0] > 60).sum(axis=0)
            return np.average(np.arange(256), weights=green)

        # The left eye sees it further to the right: 32 mm at 1 m, of 256 pixels for 2 tan(0.8).
        shift = 0.032 / (2 * math.tan(0.8)) * 256
        assert middle(left) - 127.5 == pytest.approx(shift, abs=1.0)
        assert 127.5 - middle(right) == pytest.approx(shift, abs=1.0)

    @pytest.mark.parametrize("graphics", ["egl", "window"])
    def test_an_app_with_pictures_runs_and_ends(self, xr_double, live_server, request, graphics):
        request.getfixturevalue("context" if graphics == "egl" else "x_server")
        xr_double.period(0.005)
        lines = []
        app = VrApp(lambda: Client.connect(live_server.address), VrOptions(graphics=graphics), lines.append)
        thread = threading.Thread(target=app.run)
        thread.start()
        try:
            eventually(lambda: xr_double.frames > 3 and len(app.controllers.room))
        finally:
            app.stop()
            thread.join(30.0)
        assert not thread.is_alive()
        assert lines[0] == "In no headset at all by atomtug's double."
        assert xr_double.picture(0).std() > 5

    @pytest.mark.parametrize(
        ("offered", "composition"),
        [({"alpha": True}, (3, 1)), ({"additive": True}, (2, 1)), ({}, (1, 2)), ({"cameras": False}, (1, 1))],
    )
    def test_the_own_room_is_seen_where_nothing_is_drawn(self, xr_double, context, offered, composition):
        xr_double.display(**offered)
        xr_double.pose(HEAD, (0.0, 0.0, 0.0))
        xr_double.period(0.001)
        runtime = Runtime((OPENGL, EGL), OPTIONAL)
        renderer, screen = (
            Renderer(context.gl),
            StereoSwapchains(runtime, context, passthrough=True, rate=90.0),
        )
        headset = Headset(runtime, screen)
        seen = screen.shows_room
        renderer.backdrop = not seen
        draw_list = DrawList()
        draw_list.sphere(np.array([0.0, 0.0, -1.0]), 0.2, (0.0, 1.0, 0.0))
        renderer.prepare(draw_list)
        try:
            for moment in headset.moments():
                if moment.visible:
                    headset.draw(renderer.draw)
                if xr_double.frames >= 2:
                    headset.leave()
            assert xr_double.composition == composition
        finally:
            headset.close()
            renderer.close()
            runtime.close()
        alpha = xr_double.picture(0)[..., 3]
        assert alpha[128, 128] == 255
        assert alpha[2, 2] == (0 if seen else 255)
        assert seen == ("cameras" not in offered)
        wrong = "no headset at all can't show your own room behind the molecule."
        assert screen.notes == ([] if seen else [wrong])
        assert xr_double.rate == 90.0

    def test_the_nearest_refresh_rate_is_taken_and_told(self, xr_double):
        runtime = Runtime((HEADLESS, TIMESPEC), OPTIONAL)
        headset = Headset(runtime)
        try:
            assert request_rate(runtime, headset.session, 120.0) == ""
            told = request_rate(runtime, headset.session, 100.0)
            assert told == "no headset at all has no 100 Hz, so it is 90; it has 72, 80, 90, 120."
            assert xr_double.rate == 90.0
        finally:
            headset.close()
            runtime.close()
        plain = Runtime((HEADLESS, TIMESPEC))
        try:
            assert (
                request_rate(plain, None, 90.0) == "atomtug's double doesn't let its refresh rate be chosen."
            )
        finally:
            plain.close()

    @pytest.mark.parametrize(
        "call",
        ["xrWaitFrame", "xrBeginFrame", "xrLocateViews", "xrAcquireSwapchainImage", "xrWaitSwapchainImage",
         "xrReleaseSwapchainImage", "xrEndFrame"],
    )  # fmt: skip
    def test_a_loss_in_the_midst_of_a_frame_is_noticed(self, xr_double, context, call):
        xr_double.period(0.001)
        runtime = Runtime((OPENGL, EGL))
        renderer = Renderer(context.gl)
        headset = Headset(runtime, StereoSwapchains(runtime, context))
        renderer.prepare(DrawList())
        moments = 0
        try:
            for moment in headset.moments():
                if moment.visible:
                    headset.draw(renderer.draw)
                if xr_double.frames == 1:
                    xr_double.lose_at(call)
                moments += 1
                assert moments < 2000
        finally:
            headset.close()
            renderer.close()
            runtime.close()
        assert headset.ended == "lost"

    def test_without_a_window_system_a_sentence_says_so(self, xr_double, monkeypatch):
        monkeypatch.setenv("DISPLAY", ":987")
        with pytest.raises(DeviceMissing, match=r"There is no X server .*:987"):
            WindowContext()
