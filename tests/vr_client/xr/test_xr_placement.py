"""Where the molecule stands: before the person, in their hands, for others; and the same pull at every size."""

import numpy as np
import pytest
from fake_simulation import FakeSimulation
from hypothesis import given, settings
from hypothesis import strategies as st
from test_xr_controllers import ATOMS, SCENE, SERVER, Scene, hand, snapshot

from atomtug.core.systems import load_system
from atomtug.vr_client.xr.avatars import Avatar
from atomtug.vr_client.xr.box import LARGEST, WALL_IN_ROOM, Box, extent
from atomtug.vr_client.xr.controls import Controls, HandControls
from atomtug.vr_client.xr.grab import STRONGEST, spring_constant
from atomtug.vr_client.xr.grips import OneGrip, TwoGrips
from atomtug.vr_client.xr.poses import UP, Pose, multiply, normalized, rotate, turn_about
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot

ARM = 0.65
"""From the shoulder to the fingertips, metres."""
numbers = st.floats(-2.0, 2.0)
vectors = st.tuples(numbers, numbers, numbers).map(np.array)
turns = st.tuples(numbers, numbers, numbers, numbers).map(np.array).map(normalized)
angles = st.floats(-3.1, 3.1)
standing = st.builds(
    lambda place, yaw, pitch: Pose(
        place, multiply(turn_about(UP, yaw), turn_about(np.array([1.0, 0.0, 0.0]), pitch))
    ),
    vectors,
    angles,
    st.floats(-0.8, 0.8),
)
"""Heads that look up or down as far as it leaves the chest's side of the room ahead of them."""
few = settings(max_examples=30)
LEFT, RIGHT = Pose(np.array([-0.2, 1.0, -0.4])), Pose(np.array([0.2, 1.0, -0.4]))
HEAD = Pose(np.array([1.0, 1.6, 2.0]), turn_about(UP, 2.0))


