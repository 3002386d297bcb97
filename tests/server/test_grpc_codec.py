"""Between protobuf and plain Python: nothing is lost, whatever clients put in the shared state."""

import math

import numpy as np
import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from atomtug.protos import trajectory_pb2
from atomtug.server.session.frame_stream import WireFrame
from atomtug.server.transport.grpc_codec import (
    MAX_DEPTH,
    TooDeep,
    dict_to_struct,
    encode_frame,
    struct_to_dict,
)

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


# Frames -------------------------------------------------------------------------------------------------


def decoded(frame: WireFrame) -> trajectory_pb2.GetFrameResponse:
    return trajectory_pb2.GetFrameResponse.FromString(encode_frame(frame))


@given(
    index=st.integers(0, 2**32 - 1),
    floats=arrays.arrays(np.float32, st.integers(0, 12), elements=st.floats(width=32)),
    indices=arrays.arrays(np.uint32, st.integers(0, 12)),
    names=st.lists(texts, max_size=5),
    number=numbers,
    words=texts,
    flag=st.booleans(),
)
def test_a_frame_keeps_index_arrays_and_values(index, floats, indices, names, number, words, flag):
    response = decoded(
        WireFrame(
            index,
            {
                "f": floats,
                "i": indices,
                "s": names,
                "number": number,
                "words": words,
                "flag": flag,
                "none": None,
            },
        )
    )
    assert response.frame_index == index
    arrays_ = response.frame.arrays
    np.testing.assert_array_equal(np.array(arrays_["f"].float_values.values, dtype=np.float32), floats)
    assert list(arrays_["i"].index_values.values) == indices.tolist()
    assert list(arrays_["s"].string_values.values) == names
    values_ = response.frame.values
    assert same(values_["number"].number_value, number)
    assert values_["words"].string_value == words
    assert values_["flag"].bool_value == flag
    assert values_["none"].WhichOneof("kind") == "null_value"


@pytest.mark.parametrize(
    ("empty", "kind"),
    [
        (np.zeros(0, dtype=np.float32), "float_values"),
        (np.zeros(0, dtype=np.float64), "float_values"),
        (np.zeros(0, dtype=np.uint32), "index_values"),
        (np.zeros(0, dtype=np.int64), "index_values"),
        ([], "string_values"),
    ],
)
def test_an_empty_array_still_says_what_kind_it_is(empty, kind):
    response = decoded(WireFrame(1, {"nothing": empty}))
    assert response.frame.arrays["nothing"].WhichOneof("values") == kind


def test_a_frame_is_encoded_once_for_all_readers():
    frame = WireFrame(1, {"a": np.ones(3, dtype=np.float32)})
    assert encode_frame(frame) is encode_frame(frame)
