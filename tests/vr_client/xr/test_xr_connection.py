"""The headset's link to a real server: it keeps up, says what hands do, and outlives the server."""

import socket
import time

import numpy as np
import pytest

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server
from atomtug.vr_client import Client
from atomtug.vr_client.xr.box import Box
from atomtug.vr_client.xr.connection import ServerConnection
from atomtug.vr_client.xr.controls import Controls
from atomtug.vr_client.xr.grab import ControllerInteraction
from atomtug.vr_client.xr.poses import Pose
from atomtug.wire.state_keys import INTERACTION_PREFIX

PATIENCE = 120.0


def eventually(condition, what=""):
    """Wait for something to be true; returns it."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"it never happened {what}"
        time.sleep(0.005)
    return value


def hold(number=1, atom=5, x=0.0, label="hand.right"):
    return ControllerInteraction(
        (atom,), np.array([x, 0.0, 0.0]), k=100.0, number=number, mass=12.0, label=label
    )


@pytest.fixture
def link(live_server):
    with ServerConnection(lambda: Client.connect(live_server.address), "Ada") as made:
        eventually(lambda: made.server.connected and made.snapshot.number)
        yield made


@pytest.fixture
def pulls(client):
    """What the server knows of hands of ours: their keys and values."""

    def now():
        return {
            key: value
            for key, value in client.state.items()
            if key.startswith(INTERACTION_PREFIX) and value["owner.id"] != client.owner
        }

    return now


class TestSeeing:
    def test_frames_come_ready_to_be_drawn(self, link):
        snapshot = eventually(lambda: link.snapshot if link.snapshot.number > 3 else None)
        assert snapshot.positions.shape == (7, 3)
        assert snapshot.elements.tolist() == [6, 1, 1, 1, 1, 6, 7]
        assert len(snapshot.bonds) >= 4
        assert np.isfinite(snapshot.energy)
        assert snapshot.engine == "pm6"
        assert snapshot.connection == 1

    def test_the_state_comes(self, link, client):
        client.update_state({"scene": [0, 1, 2, 0, 0, 0, 1, 1, 1, 1]})
        eventually(lambda: link.shared.scene == [0, 1, 2, 0, 0, 0, 1, 1, 1, 1])
        assert link.shared.law == "narupa"
        assert link.shared.connection == 1
        client.update_state({"scene": None})

    def test_others_are_seen_and_ours_is_not(self, link, client):
        key = client.start_interaction(hold())
        link.hold({"hand.right": hold(x=1.0)})
        pull = eventually(lambda: link.shared.pulls)
        assert [p.particles for p in pull] == [(5,)]
        client.remove_interaction(key)
        eventually(lambda: not link.shared.pulls)
        link.hold({})

    def test_what_can_be_done_is_known(self, link):
        server = eventually(lambda: link.server if link.server.engines else None)
        assert {"playback/play", "recording/start"} <= server.commands
        assert "pm6" in server.engines


class TestSaying:
    def test_a_hold_begins_moves_and_ends(self, link, pulls):
        link.hold({"hand.right": hold()})
        ((key, value),) = eventually(pulls).items()
        assert value["label"] == "hand.right"
        assert value["particles"] == [5]
        assert value["scale"] == pytest.approx(100 / 24)
        link.hold({"hand.right": hold(x=2.0)})
        eventually(lambda: pulls()[key]["position"] == [0.2, 0.0, 0.0])
        link.hold({})
        eventually(lambda: not pulls())

    def test_another_grab_is_another_interaction(self, link, pulls):
        link.hold({"hand.right": hold(1)})
        (before,) = eventually(pulls)
        link.hold({"hand.right": hold(2, atom=0)})
        eventually(lambda: [v["particles"] for v in pulls().values()] == [[0]])
        assert before not in pulls()
        link.hold({})
        eventually(lambda: not pulls())

    def test_two_hands_have_one_each(self, link, pulls):
        link.hold({"hand.left": hold(1, label="hand.left"), "hand.right": hold(2, atom=0)})
        eventually(lambda: {v["label"] for v in pulls().values()} == {"hand.left", "hand.right"})
        link.hold({})

    def test_head_and_hands_are_shared_and_taken_away(self, live_server, client):
        with ServerConnection(lambda: Client.connect(live_server.address), "Grace") as link:
            eventually(lambda: link.server.connected)

            def there():
                link.show(Controls(head=Pose(np.array([0.0, 1.7, 0.0]))), Box())
                return [v for k, v in client.state.items() if k.startswith("avatar.")]

            (avatar,) = eventually(there)
            assert avatar["name"] == "Grace"
            assert [part["name"] for part in avatar["components"]] == ["headset"]
        eventually(lambda: not any(key.startswith("avatar.") for key in client.state))

    def test_the_box_is_placed(self, link, client):
        link.place(Box(Pose(np.array([1.0, 2.0, 3.0]))))
        eventually(lambda: client.state.get("scene") == [1, 2, 3, 0, 0, 0, 1, 1, 1, 1])
        client.update_state({"scene": None})

    def test_commands_run(self, link, client):
        resets = client.wait_for_frame().resets
        link.run("playback/reset")
        eventually(lambda: client.current_frame.resets > resets)

    def test_what_goes_wrong_is_said(self, link):
        link.run("playback/dance")
        eventually(lambda: "There is no command 'playback/dance'" in link.server.message)

    def test_a_hold_that_is_refused_is_said_and_harms_nothing(self, link, pulls):
        link.hold({"hand.right": hold(atom=99)})
        eventually(lambda: "There is no atom 99" in link.server.message.replace("there", "There"))
        link.hold({"hand.right": hold(2)})
        eventually(pulls)
        link.hold({})
        eventually(lambda: not pulls())


class TestTheServersLife:
    def test_a_paused_server_is_not_given_up(self, link, client):
        client.run("playback/pause")
        time.sleep(1.5)  # three looks at the connection
        assert link.server.connected
        client.run("playback/play")
        number = link.snapshot.number
        eventually(lambda: link.snapshot.number > number + 3)
        assert link.snapshot.connection == 1

    @pytest.mark.slow
    @pytest.mark.timeout(400)
    def test_a_server_that_comes_back_is_found_and_holds_begin_anew(self):
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        options = ServerOptions([load_system("methane")], port=port)
        with ServerConnection(lambda: Client.connect(f"localhost:{port}", patience=PATIENCE)) as link:
            eventually(lambda: "No atomtug server can be reached" in link.server.message)
            assert not link.server.connected
            lives = []
            for life in (1, 2):
                with running_server(options), Client.connect(f"localhost:{port}") as watcher:
                    eventually(lambda life=life: link.server.connected and link.snapshot.connection == life)

                    def pulling(life=life, watcher=watcher):
                        link.hold({"hand.right": hold(life)})
                        return [key for key in watcher.state if key.startswith(INTERACTION_PREFIX)]

                    (key,) = eventually(pulling)
                    lives.append(key)
                eventually(lambda: not link.server.connected)
                assert "Looking for it again" in link.server.message or "reached" in link.server.message
            assert lives[0] != lives[1]

    def test_without_a_server_nothing_that_is_left_with_it_does_harm(self):
        with ServerConnection(lambda: Client.connect("localhost:1", patience=5.0)) as link:
            link.hold({"hand.right": hold()})
            link.show(Controls(), Box())
            link.place(Box())
            link.run("playback/play")
            assert link.snapshot.number == 0
