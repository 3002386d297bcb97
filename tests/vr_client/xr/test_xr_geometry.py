"""Poses, the box and its spaces, grabbing, blending: the headset client's arithmetic."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomtug.server.dynamics.force_laws import FORCE_LAWS
from atomtug.server.session.interactions import parse_interaction
from atomtug.vr_client.xr.avatars import avatar_value, read_avatar
from atomtug.vr_client.xr.box import Box
from atomtug.vr_client.xr.controls import Controls, HandControls
from atomtug.vr_client.xr.grab import STRONGEST, ControllerInteraction, mass_of, nearest_atom, strength_of
from atomtug.vr_client.xr.haptics import FULL_FORCE, HapticChannel, Pulse
from atomtug.vr_client.xr.interpolation import PositionInterpolator
from atomtug.vr_client.xr.paint import paint_label
from atomtug.vr_client.xr.poses import (
    Pose,
    multiply,
    normalized,
    rotate,
    rotation_matrix,
    turn_about,
    turn_between,
)

numbers = st.floats(-3.0, 3.0)
vectors = st.tuples(numbers, numbers, numbers).map(np.array)
turns = st.tuples(numbers, numbers, numbers, numbers).map(np.array).map(normalized)
poses = st.builds(Pose, vectors, turns)


class TestPoses:
    @given(turns, turns, vectors)
    def test_turns_follow_each_other(self, a, b, v):
        np.testing.assert_allclose(rotate(multiply(a, b), v), rotate(a, rotate(b, v)), atol=1e-9)

    @given(turns)
    def test_a_turn_is_a_rotation(self, q):
        matrix = rotation_matrix(q)
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(matrix) == pytest.approx(1.0)

    def test_a_quarter_turn_about_up_takes_ahead_to_the_left(self):
        np.testing.assert_allclose(
            rotate(turn_about([0, 1, 0], math.pi / 2), np.array([0, 0, -1])), [-1, 0, 0], atol=1e-12
        )

    @given(poses, vectors)
    def test_within_undoes_of(self, pose, v):
        np.testing.assert_allclose(pose.within(pose.of(v)), v, atol=1e-9)
        np.testing.assert_allclose(pose.inverse().of(pose.of(v)), v, atol=1e-9)
        np.testing.assert_allclose((pose.matrix() @ [*v, 1.0])[:3], pose.of(v), atol=1e-9)

    @given(poses, vectors)
    def test_a_mirrored_pose_does_what_the_pose_does_in_the_mirror(self, pose, v):
        mirror = np.array([1.0, 1.0, -1.0])
        np.testing.assert_allclose(pose.mirrored().of(v * mirror), pose.of(v) * mirror, atol=1e-9)

    @given(vectors, vectors)
    def test_the_turn_between_two_directions_takes_one_to_the_other(self, a, b):
        if min(np.linalg.norm(a), np.linalg.norm(b)) < 1e-3:
            return
        turned = rotate(turn_between(a, b), a / np.linalg.norm(a))
        np.testing.assert_allclose(turned, b / np.linalg.norm(b), atol=1e-5)

    def test_opposite_directions_have_a_turn_between_them(self):
        for axis in np.eye(3):
            np.testing.assert_allclose(rotate(turn_between(axis, -axis), axis), -axis, atol=1e-9)


class TestBox:
    def test_with_an_identity_scene_a_nanometre_is_a_metre_with_x_and_z_pointing_back(self):
        # Simulation -> server mirrors x, server -> room mirrors z: half a turn about up.
        box = Box.from_scene([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
        np.testing.assert_allclose(box.to_room(np.array([1.0, 2.0, 3.0])), [-1, 2, -3])

    def test_the_scene_places_turns_and_scales(self):
        quarter = turn_about([0, 1, 0], math.pi / 2)
        box = Box.from_scene([0, 1, 2, *quarter, 2, 2, 2])
        # x of the simulation is -x in server space; the turn takes that to +z there, which is -z in the room.
        np.testing.assert_allclose(box.to_room(np.array([0.1, 0, 0])), [0, 1, -2.2], atol=1e-12)

    @given(poses, st.floats(0.1, 10.0), poses, vectors)
    def test_there_and_back(self, pose, scale, origin, v):
        box = Box(pose, np.full(3, scale), origin)
        np.testing.assert_allclose(box.to_simulation(box.to_room(v)), v, atol=1e-7)
        again = Box.from_scene(box.to_scene(), origin)
        np.testing.assert_allclose(again.matrix, box.matrix, atol=1e-9)

    @given(poses, poses, vectors)
    def test_handedness_is_kept_on_the_whole(self, pose, origin, v):
        assert np.linalg.det(Box(pose, origin=origin).matrix[:3, :3]) > 0

    @given(poses, poses)
    def test_poses_in_server_space_come_back(self, pose, origin):
        box = Box(origin=origin)
        back = box.from_server(box.to_server(pose))
        np.testing.assert_allclose(back.matrix(), pose.matrix(), atol=1e-9)

    @given(poses)
    def test_what_is_at_the_same_place_in_server_space_is_at_the_same_place_in_the_room(self, origin):
        # An avatar's hand at an atom must be seen at the atom.
        box = Box(Pose(np.array([0.3, 1.0, 0.5])), np.full(3, 1.5), origin)
        atom = np.array([0.1, -0.2, 0.3])
        server = box.pose.of(atom * [-1, 1, 1] * 1.5)
        np.testing.assert_allclose(box.from_server(Pose(server)).position, box.to_room(atom), atol=1e-9)

    @pytest.mark.parametrize(
        "scene", [None, "here", [1, 2], [0] * 10, [math.nan] * 10, [0, 0, 0, 0, 0, 0, 1, 1, "x", 1], {"a": 1}]
    )
    def test_a_scene_without_sense_is_none(self, scene):
        assert Box.from_scene(scene) is None

    def test_atoms_of_a_silent_server_are_put_before_the_chest(self):
        atoms = np.random.default_rng(0).normal(size=(50, 3)) + np.array([10, -4, 2])
        room = Box.around(atoms).to_room(atoms)
        middle = (room.min(axis=0) + room.max(axis=0)) / 2
        np.testing.assert_allclose(middle, [0.0, 1.25, -0.6], atol=1e-9)


class TestGrabbing:
    def test_the_nearest_atom_within_reach_is_found(self):
        atoms = np.array([[0, 0, 0], [0.1, 0, 0], [1, 1, 1.0]])
        assert nearest_atom(atoms, np.array([0.08, 0, 0]), 0.15) == 1
        assert nearest_atom(atoms, np.array([0.5, 0, 0]), 0.15) is None
        assert nearest_atom(np.zeros((0, 3)), np.zeros(3), 0.15) is None

    def test_a_trigger_pressed_further_pulls_harder(self):
        strengths = [strength_of(trigger) for trigger in np.linspace(0, 1, 20)]
        assert strengths == sorted(strengths)
        assert strengths[0] > 0
        assert strengths[-1] == strength_of(2.0) == STRONGEST

    @pytest.mark.parametrize("law", FORCE_LAWS)
    @pytest.mark.parametrize("element", [1, 6, 7])
    def test_a_trigger_feels_the_same_on_any_atom_by_any_law(self, law, element):
        mass = mass_of(np.array([element]), (0,))
        hold = ControllerInteraction((0,), np.array([1.0, 0.0, 0.0]), k=1500.0, mass=mass, law=law)
        state = hold.to_state("me")
        assert state["mass_weighted"] is True
        pull = FORCE_LAWS[law](
            parse_interaction("interaction.x", state, 1), np.zeros((1, 3)), np.array([mass])
        )
        np.testing.assert_allclose(pull.forces, [[150.0, 0.0, 0.0]], rtol=1e-6)

    def test_it_is_written_as_headset_apps_write_it(self):
        state = ControllerInteraction(
            (3,), np.zeros(3), k=2000.0, label="hand.left", max_force=math.inf
        ).to_state("me")
        assert state["owner.id"] == "me"
        assert state["label"] == "hand.left"
        assert state["interaction_type"] == "spring"
        assert state["scale"] == 1000.0
        assert state["max_force"] == math.inf

    def test_an_element_nobody_knows_has_the_mass_of_carbon(self):
        assert mass_of(np.array([0, 200, -1]), (0, 1, 2)) == pytest.approx(3 * 12.011)


class TestBlend:
    def test_atoms_arrive_when_the_next_frame_is_due(self):
        blend = PositionInterpolator()
        for k in range(20):
            blend.add_frame(np.full((1, 3), float(k)), now=k / 30)
        arrived = 19 / 30
        assert blend.at(arrived)[0, 0] == pytest.approx(18.0)
        assert blend.at(arrived + 1 / 60)[0, 0] == pytest.approx(18.5, abs=0.01)
        assert blend.at(arrived + 1 / 30)[0, 0] == pytest.approx(19.0)
        assert blend.at(arrived + 9.0)[0, 0] == 19.0

    def test_nothing_jumps_when_a_frame_comes_early(self):
        blend = PositionInterpolator()
        blend.add_frame(np.zeros((1, 3)), 0.0)
        blend.add_frame(np.ones((1, 3)), 1 / 30)
        before = blend.at(1 / 30 + 0.005).copy()
        blend.add_frame(np.full((1, 3), 5.0), 1 / 30 + 0.005)
        np.testing.assert_allclose(blend.at(1 / 30 + 0.005), before)

    def test_another_molecule_is_there_at_once(self):
        blend = PositionInterpolator()
        blend.add_frame(np.zeros((1, 3)), 0.0)
        blend.add_frame(np.ones((4, 3)), 0.01)
        np.testing.assert_array_equal(blend.at(0.01), np.ones((4, 3)))
        blend.add_frame(np.zeros((4, 3)), 0.02, jump=True)
        np.testing.assert_array_equal(blend.at(0.02), np.zeros((4, 3)))


class TestFeel:
    def test_it_follows_the_force(self):
        feel = HapticChannel()
        assert feel.follow_force(FULL_FORCE / 2, 0.0).amplitude == pytest.approx(0.5)
        assert feel.follow_force(FULL_FORCE, 0.01) is None  # the last one still hums
        assert feel.follow_force(3 * FULL_FORCE, 1.0).amplitude == 1.0
        assert feel.follow_force(0.0, 2.0) is None

    def test_a_knock_is_not_cut_short(self):
        feel = HapticChannel()
        feel.event(Pulse(1.0, 0.2), 0.0)
        assert feel.follow_force(FULL_FORCE, 0.1) is None
        assert feel.follow_force(FULL_FORCE, 0.3) is not None


class TestAvatars:
    def test_ours_reads_as_others_read_it(self):
        origin = Pose(np.array([1.0, 0.0, 0.0]), turn_about([0, 1, 0], 1.0))
        controls = Controls(Pose(np.array([0.0, 1.7, -0.1])), left=HandControls(grip=Pose(np.ones(3))))
        value = avatar_value("id", "Ada", controls, Box(origin=origin))
        assert value["playerid"] == "id"
        avatar = read_avatar(value)
        assert avatar.name == "Ada"
        assert set(avatar.parts) == {"headset", "hand.left"}
        back = Box(origin=origin).from_server(avatar.parts["headset"])
        np.testing.assert_allclose(back.position, [0.0, 1.7, -0.1], atol=1e-9)

    def test_left_handed_axes_are_used(self):
        value = avatar_value("id", "", Controls(Pose(np.array([0.1, 1.7, -0.4]))), Box())
        np.testing.assert_allclose(value["components"][0]["position"], [0.1, 1.7, 0.4])

    @pytest.mark.parametrize("color", [{"red": 1.0}, "red", [np.nan, 0.0, 0.0], [1.0], None])
    def test_a_colour_that_is_none_becomes_one_that_can_be_painted(self, color):
        avatar = read_avatar({"components": [], "color": color})
        assert paint_label("Ada", avatar.color).shape[2] == 4

    @pytest.mark.parametrize(
        "value", [None, 3, {}, {"components": 3}, {"components": [{"name": "headset"}], "color": "red"}]
    )
    def test_what_makes_no_sense_does_no_harm(self, value):
        avatar = read_avatar(value)
        assert avatar is None or avatar.parts == {}
