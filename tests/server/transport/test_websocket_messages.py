"""The messages by themselves: what bytes mean, and what is sent, without a socket."""

import math

import msgpack
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.server.session.frame_stream import WireFrame
from atomtug.server.transport.websocket_messages import (
    Refusal,
    Request,
    SharedStateChange,
    Unreadable,
    decode,
    encode_frame,
    encode_refusal,
    encode_response,
    encode_state,
)
from atomtug.wire.values import MAX_DEPTH, NULL

# NanoVer's own packing of a CO molecule: made with its library, not with ours.
CARBON_MONOXIDE = bytes.fromhex(
    "81a56672616d6588ab6672616d652e696e64657800ae7061727469636c652e636f756e7402b27061727469636c652e706f736974"
    "696f6e73c418000000000000000000000000ae47e13d0000000000000000b17061727469636c652e656c656d656e7473c4020608"
    "aa626f6e642e7061697273c4080000000001000000ab626f6e642e6f7264657273c40101ae726573696475652e636861696e73c4"
    "0400000000ae656e657267792e6b696e65746963cb3ff8000000000000"
)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def events(message) -> list:
    return list(decode(msgpack.packb(message)))


def refusal(message) -> str:
    [event] = events(message)
    assert isinstance(event, Refusal)
    return event.reason


# What clients send ---------------------------------------------------------------------------------------


@given(st.dictionaries(st.text(), plain, max_size=4), st.lists(st.text(), max_size=3))
def test_changes_of_the_state_arrive_as_they_were_sent(updates, removals):
    message = {"state": {"updates": updates, "removals": removals}}
    written = {key: NULL if value is None else value for key, value in updates.items()}
    assert events(message) == [SharedStateChange({**dict.fromkeys(removals), **written})]
    sent = msgpack.unpackb(encode_state(written))["state"]
    assert sent == {"updates": updates, "removals": []}


@given(st.recursive(plain | st.binary(max_size=9), lambda inner: st.lists(inner, max_size=3), max_leaves=4))
def test_null_and_bytes_are_values_of_the_state_as_nanover_has_it(value):
    [change] = events({"state": {"updates": {"key": value}}})
    assert change.changes["key"] is not None
    assert msgpack.unpackb(encode_state(change.changes))["state"] == {
        "updates": {"key": value},
        "removals": [],
    }


def test_updates_and_removals_may_each_be_left_out():
    assert events({"state": {"updates": {"a": 1}}}) == [SharedStateChange({"a": 1})]
    assert events({"state": {"removals": ["a"]}}) == [SharedStateChange({"a": None})]
    assert events({"state": {}}) == [SharedStateChange({})]


def test_infinity_reaches_the_server():
    [change] = events({"state": {"updates": {"a": math.inf}}})
    assert change.changes == {"a": math.inf}


@given(st.text(), st.dictionaries(st.text(), plain, max_size=3), plain)
def test_a_request_carries_everything_for_its_answer(name, arguments, number):
    request = {"name": name, "arguments": arguments, "id": number}
    assert events({"command": {"request": request}}) == [Request(request, name, arguments)]


def test_a_request_without_arguments_and_the_old_form_with_several():
    first, second = {"name": "a", "id": 1}, {"name": "b", "arguments": None, "id": 2}
    assert events({"command": [{"request": first}, {"request": second}]}) == [
        Request(first, "a", {}),
        Request(second, "b", {}),
    ]


def test_state_and_command_in_one_message_and_keys_of_the_future():
    request = {"name": "a", "arguments": {}, "id": 1}
    found = events({"tomorrow": 1, "command": {"request": request}, "state": {"updates": {"k": 1}}})
    assert found == [SharedStateChange({"k": 1}), Request(request, "a", {})]
    assert events({"tomorrow": 1}) == []


def test_answers_to_no_question_are_passed_over():
    assert events({"command": {"request": {"name": "a"}, "response": None}}) == []
    assert events({"command": {"request": {"name": "a"}, "exception": "b"}}) == []


# What can't be used --------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x81", b"GET / HTTP/1.1", b"\x01\x02", msgpack.packb([1])])
def test_what_is_no_message_is_unreadable(data):
    with pytest.raises(Unreadable):
        list(decode(data))


def test_text_is_unreadable_and_a_bottomless_list_too():
    with pytest.raises(Unreadable, match="not text"):
        list(decode('{"state": {}}'))
    with pytest.raises(Unreadable):
        list(decode(b"\x81\xa1a" + b"\x91" * 5000 + b"\x01"))


