"""No client can fill the shared state for the others, by keys or by bytes."""

import grpc
import pytest
from rpc_client import RawClient, refused, spring, wait_until

from atomtug.server.app import run_in_thread
from atomtug.server.listening import ListenOptions
from atomtug.server.session import quota
from atomtug.server.session.ledger import Ledger
from atomtug.server.session.quota import MAX_BYTES, MAX_BYTES_EACH, MAX_KEYS_EACH, check_quota
from atomtug.server.session.session import Session
from atomtug.server.session.state import StateFull
from atomtug.server.transport import grpc_endpoint as grpc_transport

HEAVY = "x" * (2**20)


def give(ledger: Ledger, writer: str, **changes) -> None:
    check_quota(ledger, writer, changes)
    ledger.record(writer, changes)


def test_one_client_may_have_so_many_keys_and_another_as_many_again():
    ledger = Ledger()
    for writer in ("a", "b"):
        give(ledger, writer, **{f"{writer}{k}": 0.0 for k in range(MAX_KEYS_EACH)})
        with pytest.raises(StateFull, match=str(MAX_KEYS_EACH)):
            check_quota(ledger, writer, {"more": 0.0})
        check_quota(ledger, writer, {f"{writer}0": 5.0})  # writing it again is no other key
    give(ledger, "a", a0=None)
    give(ledger, "a", more=0.0)


def test_one_client_may_have_so_many_bytes():
    ledger = Ledger()
    count = MAX_BYTES_EACH // len(HEAVY) - 1
    give(ledger, "a", **{f"k{k}": HEAVY for k in range(count)})
    with pytest.raises(StateFull, match="16 MB"):
        check_quota(ledger, "a", {"x": HEAVY, "y": HEAVY})
    check_quota(ledger, "b", {"x": HEAVY, "y": HEAVY})
    check_quota(ledger, "a", {"k0": None, "x": HEAVY, "y": HEAVY, "k1": None})


def test_all_together_may_have_so_many_bytes():
    ledger = Ledger()
    each = MAX_BYTES_EACH // len(HEAVY) - 1
    clients = MAX_BYTES // len(HEAVY) // each
    for number in range(clients):
        give(ledger, f"client {number}", **{f"{number}.{k}": HEAVY for k in range(each)})
    with pytest.raises(StateFull, match="64 MB"):
        check_quota(ledger, "last", {str(k): HEAVY for k in range(each)})


def test_a_key_counts_for_whoever_wrote_it_last():
    ledger = Ledger()
    give(ledger, "a", **{f"k{k}": 0.0 for k in range(MAX_KEYS_EACH)})
    give(ledger, "b", k0=1.0)
    check_quota(ledger, "a", {"more": 0.0})
    give(ledger, "b", k0=None)
    check_quota(ledger, "b", {str(k): 0.0 for k in range(MAX_KEYS_EACH)})


def test_refused_means_that_nothing_has_changed():
    with run_in_thread(Session, ListenOptions(port=0)) as server, RawClient(server.address) as client:
        with refused(grpc.StatusCode.RESOURCE_EXHAUSTED, str(MAX_KEYS_EACH)):
            client.update({"a": 1.0} | {str(k): 0.0 for k in range(MAX_KEYS_EACH)})
        assert server.session.state.values == {}
        assert client.update({"a": 1.0})


def test_a_key_that_was_not_written_because_of_a_lock_does_not_count(monkeypatch):
    monkeypatch.setattr(quota, "MAX_KEYS_EACH", 1)
    with (
        run_in_thread(Session, ListenOptions(port=0)) as server,
        RawClient(server.address, name="holder") as holder,
        RawClient(server.address, name="other") as other,
    ):
        assert holder.lock({"a": 60.0})
        assert not other.update({"a": 1.0})
        assert other.update({"b": 1.0})


def test_an_interaction_that_says_too_much_is_refused():
    from atomtug.core.errors import InputError
    from atomtug.server.session.interactions import parse_interaction

    assert parse_interaction("interaction.a", spring(1, label="hand.left"), 7).particles.tolist() == [1]
    with pytest.raises(InputError, match="16 kB"):
        parse_interaction("interaction.a", spring(1, note="x" * 20_000), 7)
    with pytest.raises(InputError, match="16 kB"):
        parse_interaction("interaction.a", spring(*([1.0] * 10_000)), 7)
    every_atom = spring(*map(float, range(10_000)))
    assert len(parse_interaction("interaction.a", every_atom, 10_000).particles) == 10_000


# Streams ------------------------------------------------------------------------------------------------


def test_one_client_may_open_so_many_streams_and_others_still_come_in(monkeypatch):
    monkeypatch.setattr(grpc_transport, "MAX_STREAMS_EACH", 4)
    with (
        run_in_thread(Session, ListenOptions(port=0)) as server,
        RawClient(server.address) as greedy,
        RawClient(server.address) as other,
    ):
        assert greedy.update({"a": 1.0})
        logs = [greedy.states() for _ in range(4)]
        for log in logs:
            log.wait_for("a")
        one_more = greedy.states()
        one_more.wait(lambda: one_more.error, "the refusal")
        assert one_more.error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "4 of them to one client" in one_more.error.details()
        assert other.states().wait_for("a") == 1.0
        logs[0].cancel()
        wait_until(lambda: server.session.clients.streams() == 4, "the stream to be closed")
        assert greedy.states().wait_for("a") == 1.0


def test_all_together_may_open_so_many_streams(monkeypatch):
    monkeypatch.setattr(grpc_transport, "MAX_STREAMS", 2)
    with run_in_thread(Session, ListenOptions(port=0)) as server, RawClient(server.address) as client:
        assert client.update({"a": 1.0})
        for _ in range(2):
            client.states().wait_for("a")
        with RawClient(server.address) as late:
            log = late.states()
            log.wait(lambda: log.error, "the refusal")
            assert log.error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert late.update({"b": 1.0})  # what is no stream still is answered
