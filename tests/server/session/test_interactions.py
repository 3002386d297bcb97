"""Whatever a client writes under ``interaction.*`` becomes an interaction, or a sentence about what is wrong."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.session.interactions import MAX_COORDINATE, MAX_SCALE, parse_interaction
from atomtug.wire.interactions import INTERACTION_TYPES

ATOMS = 7
KEY = "interaction.right"
FIELDS = (
    "position",
    "particles",
    "interaction_type",
    "scale",
    "mass_weighted",
    "reset_velocities",
    "max_force",
)

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=8),
)
json_like = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
almost_interactions = st.dictionaries(
    st.one_of(st.sampled_from(FIELDS), st.text(max_size=8)),
    st.one_of(
        json_like,
        st.sampled_from(INTERACTION_TYPES),
        st.lists(st.floats(-2, 2), min_size=3, max_size=3),
        st.lists(st.floats(0, 8), max_size=3),
        st.lists(st.integers(0, 8), max_size=3),
    ),
    max_size=8,
)


@given(value=st.one_of(json_like, almost_interactions))
def test_any_value_becomes_an_interaction_or_a_sentence_that_names_the_key(value):
    try:
        made = parse_interaction(KEY, value, ATOMS)
    except InputError as error:
        sentence = str(error)
        assert sentence.startswith(KEY)
        assert sentence.endswith(".")
        assert len(sentence) < 1000 + len(repr(value))
        assert not isinstance(value, dict) or any(field in sentence for field in (*FIELDS, "atom"))
    else:
        assert isinstance(made, ActiveInteraction)
        assert made.position.shape == (3,)
        assert np.all(np.abs(made.position) <= MAX_COORDINATE)
        assert np.all((made.particles >= 0) & (made.particles < ATOMS))
        assert np.all(np.diff(made.particles) > 0)
        assert made.interaction_type in INTERACTION_TYPES
        assert abs(made.scale) <= MAX_SCALE
        assert made.max_force >= 0


@given(
    position=st.lists(st.floats(-MAX_COORDINATE, MAX_COORDINATE), min_size=3, max_size=3),
    particles=st.lists(st.integers(0, ATOMS - 1), max_size=10),
    kind=st.sampled_from(INTERACTION_TYPES),
    scale=st.floats(-MAX_SCALE, MAX_SCALE),
    flags=st.tuples(st.booleans(), st.booleans()),
    max_force=st.one_of(st.floats(0, 1e9), st.just(math.inf)),
    as_floats=st.booleans(),
)
def test_a_good_message_is_taken_as_it_is(position, particles, kind, scale, flags, max_force, as_floats):
    sent = {
        "position": position,
        "particles": [float(index) for index in particles] if as_floats else particles,
        "interaction_type": kind,
        "scale": scale,
        "mass_weighted": flags[0],
        "reset_velocities": flags[1],
        "max_force": max_force,
        "owner.id": "me",
        "label": "hand.left",
    }
    made = parse_interaction(KEY, sent, ATOMS)
    np.testing.assert_array_equal(made.position, position)
    assert made.particles.tolist() == sorted(set(particles))
    assert (made.interaction_type, made.scale, made.max_force) == (kind, scale, max_force)
    assert (made.mass_weighted, made.reset_velocities) == flags


def test_what_is_left_out_has_the_protocols_default():
    made = parse_interaction(KEY, {}, ATOMS)
    np.testing.assert_array_equal(made.position, [0.0, 0.0, 0.0])
    assert made.particles.tolist() == []
    assert (made.interaction_type, made.scale, made.max_force) == ("gaussian", 1.0, 20000.0)
    assert made.mass_weighted
    assert not made.reset_velocities


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("position", [0, 0], "three numbers"),
        ("position", [0, 0, math.nan], "finite"),
        ("position", [0, 0, 2 * MAX_COORDINATE], "nm"),
        ("position", [True, 0, 0], "three numbers"),
        ("position", {"x": 1}, "three numbers"),
        ("particles", [0.5], "whole numbers"),
        ("counter_particles", [ATOMS], f"no atom {ATOMS}"),
        ("counter_particles", "0", "counter_particles must be a list of atom indices"),
        ("particles", [math.inf], "whole numbers"),
        ("particles", [math.nan], "whole numbers"),
        ("particles", [ATOMS], f"no atom {ATOMS}"),
        ("particles", [-1], "no atom -1"),
        ("particles", "0", "list of atom indices"),
        ("particles", [True], "list of atom indices"),
        ("interaction_type", "hug", "spring"),
        ("interaction_type", ["spring"], "spring"),
        ("scale", math.nan, "scale"),
        ("scale", 2 * MAX_SCALE, "out of range"),
        ("scale", "strong", "text"),
        ("max_force", math.nan, "max_force"),
        ("max_force", -1.0, "zero or more"),
        ("max_force", None, "nothing"),
        ("mass_weighted", 1.0, "true or false"),
        ("reset_velocities", "yes", "true or false"),
    ],
)
def test_each_wrong_field_is_named_with_what_it_should_be(field, value, said):
    with pytest.raises(InputError, match=KEY) as caught:
        parse_interaction(KEY, {field: value}, ATOMS)
    assert said in str(caught.value)


@pytest.mark.parametrize("value", ["text", 3.0, True, None, [1, 2]])
def test_an_interaction_that_is_no_map_is_refused(value):
    with pytest.raises(InputError, match="must be a map"):
        parse_interaction(KEY, value, ATOMS)


def test_a_long_wrong_value_is_quoted_in_part():
    with pytest.raises(InputError) as caught:
        parse_interaction(KEY, {"position": [0.0] * 10_000}, ATOMS)
    assert len(str(caught.value)) < 300


def test_atoms_that_get_the_opposite_force_are_others_than_those_held():
    made = parse_interaction(KEY, {"particles": [1], "counter_particles": [3, 0.0, 3]}, ATOMS)
    assert (made.particles.tolist(), made.counter_particles.tolist()) == ([1], [0, 3])
    assert made.greatest_index == 3
    other = parse_interaction(
        KEY, {"particles": [1], "counter_particles": [0, 3], "position": [1, 0, 0]}, ATOMS
    )
    assert made.differs_only_in_position(other)
    assert not made.differs_only_in_position(parse_interaction(KEY, {"particles": [1]}, ATOMS))
    with pytest.raises(InputError, match="atom 1 is among particles and counter_particles"):
        parse_interaction(KEY, {"particles": [1], "counter_particles": [0, 1]}, ATOMS)
