"""Interactions with a live molecule: what clients write reaches the atoms, and ends when they go."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import numpy as np
import pytest
from rpc_client import RawClient, refused, spring, wait_until

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.dynamics.interaction_forces import DEFAULT_FORCE_CAP
from atomtug.server.session.interaction_registry import MAX_INTERACTIONS_EACH

METHANE = load_system("methane")


@pytest.fixture(scope="module")
def server():
    with running_server(ServerOptions(systems=[METHANE], fps=100.0, seed=1)) as running:
        yield running


@pytest.fixture
def log(client):
    return client.afresh()


def held(log) -> list[int]:
    return log.current.get("forces.user.index", [])


def bonds(log) -> set[tuple[int, int]]:
    flat = log.current["bond.pairs"]
    return set(zip(flat[::2], flat[1::2], strict=True))


# Pulling ------------------------------------------------------------------------------------------------


def test_a_hand_is_seen_in_the_frames_from_when_it_takes_until_it_lets_go(client, log):
    assert held(log) == []
    assert client.update({"interaction.a": spring(5, position=(0.4, 0.2, 0))})
    log.wait(lambda: held(log) == [5], "the hand to be seen")
    assert log.current["energy.user.total"] > 0
    assert client.update({"interaction.a": None})
    log.wait(lambda: held(log) == [], "the hand to be gone")
    assert log.current["energy.user.total"] == 0
    work = log.current["forces.user.work_done"]
    log.more(5)
    assert log.current["forces.user.work_done"] == work != 0  # what was done stays done


def test_two_hands_pull_at_once_and_on_the_same_atom_add_up(client, log):
    right, left = np.array([0.6, 0.1, 0.0]), np.array([-0.3, 0.2, 0.1])
    client.update({"interaction.r": spring(5, position=right), "interaction.l": spring(0, position=left)})
    log.wait(lambda: held(log) == [0, 5], "both hands")
    client.update({"interaction.l": spring(5, position=left)})
    log.wait(lambda: held(log) == [5], "both hands on one atom")
    log.wait(lambda: "particle.positions" in log.messages[-1][1], "a frame")
    frame = log.messages[-1][1]
    place = np.reshape(frame["particle.positions"], (7, 3))[5]
    expected = 100 * METHANE.masses[5] * 2 * ((right - place) + (left - place))
    np.testing.assert_allclose(frame["forces.user.sparse"], expected, rtol=1e-3, atol=0.1)
    client.update({"interaction.l": None})
    log.wait(lambda: log.current["energy.user.total"] > 0 and held(log) == [5], "one hand left")


def test_no_hand_exceeds_the_cap_however_hard_it_asks(client, log):
    client.run("playback/pause")
    log.wait_for("playback.playing", lambda playing: not playing)
    client.update({"interaction.a": spring(0, 1, 2, 3, 4, 5, 6, position=(0, 0, 300.0), scale=1e6)})
    client.run("playback/step")
    log.wait(lambda: len(held(log)) == 7, "the pull")
    forces = np.reshape(log.current["forces.user.sparse"], (7, 3))
    assert np.abs(forces).max() == pytest.approx(DEFAULT_FORCE_CAP, rel=1e-6)


def test_the_law_and_the_cap_can_be_read_and_not_written_by_clients(client):
    states = client.states()
    assert states.wait_for("imd.force_law") == "narupa"
    assert states.wait_for("imd.force_cap") == DEFAULT_FORCE_CAP
    assert states.wait_for("imd.velocity_reset_available") is True
    assert not client.update({"imd.force_law": "mine"})
    assert not client.lock({"imd.force_law": 1.0})


def test_pulling_a_hydrogen_off_methane_breaks_its_bond_and_no_other(client, log):
    # Cold and damped, so that the hand alone decides what breaks: the velocities of a reset are of this temperature.
    before = client.run("dynamics/set")
    client.run("dynamics/set", temperature=1.0, friction=50.0)
    log = client.afresh()
    start = np.reshape(log.wait_for("particle.positions"), (7, 3))
    hydrogen = 1
    way = (start[hydrogen] - start[0]) / np.linalg.norm(start[hydrogen] - start[0])
    assert bonds(log) == {(0, 1), (0, 2), (0, 3), (0, 4), (5, 6)}
    # The carbon is held so that the bond breaks however slowly the hydrogen is pulled: at its greatest force, some
    # 6100 kJ/mol/nm, the two springs give way by 0.25 and 0.03 nm.
    grip = {"interaction.c": spring(0, position=start[0], scale=10_000.0)}
    for distance in np.arange(0.12, 0.5, 0.02):
        grip["interaction.h"] = spring(hydrogen, position=start[0] + way * distance, scale=12_000.0)
        client.update(grip)
        log.more(4)  # 10 fs: 2 km/s
    log.wait(lambda: (0, 1) not in bonds(log), "the bond to break")
    assert bonds(log) == {(0, 2), (0, 3), (0, 4), (5, 6)}
    # Held on to while it was only stretched, farther than it would have formed.
    broken = next(values for _, values in log.messages if len(values.get("bond.pairs", ())) == 8)
    place = np.reshape(broken["particle.positions"], (7, 3))
    assert np.linalg.norm(place[hydrogen] - place[0]) > 0.15
    assert len(log.current["bond.orders"]) == 4
    assert log.current["system.simulation.exception"] == ""
    assert log.current["forces.user.work_done"] > 200  # kJ/mol; the bond itself is 440
    # Brought back, it bonds again.
    for distance in np.arange(0.5, 0.1, -0.02):
        grip["interaction.h"] = spring(hydrogen, position=start[0] + way * distance, scale=12_000.0)
        client.update(grip)
        log.more(4)
    log.wait(lambda: (0, 1) in bonds(log), "the bond to form again")
    client.run("dynamics/set", **before)


def test_letting_go_with_reset_velocities_calms_what_was_thrown(client, log):
    away = spring(5, 6, position=(20, 20, 0), scale=300.0, reset_velocities=True) | {
        "interaction_type": "constant"
    }
    client.update({"interaction.a": away})
    log.wait_for("energy.kinetic", lambda energy: energy > 150)
    client.update({"interaction.a": None})
    log.wait(lambda: held(log) == [], "the hand to be gone")
    log.wait(lambda: log.messages and "particle.velocities" in log.messages[-1][1], "a frame")
    velocities = np.reshape(log.current["particle.velocities"], (7, 3))
    translation = METHANE.masses[5:] @ velocities[5:] / METHANE.masses[5:].sum()
    assert 0.5 * 26.0 * np.sum(translation**2) < 40.0  # 3/2 kT is 3.7 kJ/mol


# Going --------------------------------------------------------------------------------------------------


def test_a_client_that_closes_its_channel_leaves_no_hand(server, client, log):
    states = client.states()
    visitor = RawClient(server.address)
    visitor.states().wait_for("imd.force_law")
    visitor.update(
        {"interaction.v": spring(5, position=(0.4, 0.2, 0)), "avatar.v": {"name": "V"}, "scene": [1.0]}
    )
    log.wait(lambda: held(log) == [5], "the visitor's pull")
    visitor.close()
    log.wait(lambda: held(log) == [], "the pull to end")
    states.wait(lambda: "interaction.v" not in states.current, "the hand to be gone")
    states.wait(lambda: "avatar.v" not in states.current, "the avatar to be gone")
    assert states.current["scene"] == [1.0]


KILLED_CLIENT = """
import sys
from rpc_client import RawClient, spring
client = RawClient(sys.argv[1], name="killed")
client.frames(), client.states()
client.update({"interaction.k": spring(5, position=(0.4, 0.2, 0))})
client.lock({"interaction.k": 3600})
print("holding", flush=True)
sys.stdin.read()
"""


def test_a_client_that_is_killed_leaves_no_hand_even_one_it_had_locked(server, client, log):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_CLIENT, server.address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    ) as visitor:
        try:
            assert visitor.stdout.readline() == b"holding\n"
            log.wait(lambda: held(log) == [5], "the visitor's pull")
        finally:
            os.kill(visitor.pid, signal.SIGKILL)
    log.wait(lambda: held(log) == [], "the pull to end")
    states = client.states()
    states.wait_for("imd.force_law")
    assert "interaction.k" not in states.current


def test_ending_ones_streams_without_closing_the_channel_counts_as_leaving(server, client, log):
    with RawClient(server.address) as visitor:
        stream = visitor.states()
        stream.wait_for("imd.force_law")
        visitor.update({"interaction.v": spring(5, position=(0.4, 0.2, 0))})
        log.wait(lambda: held(log) == [5], "the visitor's pull")
        stream.cancel()
        log.wait(lambda: held(log) == [], "the pull to end")


def test_a_hand_of_a_user_who_is_still_here_through_another_connection_stays(server, client, log):
    with RawClient(server.address) as app:
        app.states().wait_for("imd.force_law")
        app.update({"avatar.ada": {"playerid": "ada"}})
        helper = RawClient(server.address)
        helper.states().wait_for("imd.force_law")
        helper.update({"interaction.x": spring(5, position=(0.4, 0.2, 0), **{"owner.id": "ada"})})
        helper.update({"interaction.y": spring(0, position=(0, 0.2, 0))})
        log.wait(lambda: held(log) == [0, 5], "both hands")
        helper.close()
        log.wait(lambda: held(log) == [5], "the helper's own hand to go")
        assert "interaction.x" in server.session.state.values
    log.wait(lambda: held(log) == [], "Ada's to go with her")


def test_clients_are_counted_while_they_are_here(server, client):
    client.frames().more(1)
    count = client.run("engine/status")["clients"]
    with RawClient(server.address) as visitor:
        visitor.frames().more(1)
        assert client.run("engine/status")["clients"] == count + 1
    wait_until(lambda: client.run("engine/status")["clients"] == count, "the visitor to be missed")


# State --------------------------------------------------------------------------------------------------


def test_what_one_writes_all_read_the_writer_included(server, client):
    value = {"name": "A", "list": [1.0, [True, None, "x"]], "inf": float("inf")}
    with RawClient(server.address) as other:
        seen = [client.states(), other.states()]
        client.update({"avatar.a": value})
        for log in seen:
            assert log.wait_for("avatar.a") == value
        client.update({"avatar.a": None})
        for log in seen:
            log.wait(lambda log=log: "avatar.a" not in log.current, "the removal")
            assert {"avatar.a": None} in log.messages


def test_a_late_joiner_is_first_told_everything(server, client):
    client.update({"scene": [1.0], "interaction.a": spring(1)})
    with RawClient(server.address) as late:
        states = late.states()
        states.wait(lambda: states.messages, "the first message")
        first = states.messages[0]
    assert first["scene"] == [1.0]
    assert first["interaction.a"]["max_force"] == float("inf")
    assert first["imd.force_law"] == "narupa"


def test_a_reader_that_wants_fewer_updates_gets_them_added_up(client):
    seldom, often = client.states(interval=0.3), client.states()
    client.update({"count": -1.0})
    seldom.wait_for("count")
    start = len(seldom.messages)
    began = time.monotonic()
    for count in range(30):
        client.update({"count": float(count)})
    often.wait_for("count", lambda value: value == 29.0)
    seldom.wait_for("count", lambda value: value == 29.0)
    assert len(seldom.messages) - start <= 2 + (time.monotonic() - began) / 0.3
    client.update({"count": None})


def test_locks_keep_others_out_until_released(server):
    with RawClient(server.address, name="me") as me, RawClient(server.address, name="you") as you:
        assert me.lock({"selection.s": 30.0})
        assert me.update({"selection.s": {"name": "mine"}})
        assert not you.update({"selection.s": {"name": "yours"}})
        assert not you.lock({"selection.s": 1.0})
        assert you.lock({"selection.s": None})  # releases nothing
        assert not you.update({"selection.s": None, "other": 1.0})
        assert "other" not in server.session.state.values
        assert me.lock({"selection.s": None})
        assert you.update({"selection.s": None})


@pytest.mark.slow
def test_locks_expire(server):
    with RawClient(server.address, name="me") as me, RawClient(server.address, name="you") as you:
        assert me.lock({"selection.t": 3.0})
        first = you.update({"selection.t": 1.0})
        wait_until(lambda: you.update({"selection.t": 1.0}), "the lock to expire")
        assert not first


def test_a_locked_interaction_is_only_its_owners_to_move(server, log):
    with RawClient(server.address, name="me") as me, RawClient(server.address, name="you") as you:
        assert me.update({"interaction.m": spring(5, position=(0.4, 0.2, 0))})
        assert me.lock({"interaction.m": 30.0})
        assert not you.update({"interaction.m": spring(0)})
        log.wait(lambda: held(log) == [5], "the hand of its owner")
        assert me.lock({"interaction.m": None})
        assert you.update({"interaction.m": None})
        log.wait(lambda: held(log) == [], "the hand to be gone")


def test_there_may_be_many_hands_but_not_any_number(client, log):
    many = {f"interaction.{k}": spring(k % 7, scale=0.01) for k in range(MAX_INTERACTIONS_EACH)}
    assert client.update(many)
    log.wait(lambda: len(held(log)) == 7, "all hands")
    with refused(grpc.StatusCode.INVALID_ARGUMENT, str(MAX_INTERACTIONS_EACH)):
        client.update({"interaction.one more": spring(1)})
    assert client.update({"interaction.0": None})
    assert client.update({"interaction.one more": spring(1)})
