"""What hands do: controllers in, intents out, without a headset or a server."""

import numpy as np
import pytest

from atomtug.vr_client.xr.box import Box
from atomtug.vr_client.xr.controllers import ControllerLogic
from atomtug.vr_client.xr.controls import PINCH, Controls, HandControls
from atomtug.vr_client.xr.grab import STRONGEST, WEAKEST_SETTING, counterweight
from atomtug.vr_client.xr.haptics import BOND_CHANGED, GRABBED
from atomtug.vr_client.xr.poses import Pose
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot

ATOMS = np.array([[0.0, 0.0, 0.0], [0.11, 0.0, 0.0], [0.4, 0.0, 0.0]])
COMMANDS = frozenset(
    ["playback/play", "playback/pause", "playback/reset", "recording/start", "recording/stop", "engine/load"]
)
SERVER = ServerStatus(True, "", COMMANDS, ("pm6", "am1", "ann:methane.safetensors"))
SCENE = [0, 1.2, 0.5, 0, 0, 0, 1, 1, 1, 1]


def snapshot(number=1, connection=1, **changes):
    facts = {
        "positions": ATOMS,
        "elements": np.array([6, 1, 7]),
        "bonds": np.array([[0, 1]]),
        "engine": "pm6",
        "playing": True,
        "begins": number == 1,
        **changes,
    }
    return Snapshot(number=number, connection=connection, arrived=number / 30, **facts)


def hand(pinch, **changes):
    """A hand whose fingertips are at a place in the room."""
    pose = Pose(np.asarray(pinch) - PINCH)
    return HandControls(grip=pose, aim=pose, **changes)


FAR_AWAY = (3.0, 1.0, 0.0)


class Scene:
    """A wearer, and time that passes."""

    def __init__(self, **options):
        self.controllers = ControllerLogic(**options)
        self.now = 0.0
        self.snapshot, self.shared, self.server = (
            snapshot(),
            SharedSnapshot(connection=1, scene=SCENE),
            SERVER,
        )

    def step(self, left=None, right=None, head=None, passes=0.011):
        self.now += passes
        controls = Controls(head, left or HandControls(), right or HandControls())
        return self.controllers.step(controls, self.snapshot, self.shared, self.server, self.now)

    def atom(self, index):
        return Box.from_scene(SCENE).to_room(ATOMS[index])


@pytest.fixture
def scene():
    made = Scene()
    made.step()
    return made


