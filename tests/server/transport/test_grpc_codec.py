"""Frames as protobuf messages: arrays and values arrive as they were sent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from atomtug.protos import trajectory_pb2
from atomtug.server.session.frame_stream import WireFrame
from atomtug.server.transport.grpc_codec import encode_frame

texts = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.floats(allow_nan=True, allow_infinity=True)


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
    np.testing.assert_equal(values_["number"].number_value, number)
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
