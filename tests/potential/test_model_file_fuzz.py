"""Whatever bytes a model file has: a model, or a sentence."""

import json
import struct
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from potential_helpers import small_model

from atomtug.core.errors import InputError
from atomtug.potential import Model, load_model, save_model


class Content(bytes):
    """Of a file; pytest and Hypothesis needn't print all of it."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "model.safetensors"


@pytest.fixture(scope="module")
def whole(path) -> Content:
    save_model(small_model(members=1, hidden=(3,)), path)
    return Content(path.read_bytes())


def read(path: Path, content: bytes) -> Model | str:
    path.write_bytes(content)
    try:
        return load_model(path)
    except InputError as error:
        return str(error)


@settings(max_examples=60)
@given(
    changes=st.lists(
        st.tuples(st.floats(0.0, 1.0, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4
    ),
    in_header=st.booleans(),
    keep=st.floats(0.5, 1.0),
)
@example(changes=[(0.0, 255)], in_header=True, keep=1.0)
def test_bytes_changed_or_cut_off(path, whole, changes, in_header, keep):
    header = 8 + struct.unpack("<Q", whole[:8])[0]
    content = bytearray(whole)
    for place, flip in changes:
        content[int(place * (header if in_header else len(content)))] ^= flip
    if keep < 0.9:
        del content[int(keep * len(content)) :]
    result = read(path, bytes(content))
    assert isinstance(result, Model) or str(path) in result


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=60)
@given(data=st.data())
def test_any_json_in_the_place_of_a_part_of_the_header(path, whole, data):
    length = struct.unpack("<Q", whole[:8])[0]
    table = json.loads(whole[8 : 8 + length])
    header = json.loads(table["__metadata__"]["atomtug"])
    part, key = header, data.draw(st.sampled_from(sorted(header)))
    while isinstance(part[key], dict) and part[key] and data.draw(st.booleans()):
        part, key = part[key], data.draw(st.sampled_from(sorted(part[key])))
    part[key] = data.draw(values)
    table["__metadata__"]["atomtug"] = json.dumps(header)
    text = json.dumps(table).encode()
    result = read(path, struct.pack("<Q", len(text)) + text + whole[8 + length :])
    assert isinstance(result, Model) or str(path) in result


@pytest.mark.parametrize("length", [0, 7, 2**31, 2**63 - 1, 2**64 - 1])
def test_a_header_that_claims_any_length(path, whole, length):
    assert isinstance(read(path, struct.pack("<Q", length) + whole[8:]), str)


def test_a_header_nested_without_end(path, whole):
    length = struct.unpack("<Q", whole[:8])[0]
    table = json.loads(whole[8 : 8 + length])
    table["__metadata__"]["atomtug"] = "[" * 100_000
    text = json.dumps(table).encode()
    assert isinstance(read(path, struct.pack("<Q", len(text)) + text + whole[8 + length :]), str)