@given(st.binary(max_size=200))
@example(b"\x82\x00\x00\x90\x00")  # a list as a key
def test_any_bytes_are_understood_or_refused(data):
    try:
        for event in decode(data):
            assert isinstance(event, SharedStateChange | Request | Refusal)
    except Unreadable:
        pass


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers(-5, 5) | st.binary(max_size=2), inner, max_size=3)
        | st.fixed_dictionaries(
            {}, optional={"updates": inner, "removals": inner, "request": inner, "name": inner}
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["state", "command", "frame", "x"]), junk))
def test_any_message_is_understood_or_refused_with_a_sentence_that_can_be_sent(message):
    for event in decode(msgpack.packb(message)):
        if isinstance(event, Refusal):
            assert event.reason.endswith(".")
            msgpack.unpackb(encode_refusal(event))
        if isinstance(event, SharedStateChange):
            msgpack.unpackb(encode_state(event.changes))


@pytest.mark.parametrize(
    "value", [msgpack.ExtType(5, b"x"), msgpack.Timestamp(1, 2), {1: 2}, {"a": [{b"b": 1}]}]
)
def test_values_that_only_messagepack_knows_are_refused_since_others_could_not_read_them(value):
    assert "key" in refusal({"state": {"updates": {"key": value}}})
    assert "can't be used" in refusal(
        {"command": {"request": {"name": "a", "arguments": {"x": value}, "id": 1}}}
    )


def test_bytes_are_no_argument_of_a_command():
    request = {"name": "a", "arguments": {"x": b"bytes"}, "id": 1}
    assert "can't be used" in refusal({"command": {"request": request}})


def test_depth_has_a_limit():
    deep = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert f"{MAX_DEPTH} levels" in refusal({"state": {"updates": {"key": deep}}})
    assert isinstance(events({"state": {"updates": {"key": deep[0]}}})[0], SharedStateChange)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"state": 1}, "updates"),
        ({"state": {"updates": [1]}}, "updates"),
        ({"state": {"removals": {"a": 1}}}, "removals"),
        ({"state": {"removals": [1]}}, "text"),
        ({"state": {"updates": {"a": 1}, "removals": "b"}}, "removals"),
        ({"command": 1}, "request"),
        ({"command": {"request": 1}}, "name"),
        ({"command": {"request": {"name": 1}}}, "name"),
        ({"command": {"request": {"name": "a", "arguments": [1]}}}, "arguments of a"),
        ({"command": {"register": {"name": "a"}}}, "own commands"),
        ({"frame": {"frame.index": 0}}, "from clients"),
    ],
)
def test_a_sentence_says_what_is_wrong(message, says):
    assert says in refusal(message)


# What the server sends -----------------------------------------------------------------------------------


def test_a_frame_is_packed_as_nanover_packs_it():
    values = {
        "particle.count": 2,
        "particle.positions": np.array([0, 0, 0, 0.11, 0, 0], dtype=np.float32),
        "particle.elements": np.array([6, 8], dtype=np.uint32),
        "bond.pairs": np.array([0, 1], dtype=np.uint32),
        "bond.orders": np.ones(1, dtype=np.float32),
        "residue.chains": np.zeros(1, dtype=np.uint32),
        "energy.kinetic": np.float64(1.5),
    }
    assert encode_frame(WireFrame(0, values)) == CARBON_MONOXIDE


def test_arrays_stay_bytes_when_empty_and_names_are_lists():
    values = {
        "bond.pairs": np.zeros(0, dtype=np.uint32),
        "particle.names": ["C", "H"],
        "playback.playing": True,
    }
    frame = msgpack.unpackb(encode_frame(WireFrame(7, values)))["frame"]
    assert frame == {
        "frame.index": 7,
        "bond.pairs": b"",
        "particle.names": ["C", "H"],
        "playback.playing": True,
    }


def test_a_frame_is_encoded_once():
    frame = WireFrame(1, {"energy.kinetic": 1.0})
    assert encode_frame(frame) is encode_frame(frame)


@given(st.dictionaries(st.text(), plain, max_size=5))
def test_state_is_sent_as_updates_and_removals_both_always_there(changes):
    state = msgpack.unpackb(encode_state(changes))["state"]
    assert state["updates"] == {key: value for key, value in changes.items() if value is not None}
    assert sorted(state["removals"]) == sorted(key for key, value in changes.items() if value is None)


def test_an_answer_carries_the_request_back():
    request = {"name": "a", "arguments": {"x": 1}, "id": 5}
    assert msgpack.unpackb(encode_response(request, None)) == {
        "command": {"request": request, "response": None}
    }
    answer = msgpack.unpackb(encode_response(request, {"n": np.float64(0.5), "list": np.arange(2)}))
    assert answer["command"]["response"] == {"n": 0.5, "list": [0, 1]}
    refused = msgpack.unpackb(encode_refusal(Refusal("No.", request)))
    assert refused == {"command": {"request": request, "exception": "No."}}
    assert msgpack.unpackb(encode_refusal(Refusal("No."))) == {"error": "No."}


def test_a_result_that_can_not_be_sent_is_an_error_with_a_sentence():
    with pytest.raises(InputError, match="object"):
        encode_response({"name": "a"}, {"x": object()})
