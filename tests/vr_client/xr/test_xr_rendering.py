"""What is seen: the tableau, the renderer off-screen (EGL), and frames handed to the OpenXR double."""

import numpy as np
import pytest
from xr_picture import mid_abstraction

from atomtug.vr_client.xr.draw_list import Billboard, DrawList
from atomtug.vr_client.xr.poses import Pose, turn_about
from atomtug.vr_client.xr.renderer import Renderer, projection_of

HEAD = 2
SQUARE = projection_of(-0.5, 0.5, 0.5, -0.5)
SIZE = (128, 128)


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


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_picture_of_the_readme_can_be_made(context):
    picture = mid_abstraction(context, "methane", "methane", size=(160, 160))
    assert picture.shape == (160, 320, 3)
    left, right = picture[:, :160].astype(float), picture[:, 160:].astype(float)
    assert left.std() > 20
    assert 0.5 < np.abs(left - right).mean() < 40  # two eyes, one scene