class TestComing:
    @few
    @given(standing, standing)
    def test_the_wall_is_within_reach_of_a_stretched_arm_wherever_one_looks(self, head, origin):
        level = Pose(
            origin.position, turn_about(UP, float(origin.position[0]))
        )  # a place on the floor is upright
        middle, radius = extent(ATOMS, np.zeros(0))
        box = Box.before(head, middle, radius, level)
        assert box.size * radius == pytest.approx(WALL_IN_ROOM)
        seen = head.within(box.to_room(middle))
        away = box.to_room(middle) - head.position
        assert away[1] == pytest.approx(-0.35)
        assert np.hypot(away[0], away[2]) == pytest.approx(0.45)
        assert seen[2] < 0.0  # ahead, not behind
        assert seen[0] == pytest.approx(0.0, abs=1e-9)
        shoulder = head.position + np.array([0.0, -0.25, 0.0])
        assert np.linalg.norm(box.to_room(middle) - shoulder) + WALL_IN_ROOM < ARM + 0.15

    @few
    @given(standing, st.lists(vectors, min_size=1, max_size=3))
    def test_who_joins_others_sees_it_before_the_chest_and_it_stays_for_them(self, head, others):
        box = Box.from_scene(SCENE)
        middle, _ = extent(ATOMS, np.zeros(0))
        seen = box.seen_from(head, middle, others)
        assert seen.to_scene() == box.to_scene()
        away = seen.to_room(middle) - head.position
        assert away[1] == pytest.approx(-0.35, abs=1e-6)
        assert head.within(seen.to_room(middle))[2] < 0.0
        np.testing.assert_allclose(rotate(seen.origin.orientation, UP), UP, atol=1e-9)

    def test_the_second_person_stands_opposite(self):
        box = Box.from_scene(SCENE)
        middle, _ = extent(ATOMS, np.zeros(0))
        centre = box.to_server(Pose(box.to_room(middle))).position
        other = centre + np.array([0.45, 0.35, 0.0])
        me = box.seen_from(HEAD, middle, [other]).to_server(HEAD).position
        np.testing.assert_allclose(me - centre, [-0.45, 0.35, 0.0], atol=1e-9)

    def test_at_the_beginning_it_comes_once_and_the_others_are_told(self):
        scene = Scene()
        intents = scene.step(head=HEAD)
        assert intents.place
        middle, _ = extent(ATOMS, np.zeros(0))
        seen = HEAD.within(intents.box.to_room(middle))
        np.testing.assert_allclose(seen, [0.0, -0.35, -0.45], atol=1e-9)
        scene.shared = SharedSnapshot(connection=1, scene=intents.box.to_scene())
        assert not scene.step(head=Pose(np.zeros(3)), passes=1.0).place
        np.testing.assert_allclose(scene.controllers.box.matrix, intents.box.matrix, atol=1e-12)

    @pytest.mark.parametrize("why", ["recentred", "asked", "another molecule"])
    def test_it_comes_again(self, why):
        scene = Scene()
        scene.step(head=HEAD)
        elsewhere = Pose(np.array([-1.0, 1.2, 0.0]))
        if why == "asked":
            scene.controllers.placement.bring()
        if why == "another molecule":
            scene.snapshot = snapshot(
                2, positions=2 * ATOMS[:2], elements=np.array([6, 1]), bonds=np.zeros((0, 2), int)
            )
        controls = Controls(elsewhere, HandControls(), HandControls(), recentred=why == "recentred")
        intents = scene.controllers.step(controls, scene.snapshot, scene.shared, SERVER, 1.0)
        assert intents.place
        middle, radius = extent(scene.snapshot.positions, np.zeros(0))
        np.testing.assert_allclose(
            elsewhere.within(intents.box.to_room(middle)), [0, -0.35, -0.45], atol=1e-9
        )
        assert intents.box.size * radius == pytest.approx(WALL_IN_ROOM)

    def test_with_others_in_headsets_it_comes_by_changing_the_own_place(self):
        scene = Scene()
        other = Avatar("Ada", (1.0, 0.0, 0.0), {"headset": Pose(np.array([0.0, 1.6, 0.0]))})
        scene.shared = SharedSnapshot(connection=1, scene=SCENE, avatars={"ada": other})
        assert not scene.step(head=HEAD).place
        middle, _ = extent(ATOMS, np.zeros(0))
        np.testing.assert_allclose(
            HEAD.within(scene.controllers.box.to_room(middle)), [0, -0.35, -0.45], atol=1e-9
        )
        # They move it: it moves for us.
        moved = [0.0, 1.3, 0.5, *SCENE[3:]]
        before = scene.controllers.box.to_room(middle)
        scene.shared = SharedSnapshot(connection=1, scene=moved, avatars={"ada": other})
        scene.step(head=HEAD, passes=1.0)
        assert scene.controllers.box.to_room(middle)[1] - before[1] == pytest.approx(0.1)
        # The server stands everyone in a ring: that counts from then on.
        ring = Pose(np.array([0.0, 0.0, -1.0]))
        scene.shared = SharedSnapshot(connection=1, scene=moved, origin=ring, avatars={"ada": other})
        scene.step(head=HEAD, passes=1.0)
        np.testing.assert_allclose(scene.controllers.box.origin.position, ring.position)

    def test_a_server_that_is_started_again_gets_the_box_as_it_was(self):
        scene = Scene()
        box = scene.step(head=HEAD).box
        scene.server = ServerStatus(False, "Looking for it again.")
        scene.step(head=HEAD)
        scene.server, scene.snapshot = SERVER, snapshot(1, connection=2)
        scene.shared = SharedSnapshot(connection=2, scene=SCENE)
        intents = scene.step(head=Pose(np.zeros(3)))
        assert intents.place
        np.testing.assert_allclose(intents.box.matrix, box.matrix, atol=1e-12)
        assert not scene.step().place


