"""The client against the real server, over real sockets."""

import socket
import threading
import time

import numpy as np
import pytest

from atomtug.core.errors import CommandFailed, ConnectionFailed, InputError
from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session
from atomtug.vr_client import Client, Interaction, Pull, Script, Wait, perform, play_script
from atomtug.vr_client.scripted.condition import Condition
from atomtug.wire.state_keys import INTERACTION_PREFIX

CARBON = 5
PATIENCE = 120.0


def hold(atom=CARBON, position=(0.0, 0.0, 0.0), k=1000.0):
    return Interaction((atom,), np.array(position), k)


def noted(first, plan, seen):
    """A plan whose frames are kept in ``seen``: what came later, or was missed, plays no part."""
    seen.append(first)
    action = next(plan)
    while True:
        seen.append((yield action))
        try:
            action = plan.send(seen[-1])
        except StopIteration as done:
            return done.value


class TestFrames:
    def test_frames_come_with_everything_known(self, client):
        frame = client.wait_for_frame()
        assert frame.count == 7
        assert frame.numbers.tolist() == [6, 1, 1, 1, 1, 6, 7]
        assert frame.residue_names[-1] == "CN"
        assert frame.positions.shape == (7, 3)
        assert np.isfinite(frame.potential_energy)

    def test_each_frame_is_newer_than_the_last(self, client):
        frames = client.frames()
        seen = [next(frames) for _ in range(20)]
        assert len({frame.index for frame in seen}) == 20
        times = [frame.time for frame in seen]
        assert times == sorted(times)
        assert times[0] < times[-1]

    def test_every_frame_can_be_asked_for(self, client):
        client.subscribe_frames(every=True)
        steps = []
        for frame in client.frames():
            steps.append(frame["system.simulation.step"])
            time.sleep(0.01)  # slower than they come
            if len(steps) == 30:
                break
        assert set(np.diff(steps)) <= {0.0, 5.0}

    def test_those_that_came_since_the_last_look_are_had_without_waiting(self, client):
        client.subscribe_frames(every=True)
        steps = [frame["system.simulation.step"] for frame in client.new_frames()]
        while len(steps) < 10:
            time.sleep(0.05)
            steps += [frame["system.simulation.step"] for frame in client.new_frames()]
        assert set(np.diff(steps)) <= {0.0, 5.0}
        client.run("playback/pause")
        client.subscribe_frames()
        client.wait_for_frame()
        assert (len(client.new_frames()), client.new_frames()) == (1, [])

    def test_a_reset_is_seen(self, client):
        resets = client.wait_for_frame().resets
        client.run("playback/reset")
        frame = client.wait_for_frame(lambda frame: frame.resets > resets)
        assert frame.time < 5.0
        assert frame.count == 7

    def test_waiting_gives_up_after_a_while(self, client):
        client.run("playback/pause")
        with pytest.raises(ConnectionFailed, match="Nothing came from the server for"):
            client.wait_for_frame(lambda frame: frame.time > 1e9, timeout=0.3)

    def test_nanovers_package_works_as_well(self, live_server):
        with Client.connect(live_server.address, package="nanover.protocol") as client:
            assert client.wait_for_frame().count == 7


class TestState:
    def test_what_one_client_writes_another_reads(self, client, live_server):
        with Client.connect(live_server.address) as other:
            client.update_state({"selection.mine": {"name": "x", "ids": [1, 2]}})
            state = other.wait_for_state(lambda state: "selection.mine" in state)
            assert state["selection.mine"] == {"name": "x", "ids": [1.0, 2.0]}
            client.update_state({"selection.mine": None})
            other.wait_for_state(lambda state: "selection.mine" not in state)

    def test_a_locked_key_is_refused_to_others(self, client, live_server):
        with Client.connect(live_server.address) as other:
            assert client.lock(["scene"], 10.0)
            assert not other.lock(["scene"], 10.0)
            with pytest.raises(CommandFailed, match="Another client has locked scene"):
                other.update_state({"scene": [1.0]})
            client.update_state({"scene": None})
            assert client.unlock(["scene"])
            other.update_state({"scene": None})


