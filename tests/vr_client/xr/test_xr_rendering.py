"""What is seen: the tableau, the renderer off-screen (EGL), and frames handed to the OpenXR double."""

import math
import os
import shutil
import subprocess
import threading
from dataclasses import replace

import numpy as np
import pytest
from test_xr_connection import eventually
from xr_picture import mid_abstraction

from atomtug.core.errors import DeviceMissing
from atomtug.vr_client import Client
from atomtug.vr_client.xr import shapes
from atomtug.vr_client.xr.app import VrApp, VrOptions
from atomtug.vr_client.xr.avatars import Avatar, color_of
from atomtug.vr_client.xr.contexts import EglContext, WindowContext
from atomtug.vr_client.xr.controllers import ControllerLogic
from atomtug.vr_client.xr.controls import Controls, HandControls
from atomtug.vr_client.xr.draw_list import Billboard, DrawList, linear
from atomtug.vr_client.xr.headset import Headset
from atomtug.vr_client.xr.history import History
from atomtug.vr_client.xr.paint import NOTICE_SIZE, SIGN_SIZE, paint_label, paint_notice, paint_sign
from atomtug.vr_client.xr.panel_picture import PANEL_SIZE, paint_panel, panel_facts
from atomtug.vr_client.xr.poses import Pose, turn_about
from atomtug.vr_client.xr.renderer import Renderer, projection_of
from atomtug.vr_client.xr.runtime import EGL, OPENGL, Runtime
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot
from atomtug.vr_client.xr.stereo import StereoSwapchains
from atomtug.vr_client.xr.view import View

HEAD = 2
SQUARE = projection_of(-0.5, 0.5, 0.5, -0.5)
SIZE = (128, 128)


@pytest.fixture(scope="module")
def context():
    try:
        made = EglContext()
    except DeviceMissing as error:
        pytest.skip(f"no OpenGL without a window here: {error}")
    yield made
    made.close()


