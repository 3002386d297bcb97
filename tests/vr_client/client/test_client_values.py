import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.vr_client.client.values import from_struct, from_value, to_struct, to_value

numbers = st.floats(allow_nan=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=5), values, max_size=3))
def test_what_is_sent_comes_back(mapping):
    assert from_struct(to_struct(mapping)) == mapping


def test_infinity_and_whole_numbers_survive_as_floats():
    assert from_value(to_value(math.inf)) == math.inf
    assert from_value(to_value(7)) == 7.0


def test_numpy_is_sent_as_plain_numbers():
    sent = to_value({"position": np.array([1.0, 2.0]), "index": np.int64(3)})
    assert from_value(sent) == {"position": [1.0, 2.0], "index": 3.0}


def test_what_the_wire_cannot_hold_is_refused_with_a_sentence():
    with pytest.raises(InputError, match=r"A complex can't be sent"):
        to_value(1j)