class TestCommands:
    def test_commands_are_listed_with_their_arguments(self, client):
        commands = client.commands()
        assert commands["playback/load"]["index"] == 0.0
        assert "recording/start" in commands

    def test_a_result_comes_back(self, client):
        assert client.run("playback/list") == {"simulations": ["methane"]}
        assert client.run("dynamics/set", temperature=310)["temperature"] == 310.0

    @pytest.mark.parametrize(
        ("name", "arguments", "sentence"),
        [
            ("playback/rewind", {}, "There is no command 'playback/rewind'"),
            ("dynamics/set", {"colour": "red"}, "dynamics/set takes temperature, friction, timestep"),
        ],
    )
    def test_a_refusal_is_the_servers_own_sentence(self, client, name, arguments, sentence):
        with pytest.raises(CommandFailed, match=sentence):
            client.run(name, **arguments)


class TestHands:
    def test_a_hand_is_felt_and_is_gone_after_closing(self, live_server):
        with Client.connect(live_server.address) as watcher:
            with Client.connect(live_server.address) as client:
                client.run("playback/play")
                key = client.start_interaction(hold())
                frame = client.wait_for_frame(lambda frame: len(frame.user_forces) > 0)
                assert frame["forces.user.index"].tolist() == [CARBON]
                state = watcher.wait_for_state(lambda state: key in state)
                assert state[key]["owner.id"] == client.owner
                assert state[key]["scale"] == 500.0
            watcher.wait_for_state(lambda state: not any(k.startswith(INTERACTION_PREFIX) for k in state))

    def test_a_hand_can_be_moved_and_taken_away(self, client):
        key = client.start_interaction(hold())
        client.update_interaction(key, hold(position=(0.0, 0.0, 5.0)))
        state = client.wait_for_state(lambda state: state.get(key, {}).get("position", [0])[-1] > 0)
        assert state[key]["position"] == [0.0, 0.0, 0.5]  # nm
        client.remove_interaction(key)
        client.wait_for_state(lambda state: key not in state)

    def test_the_force_is_the_spring_constant_times_the_distance(self, client):
        """By the law that this server follows; mass plays no part."""
        client.run("playback/pause")
        resets = client.wait_for_frame().resets
        client.run("playback/reset")
        at = client.wait_for_frame(lambda frame: frame.resets > resets).positions[CARBON]
        client.start_interaction(hold(position=at + np.array([0.0, 2.0, 0.0]), k=3000.0))
        client.run("playback/step")
        frame = client.wait_for_frame(lambda frame: len(frame.user_forces) > 0)
        distance = at + np.array([0.0, 2.0, 0.0]) - frame.positions[CARBON]
        np.testing.assert_allclose(frame.user_forces[0], 300.0 * distance, rtol=0.02, atol=2.0)

    def test_an_atom_that_is_not_there_is_refused(self, client):
        with pytest.raises(CommandFailed, match="99"):
            client.start_interaction(hold(99))


