"""Between protobuf and plain values: nothing is lost, whatever clients put in the shared state."""

import math

import numpy as np
import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.wire.struct_codec import (
    TooDeep,
    dict_to_struct,
    dict_to_structs,
    fill_protobuf,
    from_protobuf,
    struct_to_dict,
)
from atomtug.wire.values import MAX_DEPTH

texts = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.floats(allow_nan=True, allow_infinity=True)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


def same(a, b) -> bool:
    """Equal, NaN included, and of the same kinds."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or (a != a and b != b)


@given(content=st.dictionaries(texts, values, max_size=5))
def test_any_state_comes_back_as_it_went_through_the_bytes(content):
    data = dict_to_struct(content).SerializeToString()
    assert same(struct_to_dict(struct_pb2.Struct.FromString(data)), content)


@given(content=st.dictionaries(texts, values, max_size=5))
def test_our_structs_mean_to_protobuf_what_they_mean_to_us(content):
    theirs = struct_pb2.Struct()
    theirs.update(content)
    assert same(struct_to_dict(theirs), content)
    ours = dict_to_struct(content)
    assert ours.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)


def test_infinity_survives_as_hands_have_it_for_their_max_force():
    content = {"max_force": math.inf, "least": -math.inf}
    assert (
        struct_to_dict(struct_pb2.Struct.FromString(dict_to_struct(content).SerializeToString())) == content
    )


def test_whole_numbers_numpy_numbers_and_tuples_are_taken_too():
    struct = dict_to_struct({"n": 3, "x": np.float32(0.5), "i": np.int64(4), "t": (1, 2), "m": {5: "key"}})
    assert struct_to_dict(struct) == {"n": 3.0, "x": 0.5, "i": 4.0, "t": [1.0, 2.0], "m": {"5": "key"}}


def test_a_value_with_no_kind_at_all_is_taken_as_null():
    struct = struct_pb2.Struct()
    struct.fields["empty"].SetInParent()
    assert struct_to_dict(struct) == {"empty": None}


@pytest.mark.parametrize("kind", ["lists", "maps"])
def test_levels_are_taken_up_to_a_limit(kind):
    def nested(levels: int):
        value = 1.0
        for _ in range(levels - 1):
            value = [value] if kind == "lists" else {"a": value}
        return {"key": value}

    deepest = nested(MAX_DEPTH)
    assert struct_to_dict(dict_to_struct(deepest)) == deepest
    with pytest.raises(TooDeep, match=str(MAX_DEPTH)):
        struct_to_dict(dict_to_struct(nested(MAX_DEPTH + 1)))


def test_numpy_arrays_are_sent_as_lists_of_numbers():
    target = struct_pb2.Value()
    fill_protobuf(target, {"position": np.array([1.0, 2.0]), "index": np.int64(3), "held": np.bool_(True)})
    assert from_protobuf(target) == {"position": [1.0, 2.0], "index": 3.0, "held": True}


@pytest.mark.parametrize("value", [1j, b"raw", object()])
def test_what_the_wire_cannot_hold_is_refused_with_a_sentence(value):
    with pytest.raises(InputError, match=rf"A {type(value).__name__} can't be sent"):
        dict_to_struct({"key": value})


@given(content=st.dictionaries(texts, values, max_size=5), limit=st.integers(1, 200))
def test_several_structs_hold_together_what_one_holds_and_keep_the_limit(content, limit):
    parts = list(dict_to_structs(content, limit))
    together = {key: value for part in parts for key, value in struct_to_dict(part).items()}
    assert same(together, content)
    assert all(part.ByteSize() <= limit or len(part.fields) == 1 for part in parts)