class TestHolding:
    def test_a_trigger_holds_the_nearest_atom_and_lets_go(self, scene):
        near = scene.atom(1) + np.array([0.02, 0.01, 0.0])
        assert scene.step(right=hand(near)).holds == {}
        intents = scene.step(right=hand(near, trigger=0.9))
        (hold,) = intents.holds.values()
        assert list(intents.holds) == ["hand.right"]
        assert hold.particles == (1,)
        np.testing.assert_allclose(hold.position, 10 * scene.controllers.box.to_simulation(near))
        assert hold.k == pytest.approx(0.81 * 100 * STRONGEST)  # a centimetre is 0.01 nm in this box
        assert hold.mass == pytest.approx(1.008)
        assert intents.pulses == {"right": GRABBED}
        assert scene.step(right=hand(near, trigger=0.0)).holds == {}

    def test_what_is_held_stays_held_wherever_the_hand_goes(self, scene):
        scene.step(right=hand(scene.atom(1), trigger=0.5))
        first = scene.step(right=hand(scene.atom(2), trigger=0.5)).holds["hand.right"]
        again = scene.step(right=hand(FAR_AWAY, trigger=1.0)).holds["hand.right"]
        assert first.particles == again.particles == (1,)
        assert first.number == again.number
        assert again.k > first.k

    def test_each_grab_is_another_interaction(self, scene):
        numbers = set()
        for _ in range(3):
            numbers.add(scene.step(right=hand(scene.atom(1), trigger=1.0)).holds["hand.right"].number)
            scene.step(right=hand(scene.atom(1)))
        assert len(numbers) == 3

    def test_both_hands_hold(self, scene):
        intents = scene.step(hand(scene.atom(0), trigger=1.0), hand(scene.atom(2), trigger=1.0))
        assert {label: hold.particles for label, hold in intents.holds.items()} == {
            "hand.left": (0,),
            "hand.right": (2,),
        }

    def test_a_trigger_pressed_out_of_reach_holds_nothing_even_when_it_comes_near(self, scene):
        assert scene.step(right=hand(FAR_AWAY, trigger=1.0)).holds == {}
        assert scene.step(right=hand(scene.atom(1), trigger=1.0)).holds == {}

    def test_a_trembling_trigger_holds_on(self, scene):
        scene.step(right=hand(scene.atom(1), trigger=0.11))
        assert scene.step(right=hand(scene.atom(1), trigger=0.07)).holds
        assert not scene.step(right=hand(scene.atom(1), trigger=0.04)).holds

    def test_a_hand_that_is_lost_lets_go(self, scene):
        scene.step(right=hand(scene.atom(1), trigger=1.0))
        assert scene.step(right=None).holds == {}

    def test_the_law_of_the_server_and_the_kind_of_pull_are_heeded(self):
        scene = Scene(kind="gaussian", strongest=100.0)
        scene.shared = SharedSnapshot(connection=1, scene=SCENE, law="nanover-2026")
        scene.step()
        hold = scene.step(right=hand(scene.atom(0), trigger=1.0)).holds["hand.right"]
        assert (hold.law, hold.kind, hold.k) == ("nanover-2026", "gaussian", 1000.0)
        assert hold.to_state("me")["scale"] == pytest.approx(1000.0)

    def test_without_a_frame_there_is_nothing_to_hold(self):
        scene = Scene()
        scene.snapshot = Snapshot()
        assert scene.step(right=hand((0, 1, 0), trigger=1.0)).holds == {}


class TestCounterweight:
    METHANE_AND_CN = np.array([[0, 1], [0, 2], [0, 3], [0, 4], [5, 6]])

    def test_what_is_at_the_end_of_a_molecule_comes_off_and_the_rest_is_dragged(self):
        assert counterweight(1, self.METHANE_AND_CN) == (0, 2, 3, 4)
        for atom in (0, 5, 6, 7):
            assert counterweight(atom, self.METHANE_AND_CN) == ()

    def test_once_it_is_off_nothing_holds_against_it(self, scene):
        chain = np.array([[0, 1], [0, 2]])
        scene.snapshot = snapshot(2, bonds=chain)
        scene.step()
        hold = scene.step(right=hand(scene.atom(1), trigger=1.0)).holds["hand.right"]
        assert hold.to_state("me")["counter_particles"] == [0, 2]
        scene.snapshot = snapshot(3, bonds=chain[1:])
        hold = scene.step(right=hand(scene.atom(1), trigger=1.0)).holds["hand.right"]
        assert "counter_particles" not in hold.to_state("me")


class TestFeeling:
    def test_the_force_is_felt(self, scene):
        scene.step(right=hand(scene.atom(1), trigger=1.0))
        scene.snapshot = snapshot(2, forces={1: 3000.0})
        pulse = scene.step(right=hand(scene.atom(1), trigger=1.0), passes=0.1).pulses["right"]
        assert pulse.amplitude == pytest.approx(0.5)

    def test_a_bond_that_breaks_is_felt(self, scene):
        scene.step(right=hand(scene.atom(1), trigger=1.0))
        scene.snapshot = snapshot(2, bonds=np.array([[0, 2]]))
        assert scene.step(right=hand(scene.atom(1), trigger=1.0)).pulses["right"] == BOND_CHANGED