class TestPerforming:
    def test_a_script_pulls_the_radical_where_it_says(self, client):
        client.run("playback/reset")
        goal = (6.0, 3.0, 0.0)
        steps = (Pull("CN:C", to=goal, k=6000.0, speed=5.0, until=Condition("t > 0.8")), Wait(0.01))
        seen = []
        report = perform(client, lambda frame: noted(frame, play_script(frame, Script(steps)), seen))
        assert report.finished
        assert report.time > 0.799
        # It swings about the goal, from 3.5 angstrom away: where it was while the hand held it.
        held = next(frame for frame in seen if frame.time - seen[0].time > 0.79)
        assert np.linalg.norm(held.positions[CARBON] - goal) < 2.0
        client.wait_for_state(lambda state: not any(key.startswith(INTERACTION_PREFIX) for key in state))

    def test_durations_are_simulated_time(self, client):
        client.run("playback/reset")
        client.wait_for_frame(lambda frame: frame.time < 1.0)
        seen = []
        perform(client, lambda frame: noted(frame, play_script(frame, Script((Wait(0.2),))), seen))
        # It ends with the first frame that it sees after that time, however late that frame comes.
        assert seen[-2].time - seen[0].time < 0.2 <= seen[-1].time - seen[0].time + 1e-6

    def test_a_script_that_does_not_fit_is_refused_before_it_begins(self, client):
        with pytest.raises(InputError, match="Step 1 of script: There is no atom CN:Q"):
            perform(client, lambda frame: play_script(frame, Script((Pull("CN:Q", by=(0, 0, 1)),))))

    def test_a_stuck_server_is_noticed(self, client):
        threading.Timer(0.3, lambda: client.run("playback/pause")).start()
        with pytest.raises(ConnectionFailed, match="paused, stuck or very slow"):
            perform(client, lambda frame: play_script(frame, Script((Wait(1e6),))), stuck=0.5)


class TestConnecting:
    def test_where_nobody_listens_a_sentence_says_so(self):
        with socket.socket() as free:
            free.bind(("localhost", 0))
            address = f"localhost:{free.getsockname()[1]}"
        with pytest.raises(ConnectionFailed, match=f"No atomtug server can be reached at {address}"):
            Client.connect(address, patience=5.0)

    def test_a_server_that_goes_away_is_noticed_and_closing_is_quiet(self):
        options = ServerOptions([load_system("methane")], fps=0.0)
        with running_server(options) as server:
            client = Client.connect(server.address)
            client.start_interaction(hold())
            client.wait_for_frame()
        with pytest.raises(ConnectionFailed):
            client.wait_for_frame(lambda frame: False, timeout=PATIENCE)
        with pytest.raises(ConnectionFailed):
            client.run("playback/list")
        client.close()

    def test_a_token_is_asked_for_and_given(self):
        options = ServerOptions([load_system("methane")], token="open sesame")
        with running_server(options) as server:
            with pytest.raises(ConnectionFailed, match="This server asks for a token"):
                Client.connect(server.address)
            with Client.connect(server.address, token="open sesame") as client:
                assert client.wait_for_frame().count == 7
                client.wait_for_state(lambda state: state.get("imd.force_law") == "narupa")

    def test_what_a_token_does_not_allow_is_the_servers_own_sentence(self):
        listen = ListenOptions(port=0, token="the owner's", token_pull="the pupils'")
        with (
            run_in_thread(Session, listen) as server,
            Client.connect(server.address, token="the pupils'") as client,
            pytest.raises(CommandFailed, match="You may watch and pull here"),
        ):
            client.run("multiuser/radially-orient-origins")

    def test_a_closed_client_says_so(self, live_server):
        client = Client.connect(live_server.address)
        client.close()
        with pytest.raises(ConnectionFailed, match="is closed"):
            client.run("playback/list")

    def test_certificates_that_cannot_be_read_are_named(self, tmp_path):
        with pytest.raises(InputError, match=r"The certificates in .*none\.pem can't be read"):
            Client.connect("localhost", root_certificates=tmp_path / "none.pem")

    def test_an_unknown_package_is_refused(self):
        with pytest.raises(InputError, match=r"There is no package 'openmm': use narupa\.protocol or"):
            Client.connect("localhost", package="openmm")


def test_many_clients_at_once_each_keep_their_own_hands(live_server):
    clients = [Client.connect(live_server.address) for _ in range(4)]
    try:
        clients[0].run("playback/play")
        keys = [client.start_interaction(hold(atom)) for atom, client in enumerate(clients)]
        clients[0].wait_for_state(lambda state: set(keys) <= set(state))
        clients[1].close()
        deadline = time.monotonic() + PATIENCE
        while keys[1] in clients[0].state:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert set(keys) - {keys[1]} <= set(clients[0].state)
    finally:
        for client in clients:
            client.close()
