"""The whole way: controllers on the OpenXR double, ``atomtug vr``'s loop, gRPC, PM6."""

import threading

import numpy as np
import pytest
from test_xr_connection import eventually

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server
from atomtug.vr_client import Client
from atomtug.vr_client.xr.app import VrApp, VrOptions
from atomtug.vr_client.xr.box import Box
from atomtug.wire.state_keys import INTERACTION_PREFIX

LEFT, RIGHT = 0, 1


class Player:
    """Someone in the headset: an app in a thread, and the double's controllers as hands."""

    def __init__(self, double, address, **options):
        self.double = double
        self.lines = []
        self.app = VrApp(
            lambda: Client.connect(address, patience=120.0),
            VrOptions(headless=True, **options),
            self.lines.append,
        )
        self.error = None
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            self.app.run()
        except BaseException as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.app.stop()
        self.thread.join(30.0)
        assert not self.thread.is_alive()
        assert self.error is None, self.error

    def passes(self, moments=5):
        """Let some moments pass."""
        until = self.app.moments + moments
        eventually(lambda: self.app.moments >= until)

    def atom(self, index):
        """(3,) where an atom is seen."""
        return self.app.controllers.room[index].copy()

    def add_frame(self, index, trigger=1.0, hand=RIGHT):
        """Take hold of an atom; returns which it was."""
        state = self.app.controllers.hands["right" if hand == RIGHT else "left"]

        def tried():
            self.double.press(hand, "trigger/value", 0.0)
            self.double.point(hand, self.atom(index))
            self.passes(3)
            if state.near == index:
                self.double.press(hand, "trigger/value", trigger)
                self.passes(3)
            return state.hold

        # Atoms move, and a busy machine sees a hand late: whoever misses tries again.
        return eventually(tried).particles[0]


def pulls(client):
    return {key: value for key, value in client.state.items() if key.startswith(INTERACTION_PREFIX)}


@pytest.fixture(scope="module")
def calm_server(tmp_path_factory):
    """Methane and CN, calm: there is time to aim."""
    options = ServerOptions(
        [load_system("methane")], temperature=50.0, friction=20.0, recordings=tmp_path_factory.mktemp("calm")
    )
    with running_server(options) as server:
        yield server


@pytest.fixture
def slow_server(calm_server):
    """The same, at its beginning and playing."""
    with Client.connect(calm_server.address) as client:
        client.run("playback/reset")
        client.run("playback/play")
        client.update_state({"scene": None})
    return calm_server


def test_a_trigger_becomes_an_interaction_and_its_release_ends_it(xr_double, slow_server):
    with Client.connect(slow_server.address) as watcher, Player(xr_double, slow_server.address) as player:
        eventually(lambda: len(player.app.controllers.room) == 7)
        atom = player.add_frame(3, trigger=0.5)
        ((key, value),) = eventually(lambda: pulls(watcher)).items()
        assert value["particles"] == [atom]
        assert value["label"] == "hand.right"
        assert value["interaction_type"] == "spring"
        assert value["mass_weighted"] is True
        # Where the hand is, in nm: through room, server space and the scene.
        box = Box.from_scene(eventually(lambda: watcher.state.get("scene")))
        away = player.atom(3) + np.array([0.3, 0.1, 0.0])
        xr_double.point(RIGHT, away)
        eventually(lambda: np.allclose(pulls(watcher)[key]["position"], box.to_simulation(away), atol=1e-4))
        xr_double.press(RIGHT, "trigger/value", 1.0)
        eventually(lambda: pulls(watcher)[key]["scale"] > value["scale"])
        eventually(lambda: xr_double.haptic(RIGHT)[2] > 2)
        assert xr_double.haptic(LEFT)[2] == 0
        xr_double.press(RIGHT, "trigger/value", 0.0)
        eventually(lambda: not pulls(watcher))
    assert player.lines[0] == "In no headset at all by atomtug's double, without pictures."


def test_losing_focus_lets_go(xr_double, slow_server):
    with Client.connect(slow_server.address) as watcher, Player(xr_double, slow_server.address) as player:
        eventually(lambda: len(player.app.controllers.room) == 7)
        player.add_frame(3)
        eventually(lambda: pulls(watcher))
        xr_double.focus(False)
        eventually(lambda: not pulls(watcher))
        xr_double.focus(True)
        xr_double.press(RIGHT, "trigger/value", 0.0)
        player.passes(2)
        player.add_frame(3)
        eventually(lambda: pulls(watcher))


