import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.vr_client.scripted.condition import Condition
from atomtug.vr_client.scripted.selection import Names

NAMES = Names(4, ["CH2", "CH2", "CH2", "CN"], ["C", "H1", "H2", "N"])
POSITIONS = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0]])


def holds(text, time=0.0, positions=POSITIONS):
    return Condition(text).bind(NAMES)(positions, time)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("r(CH2:C, CH2:H1) < 1.2", True),
        ("r(CH2:C,CH2:H1)<1", False),
        ("r(CH2:C, CH2:H1) <= 1", True),
        ("r(0, 3) > 2.9", True),
        ("r(0, 3) >= r(0, 2)", True),
        ("2 > r(CH2:C, CH2:H1)", True),
        ("r(0, 1) < 1.2 and r(0, 2) < 1.2", False),
        ("r(0, 1) < 1.2 or r(0, 2) < 1.2", True),
        ("not r(0, 1) < 1.2", False),
        ("not (r(0, 1) > 2 or r(0, 2) < 1)", True),
        # `and` binds tighter than `or`
        ("r(0, 1) < 2 or r(0, 1) < 2 and r(0, 1) > 2", True),
        ("(r(0, 1) < 2 or r(0, 1) < 2) and r(0, 1) > 2", False),
        ("t < 1e-3", True),
    ],
)
def test_conditions_mean_what_they_say(text, expected):
    assert holds(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("r(CH2:C, any H of CH2) < 1.2", True),
        ("r(CH2:C, any H of CH2) > 1.9", True),
        ("r(CH2:C, any H) < 0.9", False),
        # the same words are the same atom
        ("r(CH2:C, any H of CH2) < 1.2 and r(CH2:C, any H of CH2) > 1.9", False),
        ("r(CH2:C, any H of CH2) < 1.2 and r(CH2:C, any H) > 1.9", True),
        ("r(any H, any N of CN) < 3.2 and not r(CH2:C, any H) > 1.5", True),
    ],
)
def test_a_class_of_atoms_is_any_of_them_the_same_in_all_places(text, expected):
    assert holds(text) is expected


def test_a_class_without_atoms_is_a_sentence():
    with pytest.raises(InputError, match="There is no H of CN here: CN has N"):
        Condition("r(0, any H of CN) < 1").bind(NAMES)
    with pytest.raises(InputError, match="ends where an element is expected"):
        Condition("r(0, any")


def test_time_is_counted_by_the_caller():
    condition = Condition("t > 0.5").bind(NAMES)
    assert not condition(POSITIONS, 0.4)
    assert condition(POSITIONS, 0.6)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "it ends where a quantity is expected"),
        ("r(0, 1)", "it ends where a comparison is expected"),
        ("r(0 1) < 2", "stands where ',' is expected"),
        ("r(0, 1) < 2)", "')' is not expected there"),
        ("r(0, 1) == 2", "can't be understood at '== 2'"),
        ("angle(0, 1) < 2", "'angle' is no quantity"),
        ("r(0, 1) and 2", "'and' is no comparison"),
        ("__import__('os') < 1", "is no quantity"),
        ("r(, 1) < 2", "',' is no atom"),
        ("(" * 200 + "t < 1", "nested too deeply"),
    ],
)
def test_mistakes_are_named(text, part):
    with pytest.raises(InputError) as caught:
        Condition(text)
    assert part in str(caught.value)


def test_an_atom_that_is_not_there_is_named_when_the_condition_meets_the_simulation():
    condition = Condition("r(CH2:H7, 0) < 1")
    with pytest.raises(InputError, match="There is no atom CH2:H7: CH2 has C, H1, H2"):
        condition.bind(NAMES)


@given(st.text(alphabet="rtand onotr(),.<>=0123456789CHN:'*", max_size=60) | st.text(max_size=40))
def test_any_text_is_understood_or_refused(text):
    with contextlib.suppress(InputError):  # anything else that is raised fails the test
        assert holds(text) in (True, False)


# Each drawn as a pair: how a person writes it, and how Python would.
quantities = st.sampled_from(["t", "r(0,1)", "r(CH2:C,CH2:H2)", "r(2, 3)"]) | st.floats(
    0, 10, allow_subnormal=False
).map(lambda x: f"{x:.3f}")
comparisons = st.tuples(quantities, st.sampled_from(["<", "<=", ">", ">="]), quantities).map(" ".join)
conditions = st.recursive(
    comparisons,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join)
        | inner.map("({})".format)
        | inner.map("not ({})".format)
    ),
    max_leaves=8,
)


@given(conditions, st.floats(0, 5))
def test_conditions_agree_with_python(text, time):
    def distance(i, j):
        return float(np.linalg.norm(POSITIONS[i] - POSITIONS[j]))

    python = text.replace("CH2:C", "0").replace("CH2:H2", "2")
    expected = eval(python, {"r": distance, "t": time})  # text of our own making
    assert holds(text, time) == expected
