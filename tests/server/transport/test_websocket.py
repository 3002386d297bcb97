"""The WebSocket endpoint over a real socket: what clients see and do, what they leave behind, what is too much."""

import socket

import msgpack
import numpy as np
import pytest
from rpc_client import RawClient, spring, wait_until
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from ws_client import RawSocket

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session
from atomtug.server.transport import websocket_endpoint as websocket_transport
from atomtug.server.transport.websocket_endpoint import MAX_MESSAGE

METHANE = load_system("methane")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    options = ServerOptions(
        systems=[METHANE, load_system("ethane")],
        fps=100.0,
        thermostat="nve",
        web_port=0,
        recordings=tmp_path_factory.mktemp("recordings"),
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def client(server):
    with RawSocket(server.websocket) as made:
        yield made
        made.remove(*[key for key in made.state if key.startswith("interaction.")])


def held(atom: int, **more) -> dict:
    return {**spring(atom, position=(0.2, 0.3, 0.1), scale=2.0), **more}


# Frames --------------------------------------------------------------------------------------------------


def test_the_whole_molecule_comes_unasked_and_then_what_changes(client):
    client.wait(lambda: sum("frame" in message for message in client.messages) > 3, "frames")
    frames = [message["frame"] for message in client.messages if "frame" in message]
    first = frames[0]
    assert first["frame.index"] == 0
    assert first["particle.count"] == 7
    assert list(first["particle.elements"]) == METHANE.numbers.tolist()
    assert np.frombuffer(first["bond.pairs"], "<u4").tolist() == [0, 1, 0, 2, 0, 3, 0, 4, 5, 6]
    assert first["particle.names"] == METHANE.atom_names
    assert len(first["particle.positions"]) == 7 * 3 * 4
    later = [frame for frame in frames[1:] if "particle.positions" in frame]
    assert later
    assert all("particle.elements" not in frame for frame in later)
    indices = [frame["frame.index"] for frame in frames]
    assert indices == sorted(indices)


def test_a_reset_begins_anew_with_index_0(client):
    counter = client.wait(lambda: "system.simulation.counter" in client.frame and client.frame, "a frame")[
        "system.simulation.counter"
    ]
    assert client.run("playback/reset") is None
    client.wait(lambda: client.frame["system.simulation.counter"] == counter + 1, "the reset")
    frames = [message["frame"] for message in client.messages if "frame" in message]
    [frame] = [frame for frame in frames if frame.get("system.simulation.counter") == counter + 1]
    assert frame["frame.index"] == 0
    assert "particle.elements" in frame


def test_frames_come_no_faster_than_clients_can_draw(client):
    def made() -> list[float]:
        """When the server made the frames, by its own clock: when they are read says how busy the machine is."""
        frames = [message["frame"] for message in client.messages if "frame" in message]
        return [frame["server.timestamp"] for frame in frames if "server.timestamp" in frame]

    client.wait(lambda: len(made()) > 31, "thirty frames after the first")
    stamps = made()
    assert stamps[31] - stamps[1] > 0.8 * 30 * websocket_transport.INTERVAL


# State and hands -----------------------------------------------------------------------------------------


def test_what_one_writes_all_are_told_the_writer_too_and_newcomers(server, client):
    with RawSocket(server.websocket) as other:
        client.update(**{"scene": [1.5, math_inf := float("inf")], "a.b": {"c": [None, True, "ü"]}})
        for each in (client, other):
            each.wait(lambda each=each: each.state.get("scene") == [1.5, math_inf], "the scene")
            assert each.state["a.b"] == {"c": [None, True, "ü"]}
        with RawSocket(server.websocket) as late:
            late.wait(lambda: "scene" in late.state, "the state so far")
        client.remove("scene", "a.b")
        other.wait(lambda: "scene" not in other.state, "the removal")
    states = [message["state"] for message in client.messages if "state" in message]
    assert all(set(state) == {"updates", "removals"} for state in states)


def test_both_endpoints_share_one_state(server, client):
    with RawClient(server.address) as grpc_client:
        client.update(shared=5)
        assert grpc_client.states().wait_for("shared") == 5.0
        grpc_client.update({"shared": None})
        client.wait(lambda: "shared" not in client.state, "the removal")


def test_a_pull_moves_the_atom_it_holds(client):
    client.wait(lambda: "particle.positions" in client.frame, "a frame")
    client.update(**{"interaction.a": held(5)})
    client.wait(lambda: client.numbers("forces.user.index").tolist() == [5], "the force")
    frame = dict(client.frame)
    force = np.frombuffer(frame["forces.user.sparse"], "<f4")
    position = np.frombuffer(frame["particle.positions"], "<f4").reshape(-1, 3)[5]
    expected = 2.0 * METHANE.masses[5] * 2.0 * (np.array([0.2, 0.3, 0.1]) - position)
    np.testing.assert_allclose(force, expected, rtol=1e-4, atol=1e-3)
    client.remove("interaction.a")
    client.wait(lambda: client.numbers("forces.user.index").size == 0, "the release")


def test_a_hold_that_can_not_be_is_answered_and_disturbs_nobody(server, client):
    with RawSocket(server.websocket) as other:
        other.update(**{"interaction.good": held(1)})
        other.wait(lambda: "interaction.good" in other.state, "the good one")
        for wrong in (
            held(99),
            held(5, interaction_type="lasso"),
            held(5, position=[float("nan"), 0, 0]),
            "text",
        ):
            count = len(client.errors)
            client.update(**{"interaction.bad": wrong})
            client.wait(lambda count=count: len(client.errors) > count, "the answer")
            assert client.errors[-1].startswith("interaction.bad")
        other.wait(lambda: other.numbers("forces.user.index").tolist() == [1], "the good one's force")
        client.wait(
            lambda: client.frame["system.simulation.exception"].startswith("interaction.bad"), "the text"
        )
        assert other.frame["system.simulation.exception"] == ""
        assert "interaction.bad" not in other.state
    assert client.ask("playback/list")["response"]["simulations"] == ["methane", "ethane"]


def test_what_a_client_held_is_let_go_when_it_leaves_or_is_cut_off(server, client):
    for leave in (lambda one: one.close(), lambda one: one.connection.socket.shutdown(socket.SHUT_RDWR)):
        with RawSocket(server.websocket) as other:
            # Nobody says whose it is: it belongs to the connection.
            other.update(**{"interaction.left": held(2), "avatar.me": {"name": "me"}, "scene": [1.0]})
            client.wait(
                lambda: "interaction.left" in client.state and "avatar.me" in client.state, "the hold"
            )
            client.update(**{"interaction.mine": held(3)})
            leave(other)
            client.wait(lambda: "interaction.left" not in client.state, "the release")
        assert "avatar.me" not in client.state
        assert {"interaction.mine", "scene"} <= set(client.state)
        client.remove("interaction.mine", "scene")
        client.wait(lambda: "scene" not in client.state, "the removal")


def test_a_key_locked_by_another_stays_as_it_is(server, client):
    with RawClient(server.address) as grpc_client:
        assert grpc_client.lock({"locked": 60.0})
        client.update(locked=1)
        client.wait(lambda: client.errors, "the answer")
        assert "locked" in client.errors[-1]
        assert grpc_client.lock({"locked": None})
    client.update(**{"imd.force_law": "mine"})
    client.wait(lambda: len(client.errors) > 1, "the answer")


# Commands ------------------------------------------------------------------------------------------------


def test_commands_are_answered_with_the_request_as_it_came(client):
    request = {"name": "playback/list", "arguments": {}, "id": -7, "note": "kept"}
    client.send({"command": [{"request": request}]})
    answers = client.wait(lambda: [m["command"] for m in client.messages if "command" in m], "the answer")
    assert answers == [{"request": request, "response": {"simulations": ["methane", "ethane"]}}]
    assert client.ask("playback/play")["response"] is None


def test_commands_are_listed_in_both_forms(client):
    result = client.run("commands/list")
    assert result["list"]["playback/load"] == {"index": 0, "clear_state": True}
    assert {"name": "playback/reset", "arguments": {}} in result["commands"]


def test_a_command_that_fails_says_why(client):
    assert "no command 'dance'" in client.ask("dance")["exception"]
    assert "not speed" in client.ask("playback/play", speed=2)["exception"]
    assert "number" in client.ask("playback/load", index="two")["exception"]


def test_orders_are_carried_out_in_the_order_they_were_sent(client):
    for turn in range(10):
        client.send({"command": {"request": {"name": "playback/play", "id": 1000 + turn}}})
        client.send({"command": {"request": {"name": "playback/pause", "id": 2000 + turn}}})
    client.run("playback/list")
    client.wait(lambda: client.frame.get("playback.playing") is False, "the pause")
    client.run("playback/play")
    client.wait(lambda: client.frame["playback.playing"] is True, "the play")


def test_another_system_is_loaded_and_recorded(client):
    client.run("playback/load", index=1)
    client.wait(lambda: client.frame.get("system.simulation.name") == "ethane", "ethane")
    assert client.run("recording/start")["path"].endswith(".h5")
    client.wait(lambda: client.frame["recording.name"].startswith("ethane"), "the recording's name")
    assert client.run("recording/stop")["frames"] > 0
    client.run("playback/load", index=0)
    client.wait(lambda: client.frame.get("system.simulation.name") == "methane", "methane")


# Malformed and excessive ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"\xc1\xc1", 1007, "MessagePack"),
        ("text", 1007, "text"),
        (b"\x91\x01", 1007, "map"),
        (b"\x81\xa1x\xc6" + (MAX_MESSAGE).to_bytes(4, "big") + bytes(MAX_MESSAGE), 1009, ""),
    ],
)
def test_what_is_no_message_ends_that_connection_with_a_reason_and_no_other(server, client, data, code, says):
    with RawSocket(server.websocket) as other:
        other.connection.send(data)
        other.wait(lambda: other.closed, "the end")
        assert other.closed.rcvd.code == code
        assert says in other.closed.rcvd.reason
    client.update(still=1)
    client.wait(lambda: client.state.get("still") == 1, "the echo")
    client.remove("still")


def test_the_largest_message_is_taken(client):
    client.update(big="x" * (MAX_MESSAGE - 100))
    client.wait(lambda: "big" in client.state, "the echo")
    client.remove("big")


def test_a_client_that_does_not_read_holds_nobody_up(server, client):
    with connect(server.websocket, max_queue=1, close_timeout=0.1) as deaf:
        for number in range(200):
            request = {"name": "commands/list", "id": number}
            deaf.socket.settimeout(0.05)
            try:
                deaf.send(msgpack.packb({"command": {"request": request}}))
            except (TimeoutError, OSError):
                break
        client.update(awake=1)
        client.wait(lambda: client.state.get("awake") == 1, "the echo")
        client.remove("awake")


def test_too_many_clients_are_turned_away(monkeypatch):
    monkeypatch.setattr(websocket_transport, "MAX_CONNECTIONS", 2)
    with run_in_thread(Session, ListenOptions(port=0, web_port=0)) as server:
        with RawSocket(server.websocket), RawSocket(server.websocket):
            with pytest.raises(InvalidStatus) as caught:
                RawSocket(server.websocket)
            assert caught.value.response.status_code == 503
        wait_until(lambda: len(server.session.clients) == 0, "the two to leave")
        RawSocket(server.websocket).close()
