"""Whatever is sent, the answer is an error code and a sentence; the log is empty and the simulation goes on."""

import math
import random

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rpc_client import RPCS, RawClient, refused, spring, struct, wait_until

from atomtug.core.systems import load_system
from atomtug.protos import SERVICES, command_pb2, rpc_path, state_pb2, trajectory_pb2
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.session import state
from atomtug.server.session.quota import MAX_KEYS_EACH
from atomtug.server.session.state import MAX_KEYS
from atomtug.server.transport.grpc_endpoint import MAX_MESSAGE

BAD = grpc.StatusCode.INVALID_ARGUMENT
UNARY = [rpc.name for rpc in SERVICES if not rpc.streams]
STREAMS = [rpc.name for rpc in SERVICES if rpc.streams]
NO_MESSAGE = (b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05abc", bytes(range(1, 200)))


@pytest.fixture(scope="module")
def server():
    with running_server(ServerOptions(systems=[load_system("methane")], fps=100.0)) as running:
        yield running


@pytest.fixture(autouse=True)
def goes_on_and_says_nothing(server, nothing_logged):
    """After each test the simulation runs on, and nothing was logged."""
    yield
    with RawClient(server.address) as witness:
        log = witness.frames(every=True)
        step = log.wait_for("system.simulation.step")
        log.wait_for("system.simulation.step", lambda now: now > step)
        assert log.current["system.simulation.exception"] == ""


# Bytes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", NO_MESSAGE, ids=["truncated", "too long", "cut off", "junk"])
@pytest.mark.parametrize("rpc", UNARY)
def test_bytes_that_are_no_message_are_refused_by_the_name_of_the_call(client, rpc, data):
    if rpc == "GetCommands" and data == NO_MESSAGE[2]:
        data = NO_MESSAGE[0]
    with refused(BAD, rpc, "can't be decoded"):
        client.send(rpc, data)


@pytest.mark.parametrize("data", NO_MESSAGE[:2])
@pytest.mark.parametrize("rpc", STREAMS)
def test_streams_that_begin_with_no_message_are_refused_too(client, rpc, data):
    with refused(BAD, rpc, "can't be decoded"):
        next(client.subscribe(rpc, data))


@settings(max_examples=60)
@given(data=st.binary(max_size=200), rpc=st.sampled_from(UNARY))
def test_random_bytes_are_answered_or_refused_but_never_break_anything(server, data, rpc):
    with RawClient(server.address) as client:
        code = outcome(client, rpc, data)
        assert code in (grpc.StatusCode.OK, BAD, grpc.StatusCode.FAILED_PRECONDITION)


def outcome(client: RawClient, rpc: str, data: bytes) -> grpc.StatusCode:
    try:
        client.send(rpc, data)
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def mutated(data: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def test_good_messages_with_bytes_changed_are_answered_or_refused(client):
    update = state_pb2.UpdateStateRequest(
        access_token="me", update=state_pb2.StateUpdate(changed_keys=struct({"interaction.a": spring(5)}))
    ).SerializeToString()
    outcomes = {outcome(client, "UpdateState", mutated(update, seed)) for seed in range(150)}
    assert outcomes == {grpc.StatusCode.OK, BAD}
    log = client.states()
    log.wait(lambda: log.messages, "the state")
    client.update(dict.fromkeys(key for key in log.current if not key.startswith("imd.")))


# Interactions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"position": [0.0, 0.0]}, "position"),
        ({"position": [math.nan, 0, 0]}, "position"),
        ({"position": [math.inf, 0, 0]}, "position"),
        ({"position": "here"}, "position"),
        ({"particles": [7.0]}, "no atom 7"),
        ({"particles": [-1.0]}, "no atom -1"),
        ({"particles": [1e300]}, "no atom"),
        ({"particles": [0.5]}, "particles"),
        ({"particles": [math.nan]}, "particles"),
        ({"particles": 3.0}, "particles"),
        ({"scale": 1e30}, "scale"),
        ({"scale": math.inf}, "scale"),
        ({"scale": math.nan}, "scale"),
        ({"scale": [1.0]}, "scale"),
        ({"max_force": math.nan}, "max_force"),
        ({"max_force": -1.0}, "max_force"),
        ({"interaction_type": "hug"}, "interaction_type"),
        ({"interaction_type": 3.0}, "interaction_type"),
        ({"mass_weighted": "yes"}, "mass_weighted"),
        ({"reset_velocities": 0.0}, "reset_velocities"),
    ],
)
def test_a_wrong_interaction_is_refused_by_key_and_field_and_the_rest_of_the_update_is_done(
    client, wrong, said
):
    frames = client.frames(every=True)
    frames.wait(lambda: frames.messages, "a frame")
    with refused(BAD, "interaction.bad", said):
        client.update({"innocent": 1.0, "interaction.bad": spring(5, position=(0, 0, 0)) | wrong})
    log = client.states()
    log.wait(lambda: log.messages, "the state")
    assert log.current["innocent"] == 1.0
    assert "interaction.bad" not in log.current
    text = frames.wait_for("system.simulation.exception", bool)
    assert "interaction.bad" in text
    assert said in text
    client.update({"innocent": None, "interaction.bad": None})
    frames.wait_for("system.simulation.exception", lambda text: text == "")


