"""Which clients are connected, and when one counts as gone."""

import pytest

from atomtug.server.session.clients import MAX_SILENCE, STREAM_GRACE, Clients


@pytest.fixture
def clients(clock) -> Clients:
    return Clients(clock)


def test_those_with_an_open_stream_are_counted(clients):
    clients.opened("a")
    clients.opened("a")
    clients.opened("b")
    clients.called("c")
    assert len(clients) == 2
    assert (clients.streams(), clients.streams("a"), clients.streams("c"), clients.streams("d")) == (
        3,
        2,
        0,
        0,
    )
    clients.closed("a")
    assert len(clients) == 2
    clients.closed("a")
    assert len(clients) == 1
    assert set(clients.present) == {"a", "b", "c"}


def test_a_client_is_gone_a_moment_after_its_last_stream(clients, clock):
    clients.opened("a")
    clients.opened("a")
    clients.closed("a")
    clock.now += 100.0
    assert clients.remove_gone() == set()
    clients.closed("a")
    assert clients.remove_gone() == set()
    clock.now += STREAM_GRACE + 0.01
    assert clients.remove_gone() == {"a"}
    assert clients.remove_gone() == set()
    assert set(clients.present) == set()


def test_a_client_that_opens_another_stream_within_the_grace_is_not_gone(clients, clock):
    clients.opened("a")
    clients.closed("a")
    clock.now += STREAM_GRACE / 2
    clients.opened("a")
    clock.now += 100.0
    assert clients.remove_gone() == set()


def test_a_client_without_a_stream_is_gone_when_it_is_silent_for_long(clients, clock):
    clients.called("a")
    clock.now += MAX_SILENCE - 0.1
    assert clients.remove_gone() == set()
    clients.called("a")
    clock.now += MAX_SILENCE - 0.1
    assert clients.remove_gone() == set()
    clock.now += 0.2
    assert clients.remove_gone() == {"a"}
