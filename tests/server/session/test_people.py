"""Which changes of avatars are recorded."""

from typing import Any

import pytest

from atomtug.server.session.people import INTERVAL, MAX_SIZE, RecordedPeople


@pytest.fixture
def written() -> list[tuple[str, Any]]:
    return []


@pytest.fixture
def people(written, clock) -> RecordedPeople:
    return RecordedPeople(lambda key, value: written.append((key, value)), clock)


def test_a_person_who_moves_all_the_time_is_recorded_a_few_times_a_second(people, written, clock):
    for number in range(31):
        people.update({"avatar.a": {"at": number}, "interaction.a": {}, "scene": [1.0]})
        clock.now += 0.4 * INTERVAL  # recorded every third time
    people.flush()
    assert len(written) == 11
    assert {key for key, _ in written} == {"avatar.a"}


def test_where_a_person_came_to_rest_is_recorded(people, written, clock):
    people.update({"avatar.a": {"at": 1}})
    people.update({"avatar.a": {"at": 2}})
    people.flush()
    assert written == [("avatar.a", {"at": 1})]
    clock.now += INTERVAL
    people.flush()
    people.flush()
    assert written == [("avatar.a", {"at": 1}), ("avatar.a", {"at": 2})]


def test_one_who_leaves_is_gone_and_nothing_follows(people, written, clock):
    people.update({"avatar.a": {"at": 1}, "playarea.a": {}})
    people.update({"avatar.a": {"at": 2}})
    people.update({"avatar.a": None, "avatar.b": None})
    clock.now += 1
    people.flush()
    assert written == [("avatar.a", {"at": 1}), ("playarea.a", {}), ("avatar.a", None)]


@pytest.mark.parametrize("value", [{"picture": b"x"}, {"name": "x" * MAX_SIZE}, {"nested": [{"b": [b""]}]}])
def test_what_a_journal_can_not_keep_is_left_out(people, written, value):
    people.update({"avatar.a": value})
    assert written == []


def test_a_recording_that_begins_gets_all_who_are_there(people, written):
    people.update({"avatar.a": {"at": 1}})
    people.begin({"avatar.a": {"at": 1}, "engine.current": "pm6"})
    assert written == [("avatar.a", {"at": 1})] * 2


@pytest.mark.parametrize("hours", [0.001, 1, 6, 12, 24, 100, 1000])
def test_whoever_comes_is_recorded_at_once_however_long_the_machine_has_run(people, written, clock, hours):
    clock.now = 3600.0 * hours
    people.update({"avatar.a": {}})
    assert written == [("avatar.a", {})]