@pytest.fixture
def screen(xr_double, monkeypatch):
    """An X server that nobody looks at."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is missing, an X server without a screen")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            monkeypatch.setenv("DISPLAY", f":{told.readline().strip()}")
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def renderer(context):
    made = Renderer(context.gl)
    yield made
    made.close()


def seen_by(renderer, draw_list, eye=None):
    renderer.prepare(draw_list)
    return renderer.picture(SIZE, eye or Pose(), SQUARE).astype(float)


def disc(centre, radius, size=SIZE, angle=0.5):
    """Which pixels a sphere covers, by geometry: those whose ray passes its centre nearer than its radius."""
    across = np.tan(angle) * (2 * (np.arange(size[0]) + 0.5) / size[0] - 1)
    x, y = np.meshgrid(across, -across)
    rays = np.stack([x, y, -np.ones_like(x)], axis=-1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    along = rays @ np.asarray(centre)
    miss = np.sqrt(np.maximum(np.dot(centre, centre) - along**2, 0))
    return (miss < radius) & (along > 0)


class TestRenderer:
    @pytest.mark.parametrize("centre", [(0.0, 0.0, -1.0), (0.25, -0.2, -1.0), (0.0, 0.05, -0.16)])
    def test_a_sphere_covers_just_the_pixels_it_should(self, renderer, centre):
        draw_list = DrawList()
        empty = seen_by(renderer, draw_list)
        draw_list.sphere(np.array(centre), 0.1, (0.0, 1.0, 0.0))
        covered = np.abs(seen_by(renderer, draw_list) - empty).sum(axis=-1) > 60
        assert (covered != disc(centre, 0.1)).mean() < 0.02

    def test_near_things_hide_far_ones_whatever_the_order(self, renderer):
        red, green = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
        for order in ((0, 1), (1, 0)):
            draw_list = DrawList()
            for which in order:
                draw_list.sphere(np.array([0.0, 0.0, -0.6 - 0.5 * which]), 0.1, (red, green)[which])
            middle = seen_by(renderer, draw_list)[64, 64]
            assert middle[0] > middle[1]

    def test_a_sphere_hides_what_of_a_stick_is_behind_its_curve(self, renderer):
        # The stick's axis is nearer than the sphere's centre but farther than its front.
        draw_list = DrawList()
        draw_list.sphere(np.array([0.0, 0.0, -0.6]), 0.1, (1.0, 0.0, 0.0))
        draw_list.tube(np.array([[-0.3, 0.0, -0.55], [0.3, 0.0, -0.55]]), 0.02, (0.0, 1.0, 0.0))
        picture = seen_by(renderer, draw_list)
        assert picture[64, 64, 0] > picture[64, 64, 1]
        assert picture[64, 20, 1] > picture[64, 20, 0]

    def test_a_stick_has_its_ends_colours_and_width(self, renderer):
        draw_list = DrawList()
        row = draw_list.more_capsules(1)[0]
        row[:] = [-0.2, 0, -0.7, 0.05, 0.2, 0, -0.7, 0, 1, 0, 0, 0, 0, 1]
        empty = seen_by(renderer, DrawList())
        picture = seen_by(renderer, draw_list)
        assert picture[64, 40, 0] > picture[64, 40, 2]
        assert picture[64, 88, 2] > picture[64, 88, 0]
        covered = (np.abs(picture - empty).sum(axis=-1) > 60)[:, 64].sum()
        assert covered == pytest.approx(2 * 0.05 / 0.7 / np.tan(0.5) * 64, abs=2)

    @pytest.mark.parametrize("end", [(0.02, 0.03, -1.6), (0.0, 0.0, -1.6)])
    def test_a_stick_seen_along_its_axis_is_round(self, renderer, end):
        draw_list = DrawList()
        draw_list.tube(np.array([[0.0, 0.0, -0.6], end]), 0.08, (1.0, 0.0, 0.0))
        covered = np.abs(seen_by(renderer, draw_list) - seen_by(renderer, DrawList())).sum(axis=-1) > 60
        missing = disc((0.0, 0.0, -0.6), 0.08) & ~covered
        assert missing.mean() < 0.005
        assert covered.sum() < 1.3 * disc((0.0, 0.0, -0.6), 0.08).sum()

    def test_edges_are_smooth(self, renderer):
        draw_list = DrawList()
        draw_list.sphere(np.array([0.0, 0.0, -1.0]), 0.2, (0.0, 1.0, 0.0))
        green = seen_by(renderer, draw_list)[64, :, 1]
        jump = np.abs(np.diff(green)).max()
        assert len(np.unique(green.round())) > 6
        assert jump < 200

    def test_the_eye_may_be_inside_things(self, renderer):
        draw_list = DrawList()
        draw_list.sphere(np.zeros(3), 0.5, (1.0, 0.0, 0.0))
        draw_list.tube(np.array([[0.0, 0.0, 0.1], [0.0, 0.0, -0.1]]), 0.05, (1.0, 0.0, 0.0))
        draw_list.tube(np.zeros((2, 3)), 0.01, (1.0, 0.0, 0.0))
        assert np.isfinite(seen_by(renderer, draw_list)).all()

    def test_turning_the_head_moves_the_picture(self, renderer):
        draw_list = DrawList()
        draw_list.sphere(np.array([0.0, 0.0, -1.0]), 0.1, (0.0, 1.0, 0.0))
        turned = seen_by(renderer, draw_list, Pose(orientation=turn_about([0, 1, 0], 0.25)))
        columns = (turned[..., 1] > 150).sum(axis=0)
        assert np.average(np.arange(128), weights=columns) > 85  # we look left, it is on the right

    def test_labels_are_the_right_way_up(self, renderer):
        pixels = np.zeros((64, 64, 4), dtype=np.uint8)
        pixels[..., 3] = 255
        pixels[:32, :32, 0] = 255  # red at the top left
        draw_list = DrawList(billboards=[Billboard("x", 1, pixels, Pose(np.array([0, 0, -1.0])), 0.6, 0.6)])
        picture = seen_by(renderer, draw_list)
        assert picture[50, 50, 0] > 200
        assert picture[50, 78, 0] < 60
        assert picture[78, 50, 0] < 60

    def test_more_than_ever_before_fits_in(self, renderer):
        draw_list = DrawList()
        for k in range(2000):
            draw_list.sphere(np.array([k * 1e-4, 0.0, -1.0]), 0.05, (0.0, 1.0, 0.0))
        assert len(draw_list.spheres) == 2000
        assert seen_by(renderer, draw_list)[64, 64, 1] > 150


class TestPainting:
    def facts(self, history=None, **server):
        snapshot = Snapshot(number=1, energy=-1234.5, engine="pm6", uncertainty=2.5, playing=True)
        names = frozenset(["playback/play", "playback/reset"])
        status = ServerStatus(**{"connected": True, "commands": names, **server})
        return panel_facts(ControllerLogic().panel, snapshot, status, history or History(), 600.0)

    def test_the_panel_is_painted(self):
        facts = self.facts()
        assert facts.figures.energy == "-1,234.5"
        assert facts.figures.doubt == "±2.5"
        picture = paint_panel(facts)
        assert picture.shape == (PANEL_SIZE[1], PANEL_SIZE[0], 4)
        other = replace(facts, figures=replace(facts.figures, energy="-1,234.6"))
        assert (picture != paint_panel(other)).any()
        assert facts.same_but_figures(other)

    def test_without_a_server_only_what_needs_none_is_on(self):
        assert self.facts().usable > {"play", "reset", "here"}
        facts = self.facts(connected=False)
        assert facts.usable == {"here", "measure", "weaker", "stronger", "help"}
        assert facts.title == "no server"

    def test_the_reaction_and_the_curve_are_on_it(self):
        history, still = History(), History()
        molecules = {"elements": np.array([1, 1, 8]), "positions": np.zeros((3, 3))}
        for number, bonds in ((1, [[0, 1]]), (2, [[0, 1]]), (3, [[1, 2]])):
            snapshot = Snapshot(
                number=number, begins=number == 1, bonds=np.array(bonds), energy=number**2, **molecules
            )
            history.add(snapshot, float(number))
            if number < 3:
                still.add(snapshot, float(number))
        assert history.reaction == "H2 + O → H + OH"
        assert still.reaction == "H2 + O"
        assert history.energies == (1.0, 4.0, 9.0)
        assert (paint_panel(self.facts(history)) != paint_panel(self.facts(still))).any()
        history.add(Snapshot(number=1, connection=2, begins=True, bonds=np.array([[1, 2]]), **molecules), 9.0)
        assert history.reaction == "H + OH"
        assert history.energies == ()

    def test_a_long_notice_a_name_and_the_sign_fit(self):
        picture = paint_notice(
            "The server at somewhere.example.org:38801 does not answer: it may be stuck. " * 3
        )
        assert picture.shape == (NOTICE_SIZE[1], NOTICE_SIZE[0], 4)
        assert paint_label("Ada Lovelace, Countess of somewhere", (1.0, 0.5, 0.0)).shape[2] == 4
        assert paint_sign().shape == (SIGN_SIZE[1], SIGN_SIZE[0], 4)


class TestTheView:
    hand = HandControls(Pose(np.array([-0.2, 1.0, -0.3])))

    def view(self, controls, colouring="element", shared=None, touch=(), **snapshot):
        """What is drawn: spheres, capsules, billboards by name; and where the atoms are."""
        facts = {"positions": np.array([[0.0, 0, 0], [0.11, 0, 0]]), "elements": np.array([6, 1])}
        snapshot = Snapshot(1, 1, 0.0, True, bonds=np.array([[0, 1]]), **{**facts, **snapshot})
        shared = shared or SharedSnapshot(1, [0, 1.2, 0.5, 0, 0, 0, 1, 1, 1, 1])
        server, controllers, view = ServerStatus(True, "Hello."), ControllerLogic(), View()
        controllers.panel.colouring, controllers.helping = colouring, not touch
        for atom in touch:
            controllers.measure.touch(atom)
        wanted = {"panel", "notice", "distance" if touch else "sign", *(f"name {p}" for p in shared.avatars)}
        try:
            controllers.step(controls, snapshot, shared, server, 0.1)

            def composed():
                draw_list = view.compose(controllers, controls, snapshot, shared, server, 0.1)
                return draw_list if {label.name for label in draw_list.billboards} == wanted else None

            draw_list = eventually(composed)
            labels = {label.name: label for label in draw_list.billboards}
            return draw_list.spheres.copy(), draw_list.capsules.copy(), labels, controllers.room
        finally:
            view.close()

    def test_atoms_bonds_hands_panel_sign_and_notice_are_there(self):
        spheres, capsules, labels, room = self.view(Controls(Pose(np.array([0, 1.6, 0.0])), self.hand))
        np.testing.assert_allclose(spheres[:, :3], room, atol=1e-6)
        np.testing.assert_allclose(room.mean(axis=0)[1:], [1.25, -0.45], atol=1e-6)
        assert len(capsules) > 10
        for name in ("notice", "sign"):
            pose = labels[name].pose
            facing = pose.of(np.array([0, 0, 1.0])) - pose.position
            assert facing @ ([0.0, 1.6, 0.0] - pose.position) > 0  # its face is to the eyes
            assert facing[1] == pytest.approx(0.0, abs=1e-6)
        assert labels["sign"].pose.position[0] < -0.3

    def test_doubt_colours_atoms_where_that_is_asked_for(self):
        controls = Controls(Pose(np.array([0, 1.6, 0.0])), self.hand)
        doubt = np.array([0.0, 20.0])
        sure, pink = (
            self.view(controls, colouring, atom_uncertainty=doubt)[0][:, 4:7]
            for colouring in ("element", "uncertainty")
        )
        np.testing.assert_allclose(sure[1], self.view(controls)[0][1, 4:7])
        assert pink[1, 0] > 4 * pink[1, 1]
        assert pink[0, 0] < 0.2

    def test_a_measured_distance_stands_beside_its_line(self):
        controls = Controls(Pose(np.array([0, 1.6, 0.0])), self.hand)
        _, _, labels, room = self.view(controls, touch=(0, 1))
        above = labels["distance"].pose.position - room.mean(axis=0)
        np.testing.assert_allclose(above, [0, 0.03, 0], atol=1e-12)

    def test_others_have_a_colour_and_a_name_above_the_head(self):
        avatar = Avatar("Ada", color_of("ada"), {"headset": Pose(np.array([0.3, 1.7, 1.0]))})
        shared = SharedSnapshot(1, [0, 1.2, 0.5, 0, 0, 0, 1, 1, 1, 1], avatars={"ada": avatar})
        spheres, _, labels, _ = self.view(Controls(Pose(np.array([0, 1.6, 0.0])), self.hand), shared=shared)
        head = spheres[2, :3]
        assert labels["name ada"].pose.position[1] > head[1] + 0.15
        np.testing.assert_allclose(spheres[2, 4:7], linear(np.array(color_of("ada"))), atol=1e-6)
        assert len({color_of(player) for player in "abcdefgh"}) > 2

    def test_a_pulling_line_runs_from_hand_to_atom(self):
        draw_list = DrawList()
        shapes.line(draw_list, np.zeros(3), np.array([0.0, 0.3, 0.0]), 3000.0)
        np.testing.assert_allclose(draw_list.capsules[0, :3], 0.0, atol=1e-6)
        np.testing.assert_allclose(draw_list.capsules[-1, 4:7], [0.0, 0.3, 0.0], atol=1e-6)
        shapes.line(draw_list, np.zeros(3), np.zeros(3), 0.0)  # nowhere to go


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
        request.getfixturevalue("context" if graphics == "egl" else "screen")
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

    def test_without_a_window_system_a_sentence_says_so(self, xr_double, monkeypatch):
        monkeypatch.setenv("DISPLAY", ":987")
        with pytest.raises(DeviceMissing, match=r"There is no X server .*:987"):
            WindowContext()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_picture_of_the_readme_can_be_made(context):
    picture = mid_abstraction(context, "methane", "methane", size=(160, 160))
    assert picture.shape == (160, 320, 3)
    left, right = picture[:, :160].astype(float), picture[:, 160:].astype(float)
    assert left.std() > 20
    assert 0.5 < np.abs(left - right).mean() < 40  # two eyes, one scene