@pytest.mark.parametrize("value", [3.0, "pull", True, [1.0]])
def test_an_interaction_that_is_no_map_is_refused(client, value):
    with refused(BAD, "interaction.bad", "must be a map"):
        client.update({"interaction.bad": value})


def test_the_last_good_hold_stays_when_a_wrong_one_follows(client):
    log = client.frames(every=True)
    client.update({"interaction.a": spring(5, position=(0.4, 0, 0))})
    log.wait_for("forces.user.index", lambda held: held == [5])
    with refused(BAD, "no atom"):
        client.update({"interaction.a": spring(99)})
    log.more(5)
    assert log.current["forces.user.index"] == [5]


# Sizes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [33, 80, 10_000])
def test_values_nested_too_deep_are_refused(client, levels):
    value = b"\x11" + b"\x00" * 8  # number_value: 0
    for _ in range(levels):
        value = b"\x32" + measured(b"\x0a" + measured(value))  # list_value of one
    struct_bytes = b"\x0a" + measured(b"\x0a\x01k\x12" + measured(value))
    with refused(BAD, "UpdateState"):
        client.send("UpdateState", b"\x12" + measured(b"\x0a" + measured(struct_bytes)))


def measured(data: bytes) -> bytes:
    """With its length before it, as protobuf has it."""
    length, out = len(data), b""
    while length > 127:
        out += bytes([length & 127 | 128])
        length >>= 7
    return out + bytes([length]) + data


def test_a_message_too_large_is_refused_and_the_connection_stays_good(client):
    with pytest.raises(grpc.RpcError) as caught:
        client.update({"big": "x" * (MAX_MESSAGE + 1)})
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert str(MAX_MESSAGE) in caught.value.details()
    assert client.update({"small": "x"})
    assert client.update({"small": None})


def test_a_message_just_within_the_limit_is_taken_and_passed_on(client):
    text = "x" * (MAX_MESSAGE - 1000)
    states = client.states()
    assert client.update({"big": text})
    assert len(states.wait_for("big")) == len(text)
    assert client.update({"big": None})


def test_a_state_larger_than_one_message_still_reaches_those_who_join_late(server, client):
    parts = {f"big.{k}": "x" * 1_500_000 for k in range(4)}
    for key, text in parts.items():
        assert client.update({key: text})
    try:
        with RawClient(server.address) as late:
            states = late.states()
            states.wait(lambda: set(parts) <= set(states.current) or states.error, "all of it")
            assert states.error is None
            assert "imd.force_law" in states.current
    finally:
        client.update(dict.fromkeys(parts))


def test_an_error_about_something_long_is_short_enough_to_arrive(client):
    long = "é😀" * 100_000
    for attempt in (
        lambda: client.update({f"interaction.{long}": 3.0}),
        lambda: client.run(long),
        lambda: client.run("playback/load", **{long: 1.0}),
        lambda: client.run("playback/load", index=long),
        lambda: client.update({"interaction.a": spring(1) | {"interaction_type": long}}),
        lambda: client.run("recording/start", name=long),
        lambda: client.lock({long: "x"}),
    ):
        with refused(BAD):
            attempt()


def test_a_state_that_is_full_says_so(client):
    crowd = {f"crowd.{k}": 0.0 for k in range(MAX_KEYS)}
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED, str(MAX_KEYS_EACH)):
        client.update(crowd)
    some = dict.fromkeys(list(crowd)[:MAX_KEYS_EACH], 0.0)
    assert client.update(some)
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED, str(MAX_KEYS_EACH)):
        client.update({"one more": 0.0})
    assert client.update(dict.fromkeys(some))
    assert client.update({"one more": 0.0})
    assert client.update({"one more": None})


