"""What NanoVer's WebSocket clients write to the shared state, and expect back."""

import base64

import pytest
from rpc_client import RawClient, spring
from ws_client import RawSocket

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    options = ServerOptions(
        [load_system("methane")], fps=100.0, web_port=0, recordings=tmp_path_factory.mktemp("runs")
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def nanover(server):
    with RawSocket(server.websocket) as made:
        yield made


def test_null_is_a_value_and_removal_another_thing(server, nanover):
    with RawSocket(server.websocket) as other:
        nanover.update(nothing=None, something=1)
        other.wait(lambda: other.state.get("something") == 1, "the update")
        assert other.state["nothing"] is None
        with RawSocket(server.websocket) as late:
            late.wait(lambda: "something" in late.state, "the state so far")
            assert late.state["nothing"] is None
        nanover.remove("nothing", "something")
        other.wait(lambda: "nothing" not in other.state, "the removal")


def test_bytes_come_back_as_bytes_and_to_grpc_clients_as_text(server, nanover):
    picture = bytes(range(256)) * 10
    nanover.update(picture={"pixels": [picture, None]}, nothing=None)
    nanover.wait(lambda: nanover.state.get("picture") == {"pixels": [picture, None]}, "the echo")
    with RawClient(server.address) as grpc_client:
        states = grpc_client.states()
        value = states.wait_for("picture")
        assert base64.b64decode(value["pixels"][0]) == picture
        assert "nothing" not in states.current
    nanover.remove("picture", "nothing")


def test_a_hand_with_bytes_in_it_is_refused_and_the_recording_goes_on(server, nanover):
    nanover.run("recording/start")
    nanover.update(**{"interaction.a": {**spring(1), "note": [b"x"]}, "interaction.b": None, "scene": [1.0]})
    nanover.wait(lambda: nanover.state.get("scene") == [1.0], "the rest of the message")
    text = nanover.wait(lambda: nanover.frame.get("system.simulation.exception"), "the sentence")
    assert "interaction.a holds bytes" in text
    assert "interaction.b must be a map with position and particles, not nothing" in text
    assert nanover.run("recording/status")["error"] == ""
    nanover.run("recording/stop")
    nanover.remove("scene")