def test_buttons_reach_the_server(xr_double, slow_server):
    with Client.connect(slow_server.address) as watcher, Player(xr_double, slow_server.address) as player:
        eventually(lambda: player.app.moments > 5 and watcher.current_frame.get("playback.playing"))
        eventually(lambda: len(player.app.controllers.room) == 7)
        player.passes(30)

        def paused():
            xr_double.press(RIGHT, "a/click", 1.0)
            player.passes(10)
            xr_double.press(RIGHT, "a/click", 0.0)
            player.passes(30)
            return watcher.current_frame.get("playback.playing") is False

        eventually(paused)
        resets = watcher.current_frame.resets
        xr_double.press(LEFT, "b/click", 1.0)
        eventually(lambda: watcher.current_frame.resets > resets)


def test_both_grips_scale_the_box_for_everyone(xr_double, slow_server):
    with Client.connect(slow_server.address) as watcher, Player(xr_double, slow_server.address) as player:
        before = eventually(lambda: watcher.state.get("scene"))
        for hand, x in ((LEFT, -0.2), (RIGHT, 0.2)):
            xr_double.point(hand, (x, 1.2, -0.4))
            xr_double.press(hand, "squeeze/force", 1.0)
        player.passes(10)
        for hand, x in ((LEFT, -0.3), (RIGHT, 0.3)):
            xr_double.point(hand, (x, 1.2, -0.4))
        eventually(lambda: np.allclose(watcher.state["scene"][7:], np.array(before[7:]) * 1.5, rtol=1e-3))


@pytest.mark.parametrize("at_once", [False, True])
def test_a_runtime_that_goes_away_and_comes_back(xr_double, slow_server, at_once):
    with Client.connect(slow_server.address) as watcher, Player(xr_double, slow_server.address) as player:
        eventually(lambda: len(player.app.controllers.room) == 7)
        player.add_frame(3)
        eventually(lambda: pulls(watcher))
        xr_double.lose_instance(at_once)
        eventually(lambda: any("went away" in line for line in player.lines))
        eventually(lambda: xr_double.creations == 2)
        player.passes(10)
        assert xr_double.state == 5  # in focus again


def test_the_person_quits_in_the_headset(xr_double, slow_server):
    with Player(xr_double, slow_server.address) as player:
        player.passes(5)
        xr_double.stop(for_good=True)
        eventually(lambda: not player.thread.is_alive())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_hydrogen_is_pulled_off_methane(xr_double, slow_server):
    """Hold the carbon with one hand, a hydrogen with the other, and part them: the bond breaks, and is felt to."""
    with (
        Client.connect(slow_server.address) as watcher,
        Player(xr_double, slow_server.address) as player,
    ):
        watcher.wait_for_frame()
        eventually(lambda: len(player.app.controllers.room) == 7)
        assert player.add_frame(0, hand=LEFT) == 0
        hydrogen = player.add_frame(2)
        assert hydrogen in (1, 2, 3, 4)
        carbon_hand, start = player.atom(0), player.atom(hydrogen)
        outwards = (start - carbon_hand) / np.linalg.norm(start - carbon_hand)
        felt = [0.0]

        def off():
            player.passes(1)
            felt.append(xr_double.haptic(RIGHT)[0])
            snapshot = player.app.controllers.positions
            return np.linalg.norm(snapshot[hydrogen] - snapshot[0]) > 0.25  # nm: more than twice a C-H bond

        # Some 25 cm a second, as a person would; at last 70 cm away.
        for reach in np.linspace(0.0, 0.7, 240):
            xr_double.point(RIGHT, start + reach * outwards)
            xr_double.point(LEFT, carbon_hand)
            if off():
                break
        eventually(off, "the hydrogen stayed on")

        def bonded_to_carbon():
            bonds = watcher.current_frame.bonds
            return set(bonds[(bonds == 0).any(axis=1)].ravel().tolist())

        eventually(lambda: hydrogen not in bonded_to_carbon())
        assert len(bonded_to_carbon()) > 1
        assert max(felt) > 0.5
        assert watcher.current_frame.work_done > 100.0