# Commands, locks, intervals -----------------------------------------------------------------------------


def test_an_unknown_command_is_answered_with_those_there_are(client):
    with refused(BAD, "no command 'dance'", "playback/play"):
        client.run("dance")
    with refused(BAD, "no command ''"):
        client.send("RunCommand", b"")


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("playback/play", {"speed": 2.0}, "takes no arguments, not speed"),
        ("playback/load", {"number": 1.0}, "takes index, clear_state, not number"),
        ("playback/load", {"index": {"a": 1.0}}, "index"),
        ("recording/start", {"name": "../../etc/passwd"}, "can't be called"),
        ("recording/start", {"name": 5.0}, "can't be called"),
        ("recording/start", {"name": ""}, "can't be called"),
        ("dynamics/set", {"temperature": [300.0]}, "temperature must be a number"),
        ("dynamics/set", {"timestep": math.inf}, "timestep must be a number"),
    ],
)
def test_arguments_a_command_can_not_take_are_refused_by_name(client, command, arguments, said):
    with refused(BAD, said):
        client.run(command, **arguments)


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf, 1e9, "long", True, [1.0]])
def test_a_lock_for_no_sensible_time_is_refused(client, seconds):
    with refused(BAD, "lock on scene", "seconds"):
        client.lock({"scene": seconds})


@pytest.mark.parametrize("interval", [-1.0, math.nan, math.inf, 1e6])
@pytest.mark.parametrize("rpc", STREAMS)
def test_a_stream_at_no_sensible_interval_is_refused(client, rpc, interval):
    field = "update_interval" if rpc == "SubscribeStateUpdates" else "frame_interval"
    with refused(BAD, field, "60 seconds"):
        next(client.subscribe(rpc, RPCS[rpc].request(**{field: interval}).SerializeToString()))


def test_fields_this_server_has_no_use_for_are_passed_over(client):
    request = trajectory_pb2.GetFrameRequest(data=struct({"anything": [1.0]}), frame_interval=0.0)
    unknown = b"\xba\x3e\x04what"  # field 999
    assert next(client.subscribe("SubscribeFrames", request.SerializeToString() + unknown)).frame.values
    assert client.send("GetCommands", unknown).commands


def test_text_in_any_script_is_taken_and_told_in_errors(client):
    states = client.states()
    assert client.update({"avatar.é😀\0": {"name": "Zoë\n日本"}})
    assert states.wait_for("avatar.é😀\0") == {"name": "Zoë\n日本"}
    assert client.update({"avatar.é😀\0": None})
    with refused(BAD, "танец"):
        client.run("танец")


@pytest.mark.parametrize("how", ["closes its channel", "cancels its call"])
def test_a_reader_so_slow_that_messages_pile_up_may_go_without_a_word_in_the_log(server, client, how):
    sleeper = RawClient(server.address)
    stream = sleeper.subscribe("SubscribeStateUpdates", b"")
    next(stream)
    heavy = {f"heavy.{k}": "x" * 1_000_000 for k in range(15)}
    for key, text in heavy.items():
        client.update({key: text})
    if how == "closes its channel":
        sleeper.close()
    else:
        stream.cancel()
    wait_until(lambda: len(server.session.clients) == 0, "the reader to be missed")
    client.update(dict.fromkeys(heavy))
    sleeper.close()


@pytest.mark.slow
def test_a_reader_that_wants_news_so_seldom_that_too_much_piles_up_is_told_to_subscribe_again(
    client, monkeypatch
):
    monkeypatch.setattr(state, "MAX_KEYS", 500)
    stream = client.states(interval=5.0)
    client.update({"scene": [1.0]})
    stream.wait_for("scene")
    for batch in range(3):
        crowd = [f"{batch}.{k}" for k in range(400)]
        client.update(dict.fromkeys(crowd, 0.0))
        client.update(dict.fromkeys(crowd))
    stream.wait(lambda: stream.error, "the refusal")
    assert stream.error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "subscribe again" in stream.error.details()
    assert client.states().wait_for("scene") == [1.0]
    client.update({"scene": None})


def test_a_call_given_up_by_its_client_leaves_nothing_behind(server, client):
    request = command_pb2.CommandMessage(name="recording/status").SerializeToString()
    path = rpc_path(RPCS["RunCommand"])
    calls = [client.channel.unary_unary(path).future(request) for _ in range(50)]
    for call in calls:
        call.cancel()
    with RawClient(server.address) as hasty:
        hasty.frames().more(1)
    assert client.run("recording/status")["recording"] is False
