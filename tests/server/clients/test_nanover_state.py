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
        # The first frame of the simulation makes everything before it void, sentences too.
        made.wait(lambda: "particle.positions" in made.frame, "the first frame")
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


def test_a_large_message_is_taken_and_what_exceeds_the_quota_is_refused_with_a_sentence(server, nanover):
    mesh = bytes(10 * 2**20)
    with RawClient(server.address) as grpc_client, RawSocket(server.websocket) as other:
        states = grpc_client.states()
        nanover.update(**{"mesh.a": mesh})
        other.wait(lambda: other.state.get("mesh.a") == mesh, "the mesh")
        nanover.update(**{"mesh.b": mesh})
        text = nanover.wait(lambda: nanover.frame.get("system.simulation.exception"), "the sentence")
        assert "16 MB of values" in text
        assert nanover.errors == [text]
        nanover.remove("mesh.a")
        nanover.update(**{"mesh.b": mesh, "small": 1})
        other.wait(lambda: other.state.get("small") == 1, "the second mesh")
        nanover.wait(lambda: not nanover.frame["system.simulation.exception"], "the sentence to go")
        # Too large for gRPC's clients, which go on without it.
        assert states.wait_for("small") == 1.0
        assert states.error is None
        assert not {"mesh.a", "mesh.b"} & set(states.current)
        nanover.remove("mesh.b", "small")


def test_a_value_just_too_large_for_grpc_ends_no_stream(server, nanover):
    with RawClient(server.address) as grpc_client:
        states = grpc_client.states()
        nanover.update(text="x" * (4 * 2**20), fits="x" * (3 * 2**20), last=1)
        assert len(states.wait_for("fits")) == 3 * 2**20
        states.wait_for("last")
        assert "text" not in states.current
        assert states.error is None
        nanover.remove("text", "fits", "last")


def test_more_values_than_fit_are_refused_before_they_fill_the_memory(server, nanover):
    nanover.update(many=[[1] * 1000] * 900)
    nanover.wait(lambda: nanover.errors, "the sentence")
    assert "values: send large data as bytes" in nanover.errors[0]
    nanover.update(many=[1] * 900_000)
    nanover.wait(lambda: nanover.closed or len(nanover.errors) > 1, "the answer")
    assert nanover.closed is None