class TestTheServersLife:
    def test_another_life_of_the_server_ends_what_was_held_and_a_pressed_trigger_grabs_anew(self, scene):
        first = scene.step(right=hand(scene.atom(1), trigger=1.0)).holds["hand.right"]
        scene.snapshot, scene.shared = snapshot(1, connection=2), SharedSnapshot(connection=2, scene=SCENE)
        second = scene.step(right=hand(scene.atom(1), trigger=1.0)).holds["hand.right"]
        assert second.number != first.number

    def test_a_reset_does_not_end_it(self, scene):
        first = scene.step(right=hand(scene.atom(1), trigger=1.0)).holds["hand.right"]
        scene.snapshot = snapshot(2, begins=True)
        assert scene.step(right=hand(scene.atom(1), trigger=1.0)).holds["hand.right"].number == first.number

    def test_another_molecule_does(self, scene):
        scene.step(right=hand(scene.atom(2), trigger=1.0))
        scene.snapshot = snapshot(
            2, positions=ATOMS[:2], elements=np.array([6, 1]), bonds=np.zeros((0, 2), int), begins=True
        )
        assert scene.step(right=hand(scene.atom(2), trigger=1.0)).holds == {}


class TestTheBox:
    def test_it_is_where_the_others_say(self, scene):
        np.testing.assert_allclose(scene.controllers.room[0], [0.0, 1.2, -0.5])
        assert not scene.step().place

    def test_where_nobody_says_it_comes_to_us_and_the_others_are_told_once(self):
        scene = Scene()
        scene.shared = SharedSnapshot(connection=1)
        assert scene.step().place
        assert not scene.step().place
        assert 0.9 < scene.controllers.room[0, 1] < 1.5

    def test_until_the_state_is_known_it_is_left_alone(self):
        scene = Scene()
        scene.shared = SharedSnapshot(connection=0)
        assert not scene.step().place

    def test_grips_move_it_and_then_the_others_may(self, scene):
        scene.step(hand((-0.2, 1, -0.4), squeeze=1.0), hand((0.2, 1, -0.4), squeeze=1.0))
        intents = scene.step(hand((-0.4, 1.1, -0.4), squeeze=1.0), hand((0.4, 1.1, -0.4), squeeze=1.0))
        assert intents.place
        assert intents.box.size == pytest.approx(2.0)
        # Until the others' echo is here ours holds; then theirs does.
        assert scene.step().box.size == pytest.approx(2.0)
        scene.shared = SharedSnapshot(connection=1, scene=SCENE)
        scene.step(passes=1.0)
        assert scene.controllers.box.size == pytest.approx(1.0)


class TestButtons:
    @pytest.mark.parametrize(("playing", "name"), [(True, "playback/pause"), (False, "playback/play")])
    def test_the_lower_button_plays_and_pauses_once_a_press(self, scene, playing, name):
        scene.snapshot = snapshot(2, playing=playing)
        pressed = hand(FAR_AWAY, primary=True)
        assert [command.name for command in scene.step(right=pressed).commands] == [name]
        assert scene.step(right=pressed).commands == ()

    def test_the_upper_button_takes_back(self, scene):
        scene.server = ServerStatus(True, "", frozenset(["checkpoint/restore"]))
        intents = scene.step(left=hand(FAR_AWAY, secondary=True))
        assert [command.name for command in intents.commands] == ["checkpoint/restore"]

    def test_the_thumbstick_sets_the_strength_of_the_pull(self, scene):
        before = scene.controllers.strength
        for _ in range(20):
            scene.step(right=hand(FAR_AWAY, lever=0.9), passes=0.05)
        assert scene.controllers.strength == pytest.approx(2 * before)
        for _ in range(1000):
            scene.step(right=hand(FAR_AWAY, lever=-0.9), passes=0.05)
        assert scene.controllers.strength == WEAKEST_SETTING

    def test_the_thumbstick_relaxes_or_moves_the_molecule_once_a_press(self, scene):
        scene.server = ServerStatus(True, "", frozenset(["user/relax"]))
        pressed = hand(FAR_AWAY, stick=True)
        assert [command.name for command in scene.step(left=pressed).commands] == ["user/relax"]
        assert scene.step(left=pressed).commands == ()

    def test_what_the_server_can_not_do_is_not_asked_of_it(self, scene):
        scene.server = ServerStatus(True, "", frozenset(["playback/play"]))
        assert scene.step(right=hand(FAR_AWAY, secondary=True)).commands == ()
