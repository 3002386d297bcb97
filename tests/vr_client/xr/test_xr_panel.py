"""The panel on the wrist: what its buttons do, here and on the server."""

from dataclasses import replace

import numpy as np
import pytest
from test_xr_controllers import COMMANDS, SERVER, Scene, hand, snapshot

from atomtug.vr_client.xr.grab import STRONGEST
from atomtug.vr_client.xr.panel import _ON_WRIST, BUTTONS, HEIGHT, WIDTH
from atomtug.vr_client.xr.poses import Pose
from atomtug.vr_client.xr.snapshot import ServerStatus

LEFT = hand((-0.3, 1.2, -0.3))
PANEL = LEFT.grip.then(_ON_WRIST)
ALL = replace(
    SERVER,
    commands=COMMANDS | {"playback/step", "playback/load", "checkpoint/restore", "user/relax", "user/learn"},
    systems=("methane", "isobutane", "squalane"),
    undoable=2,
)


@pytest.fixture
def scene():
    made = Scene()
    made.server = ALL
    made.snapshot = snapshot(system="methane")
    made.step()
    return made


def tip_at(button, depth):
    """The right hand with its fingertip before (or through) the middle of a button."""
    x = ((button.left + button.right) / 2 - 0.5) * WIDTH
    y = (0.5 - (button.top + button.bottom) / 2) * HEIGHT
    return hand(PANEL.of(np.array([x, y, depth])))


def press(scene, name, head=None):
    """Bring the right fingertip to a button, through it, and back; returns the commands."""
    commands = []
    for depth in (0.1, 0.03, 0.01, -0.01, -0.02, 0.005, 0.03, 0.1):
        commands += scene.step(LEFT, tip_at(BUTTONS[name], depth), head).commands
    return [(command.name, dict(command.arguments)) for command in commands]


@pytest.mark.parametrize(
    ("button", "command"),
    [
        ("play", "playback/pause"),
        ("step", "playback/step"),
        ("undo", "checkpoint/restore"),
        ("reset", "playback/reset"),
        ("relax", "user/relax"),
        ("learn", "user/learn"),
        ("record", "recording/start"),
    ],
)
def test_buttons_send_their_commands_once(scene, button, command):
    assert press(scene, button) == [(command, {})]


def test_what_runs_is_stopped(scene):
    scene.snapshot = snapshot(2, recording="methane.h5", playing=False)
    assert press(scene, "record") == [("recording/stop", {})]
    assert press(scene, "play") == [("playback/play", {})]


def test_an_engine_is_chosen_and_swapped_in(scene):
    assert press(scene, "swap") == [("engine/load", {"engine": "am1"})]
    assert press(scene, "next") == []
    assert press(scene, "swap") == [("engine/load", {"engine": "ann:methane.safetensors"})]
    assert press(scene, "previous") == []
    assert press(scene, "swap") == [("engine/load", {"engine": "am1"})]


def test_a_system_is_chosen_and_loaded(scene):
    assert press(scene, "load") == [("playback/load", {"index": 1})]
    assert press(scene, "next system") == []
    assert press(scene, "load") == [("playback/load", {"index": 2})]
    assert press(scene, "next system") == []
    assert press(scene, "load") == [("playback/load", {"index": 0})]


def test_the_colour_of_atoms_is_chosen_from_what_the_engine_gives(scene):
    panel = scene.controllers.panel
    assert not panel.is_available("colour", scene.snapshot, scene.server)
    assert press(scene, "colour") == []
    assert panel.colouring == "element"
    zeros = np.zeros(len(scene.snapshot.positions))
    scene.snapshot = snapshot(2, charges=zeros, spins=zeros, atom_uncertainty=zeros)
    for expected in ("charge", "spin", "uncertainty", "element"):
        assert press(scene, "colour") == []
        assert panel.colouring == expected


def test_the_molecule_is_brought(scene):
    head = Pose(np.array([0.0, 1.6, 0.0]))
    scene.step(head=head)
    away = Pose(np.array([2.0, 1.5, 0.0]))
    before = scene.controllers.room.copy()
    assert press(scene, "here", away) == []
    scene.step(head=away)
    np.testing.assert_allclose(scene.controllers.room - before, np.tile([2.0, -0.1, 0.0], (3, 1)), atol=1e-9)


def test_the_pull_is_set(scene):
    press(scene, "stronger")
    press(scene, "stronger")
    assert scene.controllers.strength == pytest.approx(1.25**2 * STRONGEST)
    for _ in range(2):
        press(scene, "weaker")
    assert scene.controllers.strength == pytest.approx(STRONGEST)


def test_help_goes_and_comes_and_goes_with_the_first_hold(scene):
    assert scene.controllers.helping
    press(scene, "help")
    assert not scene.controllers.helping
    press(scene, "help")
    assert scene.controllers.helping
    scene.step(right=hand(scene.atom(1), trigger=1.0))
    assert not scene.controllers.helping


def test_a_distance_is_measured_by_touching_two_atoms(scene):
    measure = scene.controllers.measure
    press(scene, "measure")
    assert measure.active
    for atom in (1, 1, 0):
        intents = scene.step(right=hand(scene.atom(atom), trigger=1.0))
        assert intents.holds == {}
        scene.step(right=hand(scene.atom(atom)))
    assert measure.atoms == (1, 0)
    assert measure.text(scene.snapshot.positions) == "1.10 Å"
    scene.step(right=hand(scene.atom(2), trigger=1.0))
    assert measure.atoms == (2,)
    scene.snapshot = snapshot(3, positions=scene.snapshot.positions[:2], elements=np.array([6, 1]))
    scene.step()
    assert measure.atoms == ()
    press(scene, "measure")
    assert not measure.active


def test_without_a_server_and_with_nothing_to_undo_buttons_are_off(scene):
    scene.server = replace(ALL, undoable=0)
    assert press(scene, "undo") == []
    scene.server = ServerStatus(False, "Looking for it again.", ALL.commands, ALL.engines, ALL.systems, 1)
    for name in BUTTONS:
        assert press(scene, name) == []


def test_a_press_is_felt(scene):
    scene.step(LEFT, tip_at(BUTTONS["play"], 0.02))
    assert scene.controllers.panel.hovered == "play"
    assert "right" in scene.step(LEFT, tip_at(BUTTONS["play"], -0.01)).pulses
    assert scene.controllers.panel.pressed == "play"


def test_beside_it_nothing_is_pressed(scene):
    for depth in (0.05, -0.02):
        assert scene.step(LEFT, hand(PANEL.of(np.array([0.3, 0.0, depth])))).commands == ()


def test_buttons_are_apart_and_on_the_panel():
    placed = list(BUTTONS.values())
    for index, one in enumerate(placed):
        assert 0 < one.left < one.right < 1
        assert 0 < one.top < one.bottom < 1
        for other in placed[:index]:
            across = min(one.right, other.right) - max(one.left, other.left)
            along = min(one.bottom, other.bottom) - max(one.top, other.top)
            assert across < 0 or along < 0
