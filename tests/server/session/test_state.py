"""The shared dictionary: all or nothing, locks with an owner and an end, views that miss nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomtug.server.session.state import MAX_KEYS, SERVER_TOKEN, SharedState, StateFull


@pytest.fixture
def state(clock) -> SharedState:
    return SharedState(clock)


# Values -------------------------------------------------------------------------------------------------


def test_values_are_set_and_null_removes(state):
    assert state.update("me", {"a": 1, "b": [2]})
    assert state.update("me", {"a": None, "c": "x", "never there": None})
    assert state.values == {"b": [2], "c": "x"}


def test_an_update_is_done_in_full_or_not_at_all(state):
    state.update("me", {"a": 1, "b": 2})
    state.update_locks("me", {"b": 10.0})
    assert not state.update("you", {"a": 100, "b": 200, "c": 300})
    assert state.values == {"a": 1, "b": 2}


def test_it_takes_only_so_many_keys_and_then_nothing_of_an_update(state):
    state.update("me", {str(k): k for k in range(MAX_KEYS - 1)})
    with pytest.raises(StateFull, match=str(MAX_KEYS)):
        state.update("me", {"0": "changed", "x": 1, "y": 2})
    assert state.values["0"] == 0
    assert "x" not in state.values
    assert state.update("me", {"0": "changed", "x": 1})  # one still fits; changing needs no room
    assert state.update("me", {"0": None})
    assert state.update("me", {"y": 1})


# Locks --------------------------------------------------------------------------------------------------


def test_a_lock_keeps_others_from_writing_and_removing_but_not_its_owner(state):
    state.update("me", {"a": 1})
    assert state.update_locks("me", {"a": 10.0})
    assert not state.update("you", {"a": 2})
    assert not state.update("you", {"a": None})
    assert state.update("me", {"a": 3})
    assert state.values == {"a": 3}


def test_a_lock_ends_by_itself(state, clock):
    state.update_locks("me", {"a": 10.0})
    clock.now += 9.9
    assert not state.update("you", {"a": 2})
    clock.now += 0.2
    assert state.update("you", {"a": 2})
    assert state.update_locks("you", {"a": 10.0})
    assert not state.update("me", {"a": 3})


def test_a_lock_can_be_renewed_by_its_owner(state, clock):
    state.update_locks("me", {"a": 10.0})
    clock.now += 8.0
    assert state.update_locks("me", {"a": 10.0})
    clock.now += 8.0
    assert not state.update("you", {"a": 2})


def test_locks_are_taken_together_or_not_at_all_and_nothing_is_released_then(state):
    state.update_locks("me", {"a": 10.0})
    state.update_locks("you", {"c": 10.0})
    assert not state.update_locks("you", {"a": 10.0, "b": 10.0, "c": None})
    assert state.update("third", {"b": 1})
    assert not state.update("third", {"c": 1})


def test_releasing_frees_ones_own_lock_and_leaves_anothers_alone(state):
    state.update_locks("me", {"a": 10.0, "b": 10.0})
    assert state.update_locks("you", {"a": None})
    assert not state.update("you", {"a": 1})
    assert state.update_locks("me", {"a": None})
    assert state.update("you", {"a": 1})
    assert not state.update("you", {"b": 1})


def test_a_key_can_be_locked_before_it_exists(state):
    state.update_locks("me", {"a": 10.0})
    assert not state.update("you", {"a": 1})


def test_the_server_is_kept_out_by_no_ones_lock(state):
    # Or a client that locks what it holds and vanishes would leave a hand behind that pulls for an hour.
    state.update("me", {"interaction.a": {}})
    state.update_locks("me", {"interaction.a": 3600.0})
    assert state.update(SERVER_TOKEN, {"interaction.a": None})
    assert state.values == {}


def test_there_may_be_only_so_many_locks_and_ended_ones_do_not_count(state, clock):
    state.update_locks("me", {str(k): 10.0 for k in range(MAX_KEYS)})
    with pytest.raises(StateFull, match="locks"):
        state.update_locks("you", {"x": 10.0})
    clock.now += 11.0
    assert state.update_locks("you", {"x": 10.0})


# Views --------------------------------------------------------------------------------------------------


def test_a_view_begins_with_everything_and_goes_on_with_what_changed(state):
    state.update("me", {"a": 1, "b": 2})
    view = state.view()
    assert view.pop() == {"a": 1, "b": 2}
    assert view.pop() == {}
    state.update("me", {"b": 3})
    state.update("me", {"a": None})
    assert view.pop() == {"b": 3, "a": None}


def test_of_several_changes_to_a_key_the_last_is_told(state):
    view = state.view()
    state.update("me", {"a": 1})
    state.update("me", {"a": None})
    state.update("me", {"b": None})
    state.update("me", {"b": 2})
    assert view.pop() == {"a": None, "b": 2}


def test_a_refused_update_is_told_to_nobody(state):
    state.update_locks("me", {"a": 10.0})
    view = state.view()
    assert not state.update("you", {"a": 1})
    assert view.pop() == {}


def test_a_view_calls_when_there_is_news_and_at_once_if_there_is_already(state):
    calls = []
    empty, full = state.view(), None
    empty.on_change(lambda: calls.append("empty"))
    assert calls == []
    state.update("me", {"a": 1})
    assert calls == ["empty"]
    full = state.view()
    full.on_change(lambda: calls.append("full"))
    assert calls == ["empty", "full"]


def test_a_closed_view_hears_nothing_more(state):
    view = state.view()
    view.close()
    state.update("me", {"a": 1})
    assert view.pop() == {}


def test_a_reader_that_never_reads_is_told_to_start_again_instead_of_filling_the_memory(state):
    view = state.view()
    for batch in range(3):
        names = [f"{batch}.{k}" for k in range(MAX_KEYS)]
        state.update("me", dict.fromkeys(names, 1))
        state.update("me", dict.fromkeys(names))
    assert view.overrun
    assert len(view.pop()) <= 2 * MAX_KEYS


keys = st.sampled_from("abcd")
updates = st.dictionaries(keys, st.one_of(st.none(), st.integers()), max_size=4)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["update", "lock", "read", "wait"]), st.sampled_from(["me", "you"]), updates
        ),
        max_size=30,
    )
)
def test_whatever_happens_every_reader_ends_up_with_what_is_there(steps):
    now = 0.0
    state = SharedState(lambda: now)
    readers = [(state.view(), {})]

    def read(view, known):
        for key, value in view.pop().items():
            known.pop(key, None)
            if value is not None:
                known[key] = value

    for what, who, changes in steps:
        if what == "update":
            state.update(who, changes)
        elif what == "lock":
            state.update_locks(who, {k: None if v is None else 5.0 for k, v in changes.items()})
        elif what == "wait":
            now += 3.0
        else:
            readers.append((state.view(), {}))
            read(*readers[0])
    for view, known in readers:
        read(view, known)
        assert known == dict(state.values)
