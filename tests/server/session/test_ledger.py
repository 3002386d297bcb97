"""Who wrote each key of the shared state, how large it is, and what is left behind by whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomtug.server.session.ledger import Entry, Ledger, Total, entry_size, user_of


def hold(owner: str | None = None) -> dict:
    return {"position": [0, 0, 0]} | ({} if owner is None else {"owner.id": owner})


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_an_entry_names_the_last_writer_the_user_and_the_size(ledger):
    ledger.record("a", {"interaction.1": hold("anna"), "scene": [1.0]})
    assert ledger.entry("interaction.1") == Entry("a", "anna", entry_size("interaction.1", hold("anna")))
    assert ledger.entry("scene") == Entry("a", None, entry_size("scene", [1.0]))
    ledger.record("b", {"scene": [1.0, 2.0]})
    assert ledger.entry("scene") == Entry("b", None, entry_size("scene", [1.0, 2.0]))
    ledger.record("a", {"scene": None})
    assert ledger.entry("scene") is None


@pytest.mark.parametrize(
    ("key", "value", "user"),
    [
        ("avatar.me", {}, "me"),
        ("cursor.me.left", {}, "me"),
        ("update.index.me", 1.0, "me"),
        ("user-origin.me", {}, "me"),
        ("playarea.me", [], "me"),
        ("interaction.me", hold("you"), "you"),
        ("interaction.me", hold(), None),
        ("interaction.me", {"owner.id": 5}, None),
        ("interaction.me", None, None),
        ("interaction.me", "no map", None),
        ("scene", {}, None),
        ("selection.me", {}, None),
    ],
)
def test_the_user_is_the_one_a_key_names_or_an_interactions_owner(key, value, user):
    assert user_of(key, value) == user


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), values), max_size=20))
def test_after_any_changes_the_totals_are_those_of_what_is_there(steps):
    ledger, there = Ledger(), {}
    for writer, key, value in steps:
        ledger.record(writer, {key: value})
        there.pop(key, None)
        if value is not None:
            there[key] = (writer, entry_size(key, value))
    assert {key: entry[0] for key in "xyz" if (entry := ledger.entry(key))} == {
        key: writer for key, (writer, _) in there.items()
    }
    assert ledger.size == sum(size for _, size in there.values())
    for writer in "ab":
        own = [size for owner, size in there.values() if owner == writer]
        assert ledger.total(writer) == Total(len(own), sum(own))


def test_interactions_and_users_keys_are_left_behind_and_others_are_not(ledger):
    state = {"interaction.1": hold(), "avatar.me": {}, "selection.x": {}, "scene": [1.0]}
    ledger.record("a", state)
    assert ledger.left_behind({"a"}, set(), state) == ["avatar.me", "interaction.1"]
    assert ledger.left_behind({"b"}, {"a"}, state) == []


@pytest.mark.parametrize(
    "key", ["report.connection.health.me", "object.me.cup", "selection.me.1", "anything.new.me"]
)
def test_each_key_with_the_id_of_a_user_in_it_is_left_behind_by_that_user(ledger, key):
    ledger.record("a", {"avatar.me": {}, key: {}})
    assert ledger.left_behind({"b"}, {"a"}, ["avatar.me", key]) == []
    assert ledger.left_behind({"a"}, set(), ["avatar.me", key]) == sorted(["avatar.me", key])


@pytest.mark.parametrize(
    "key", ["selection.root", "scene", "selection.you.1", "me", "me.too", "selection.meme"]
)
def test_other_keys_stay_when_a_user_leaves(ledger, key):
    ledger.record("a", {"avatar.me": {}, key: {}})
    assert ledger.left_behind({"a"}, set(), ["avatar.me", key]) == ["avatar.me"]


def test_a_key_that_names_a_user_stays_while_its_writer_or_another_connection_of_that_user_is_here(ledger):
    ledger.record("a", {"avatar.me": {}, "selection.me.1": {}})
    ledger.record("b", {"selection.me.1": {}})
    assert ledger.left_behind({"a"}, {"b"}, ["selection.me.1"]) == []
    ledger.record("b", {"avatar.me": {}})
    ledger.record("a", {"selection.me.1": {}})
    assert ledger.left_behind({"a"}, {"b"}, ["selection.me.1"]) == []


def test_keys_of_the_server_stay_whatever_a_user_is_called(ledger):
    ledger.record("a", {"avatar.force_law": {}})
    keys = ["avatar.force_law", "imd.force_law"]
    assert ledger.left_behind({"a"}, set(), keys) == ["avatar.force_law"]


def test_keys_the_server_wrote_for_a_user_are_left_behind_with_the_user(ledger):
    ledger.record("a", {"avatar.me": {}})
    keys = ["avatar.me", "user-origin.me", "user-origin.you"]
    assert ledger.left_behind({"a"}, set(), keys) == ["avatar.me", "user-origin.me"]


def test_a_hold_belongs_to_its_owner_though_another_connection_wrote_it(ledger):
    # A headset app may use one channel for its state and another for its hands.
    state = {"avatar.me": {}, "interaction.1": hold("me")}
    ledger.record("avatar connection", {"avatar.me": {}})
    ledger.record("hands connection", {"interaction.1": hold("me")})
    assert ledger.left_behind({"avatar connection"}, {"hands connection"}, state) == []
    ledger.release({"avatar connection"})
    assert ledger.left_behind({"hands connection"}, set(), state) == ["avatar.me", "interaction.1"]


def test_a_hold_for_a_user_that_is_still_here_stays_when_its_writer_goes(ledger):
    ledger.record("me", {"avatar.me": {}})
    ledger.record("helper", {"interaction.1": hold("me")})
    assert ledger.left_behind({"helper"}, {"me"}, ["avatar.me", "interaction.1"]) == []


def test_a_hold_taken_over_by_another_client_stays_with_that_one(ledger):
    for peer in ("a", "b"):
        ledger.record(peer, {"interaction.1": hold()})
    assert ledger.left_behind({"a"}, {"b"}, ["interaction.1"]) == []
    assert ledger.left_behind({"b"}, set(), ["interaction.1"]) == ["interaction.1"]


def test_what_a_client_removed_itself_is_not_left_behind_by_it(ledger):
    ledger.record("a", {"interaction.1": hold()})
    ledger.record("a", {"interaction.1": None})
    ledger.record("b", {"interaction.1": hold()})
    assert ledger.left_behind({"a"}, {"b"}, ["interaction.1"]) == []


def test_what_stays_of_a_client_that_has_left_counts_for_nobody(ledger):
    ledger.record("a", {"scene": [1.0]})
    size = ledger.size
    ledger.release({"a"})
    assert ledger.entry("scene") == Entry(None, None, size)
    assert (ledger.total("a"), ledger.size) == (Total(0, 0), size)
    ledger.record("b", {"scene": None})
    assert ledger.size == 0


def test_a_client_that_comes_back_under_the_address_of_another_does_not_inherit_its_keys(ledger):
    # The user is still here through "you" when "a" leaves, so the key stays.
    ledger.record("you", {"avatar.me": {}})
    ledger.record("a", {"interaction.1": hold("me")})
    ledger.release({"a"})
    ledger.record("a", {"scene": 1.0})
    assert ledger.left_behind({"you"}, {"a"}, ["avatar.me", "interaction.1"]) == [
        "avatar.me",
        "interaction.1",
    ]