class TestGrips:
    def test_hands_that_stay_change_nothing(self):
        box = Box(Pose(np.array([0.1, 1.2, 0.3]), turn_about([0, 1, 0], 0.4)))
        for moved in (TwoGrips(box, LEFT, RIGHT).moved(LEFT, RIGHT), OneGrip(box, LEFT).moved(LEFT)):
            np.testing.assert_allclose(moved.matrix, box.matrix, atol=1e-12)

    @few
    @given(vectors, vectors, st.builds(Pose, vectors, turns))
    def test_atoms_between_the_hands_stay_there(self, left, right, origin):
        if not 0.05 < np.linalg.norm(right - left) < 5.0:
            return
        grips = TwoGrips(Box(origin=origin), LEFT, RIGHT)
        held = grips.box.to_simulation(np.stack([LEFT.position, RIGHT.position]))
        moved = grips.moved(Pose(left), Pose(right)).to_room(held)
        np.testing.assert_allclose(moved, [left, right], atol=1e-6)

    @few
    @given(st.builds(Pose, vectors, turns), st.builds(Pose, vectors, turns), vectors)
    def test_in_one_hand_everything_keeps_its_place(self, hand, origin, atom):
        grip = OneGrip(Box(origin=origin), LEFT)
        before = LEFT.within(grip.box.to_room(atom))
        box = grip.moved(hand)
        np.testing.assert_allclose(hand.within(box.to_room(atom)), before, atol=1e-6)
        assert box.size == pytest.approx(grip.box.size)

    @pytest.mark.parametrize("angle", [0.5, -2.0])
    def test_wrists_turn_it_about_the_line_between_the_hands(self, angle):
        turn = turn_about(np.array([1.0, 0.0, 0.0]), angle)  # the hands are beside each other along x
        box = Box(Pose(np.array([0.0, 1.0, 0.4])))
        turned = TwoGrips(box, LEFT, RIGHT).moved(Pose(LEFT.position, turn), Pose(RIGHT.position, turn))
        atom = np.array([0.3, 0.1, 0.2])
        axis = Pose((LEFT.position + RIGHT.position) / 2)
        expected = Pose(axis.position, turn).of(axis.within(box.to_room(atom)))
        np.testing.assert_allclose(turned.to_room(atom), expected, atol=1e-9)

    def test_pulling_apart_enlarges_within_limits(self):
        grips = TwoGrips(Box(), LEFT, RIGHT)
        wide = [Pose(pose.position * [2, 1, 1]) for pose in (LEFT, RIGHT)]
        assert grips.moved(*wide).size == pytest.approx(2.0)
        assert grips.moved(Pose(LEFT.position - [900, 0, 0]), RIGHT).size == pytest.approx(LARGEST)

    def test_from_one_hand_to_two_and_back_nothing_jumps(self):
        scene = Scene()
        scene.step()
        places = [(-0.2, 1, -0.4), (0.2, 1, -0.4)]
        scene.step(hand(places[0], squeeze=1.0), hand(places[1]))
        one = scene.step(hand((-0.2, 1.1, -0.4), squeeze=1.0), hand(places[1]))
        assert one.place
        two = scene.step(hand((-0.2, 1.1, -0.4), squeeze=1.0), hand(places[1], squeeze=1.0))
        np.testing.assert_allclose(two.box.matrix, one.box.matrix, atol=1e-12)
        again = scene.step(hand((-0.2, 1.1, -0.4)), hand(places[1], squeeze=1.0))
        np.testing.assert_allclose(again.box.matrix, one.box.matrix, atol=1e-12)
        np.testing.assert_allclose(again.box.to_room(ATOMS)[:, 1], 1.3)


class TestStrength:
    def test_the_force_for_a_stretch_in_the_room_is_the_same_at_every_size(self):
        for size in (0.1, 0.5, 2.0):
            stretch = 0.1 / size  # nm, for 10 cm
            assert spring_constant(STRONGEST, size) * stretch == pytest.approx(10 * STRONGEST)

    @pytest.mark.slow
    @pytest.mark.parametrize("size", [0.1, 2.0])
    def test_one_hand_breaks_a_bond_within_20_cm_of_stretch(self, size):
        """Methane on PM6, a hydrogen pulled with the trigger pressed by a hand that is 20 cm from it."""
        system = load_system("methane")
        scene = Scene()
        scene.shared = SharedSnapshot(connection=1, scene=[0, 1.2, 0.5, 0, 0, 0, 1, size, size, size])
        simulation, box = FakeSimulation(system, temperature=10.0), Box.from_scene(scene.shared.scene)
        scene.step()
        for frame in range(60):
            positions = 0.1 * simulation.positions
            scene.snapshot = snapshot(frame + 1, positions=positions, elements=system.numbers)
            carbon, hydrogen = box.to_room(positions[:2])
            away = (hydrogen - carbon) / np.linalg.norm(hydrogen - carbon)
            stretch = 0.19 if frame else 0.0
            holds = scene.step(right=hand(hydrogen + stretch * away, trigger=1.0), passes=1.0).holds
            assert holds["hand.right"].particles == (1,)
            simulation.advance(holds)
            if np.linalg.norm(simulation.positions[1] - simulation.positions[0]) > 2.2:
                return
        raise AssertionError("the bond held")
