"""Who is connected, and what a client that has gone leaves behind: nothing."""

import pytest

from atomtug.server.session.clients import GRACE, SILENCE, Clients


@pytest.fixture
def clients(clock) -> Clients:
    return Clients(clock)


def hold(owner: str | None = None) -> dict:
    return {"position": [0, 0, 0]} | ({} if owner is None else {"owner.id": owner})


def test_those_with_an_open_stream_are_counted(clients):
    clients.opened("a")
    clients.opened("a")
    clients.opened("b")
    clients.wrote("c", {"x": 1})
    assert len(clients) == 2
    clients.closed("a")
    assert len(clients) == 2
    clients.closed("a")
    assert len(clients) == 1


def test_what_a_client_held_goes_a_moment_after_its_last_stream(clients, clock):
    state = {"interaction.1": hold(), "scene": [0.0]}
    clients.opened("a")
    clients.opened("a")
    clients.wrote("a", state)
    clients.closed("a")
    clock.now += 100.0
    assert clients.left(state) == []
    clients.closed("a")
    assert clients.left(state) == []
    clock.now += GRACE + 0.01
    assert clients.left(state) == ["interaction.1"]
    assert clients.left(state) == []  # told once


def test_a_client_that_opens_a_stream_anew_within_the_grace_keeps_its_hold(clients, clock):
    state = {"interaction.1": hold()}
    clients.opened("a")
    clients.wrote("a", state)
    clients.closed("a")
    clock.now += GRACE / 2
    clients.opened("a")
    clock.now += 100.0
    assert clients.left(state) == []


def test_a_client_without_a_stream_has_gone_when_it_is_silent_for_long(clients, clock):
    state = {"interaction.1": hold()}
    clients.wrote("a", state)
    clock.now += SILENCE - 0.1
    assert clients.left(state) == []
    clients.wrote("a", state)
    clock.now += SILENCE - 0.1
    assert clients.left(state) == []
    clock.now += 0.2
    assert clients.left(state) == ["interaction.1"]


def test_what_belongs_to_nobody_stays(clients, clock):
    state = {"selection.x": {}, "scene": [1.0], "imd.force_law": "narupa"}
    clients.opened("a")
    clients.wrote("a", state)
    clients.closed("a")
    clock.now += 1.0
    assert clients.left(state) == []


@pytest.mark.parametrize(
    "key", ["avatar.me", "playarea.me", "cursor.me.left", "update.index.me", "user-origin.me"]
)
def test_what_shows_a_person_goes_with_the_person(clients, clock, key):
    clients.opened("a")
    clients.wrote("a", {key: {}})
    clients.closed("a")
    clock.now += 1.0
    assert clients.left({key: {}}) == [key]


def test_keys_the_server_wrote_for_a_user_go_with_the_user(clients, clock):
    clients.opened("a")
    clients.wrote("a", {"avatar.me": {}})
    clients.closed("a")
    clock.now += 1.0
    state = {"avatar.me": {}, "user-origin.me": {}, "user-origin.you": {}}
    assert clients.left(state) == ["avatar.me", "user-origin.me"]


def test_a_hold_goes_with_its_owner_though_another_connection_wrote_it(clients, clock):
    # A headset app may use one channel for its state and another for its hands.
    clients.opened("avatar connection")
    clients.wrote("avatar connection", {"avatar.me": {}})
    clients.opened("hands connection")
    clients.wrote("hands connection", {"interaction.1": hold("me")})
    state = {"avatar.me": {}, "interaction.1": hold("me")}
    clients.closed("avatar connection")
    clock.now += 1.0
    assert clients.left(state) == []  # the user is still here, through the other connection
    clients.closed("hands connection")
    clock.now += 1.0
    assert clients.left(state) == ["avatar.me", "interaction.1"]


def test_a_hold_written_for_a_user_that_is_still_here_stays_when_its_writer_goes(clients, clock):
    clients.opened("me")
    clients.wrote("me", {"avatar.me": {}})
    clients.opened("helper")
    clients.wrote("helper", {"interaction.1": hold("me")})
    clients.closed("helper")
    clock.now += 1.0
    assert clients.left({"avatar.me": {}, "interaction.1": hold("me")}) == []


def test_a_hold_taken_over_by_another_client_stays_with_that_one(clients, clock):
    for peer in ("a", "b"):
        clients.opened(peer)
        clients.wrote(peer, {"interaction.1": hold()})
    clients.closed("a")
    clock.now += 1.0
    assert clients.left({"interaction.1": hold()}) == []
    clients.closed("b")
    clock.now += 1.0
    assert clients.left({"interaction.1": hold()}) == ["interaction.1"]


def test_what_a_client_removed_itself_is_not_told_again(clients, clock):
    clients.opened("a")
    clients.wrote("a", {"interaction.1": hold()})
    clients.wrote("a", {"interaction.1": None})
    clients.wrote("b", {"interaction.1": hold()})
    clients.closed("a")
    clock.now += 1.0
    assert clients.left({"interaction.1": hold()}) == []
