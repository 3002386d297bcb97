"""What clients of a live simulation are sent: every key, its unit, in order, complete for those who join."""

from itertools import pairwise

import numpy as np
import pytest
from rpc_client import RawClient, spring

from atomtug.core.systems import load_system
from atomtug.protos import PACKAGE_ROOTS
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.engines import create_engine

METHANE = load_system("methane")
STEPS = 5
KJMOL_PER_EV = 96.48533212331
GAS_CONSTANT = 0.00831446261815324  # kJ/mol/K

FRAME_ARRAYS = {
    "particle.positions": 21,
    "particle.velocities": 21,
    "particle.forces": 21,
    "particle.forces.system": 21,
    "particle.charges": 7,
    "particle.spins": 7,
}
FRAME_VALUES = {
    "energy.kinetic",
    "energy.potential",
    "energy.user.total",
    "energy.wall",
    "engine.name",
    "engine.spin_square",
    "engine.steps_per_second",
    "forces.user.work_done",
    "server.timestamp",
    "system.simulation.step",
    "system.simulation.time",
    "system.temperature",
}
ONCE = {
    "bond.orders",
    "bond.pairs",
    "chain.count",
    "chain.names",
    "engine.state_changed",
    "engine.state_changes",
    "molecule.names",
    "particle.count",
    "particle.elements",
    "particle.names",
    "particle.residues",
    "playback.playing",
    "recording.name",
    "residue.chains",
    "residue.count",
    "residue.ids",
    "residue.names",
    "system.simulation.counter",
    "system.simulation.exception",
    "system.simulation.name",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    options = ServerOptions(
        systems=[METHANE],
        fps=100.0,
        steps_per_frame=STEPS,
        timestep=0.25,
        thermostat="nve",
        seed=3,
        recordings=tmp_path_factory.mktemp("recordings"),
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def everything(client):
    """All that a frame says while a hand has pulled for some time."""
    client.update({"interaction.a": spring(5, position=(0.2, 0.3, 0.1), scale=2.0)})
    log = client.frames(every=True)
    log.wait_for("forces.user.index", lambda held: held == [5])
    log.wait_for("forces.user.work_done", lambda work: abs(work) > 0.01)
    log.wait(lambda: "particle.positions" in log.messages[-1][1], "a frame of the simulation")
    return dict(log.current)


def test_every_key_of_the_protocol_that_can_be_filled_is_there(everything):
    assert FRAME_VALUES | set(FRAME_ARRAYS) | ONCE <= set(everything)
    for key, length in FRAME_ARRAYS.items():
        assert len(everything[key]) == length
    assert everything["engine.name"] == "pm6"
    assert everything["particle.elements"] == METHANE.numbers.tolist()
    assert everything["particle.names"] == METHANE.atom_names
    assert everything["bond.pairs"] == [0, 1, 0, 2, 0, 3, 0, 4, 5, 6]
    assert everything["molecule.names"] == ["CH4", "CN"]
    assert everything["bond.orders"] == [1.0, 1.0, 1.0, 1.0, 3.0]
    assert everything["bond.orders.engine"] == pytest.approx([0.97, 0.97, 0.97, 0.97, 2.9], abs=0.1)
    assert sum(everything["particle.charges"]) == pytest.approx(0.0, abs=1e-5)
    assert sum(everything["particle.spins"]) == pytest.approx(1.0, abs=1e-5)
    assert everything["particle.spins"][5] > everything["particle.spins"][6] > 0.1  # the radical's place
    assert everything["engine.spin_square"] == pytest.approx(0.75, abs=0.05)
    assert everything["engine.state_changed"] == []
    assert everything["engine.state_changes"] == 0
    assert everything["system.simulation.exception"] == ""
    assert everything["playback.playing"] is True


def test_positions_in_nm_give_the_engines_energy_in_kjmol_and_its_forces(everything):
    engine = create_engine("pm6", METHANE)
    positions = np.array(everything["particle.positions"]).reshape(7, 3)
    energy, forces = engine.evaluate(positions * 10)[:2]
    assert everything["energy.potential"] == pytest.approx(energy * KJMOL_PER_EV, abs=0.02)
    np.testing.assert_allclose(
        np.reshape(everything["particle.forces.system"], (7, 3)), forces * KJMOL_PER_EV * 10, atol=2.0
    )
    step = 2e-4  # nm
    for atom, axis in [(0, 0), (1, 1), (5, 2)]:
        low, high = positions.copy(), positions.copy()
        low[atom, axis] -= step
        high[atom, axis] += step
        slope = (engine.evaluate(high * 10).energy - engine.evaluate(low * 10).energy) * KJMOL_PER_EV
        force = everything["particle.forces.system"][3 * atom + axis]
        assert force == pytest.approx(-slope / (2 * step), abs=15.0)


def test_velocities_in_nm_per_ps_give_the_kinetic_energy_and_the_temperature(everything):
    velocities = np.array(everything["particle.velocities"]).reshape(7, 3)
    kinetic = 0.5 * np.sum(METHANE.masses[:, None] * velocities**2)
    assert everything["energy.kinetic"] == pytest.approx(kinetic, rel=1e-5)
    internal, freedom = kinetic, 3 * 7
    for atoms in METHANE.residues:
        momentum = METHANE.masses[atoms] @ velocities[atoms]
        internal -= 0.5 * momentum @ momentum / METHANE.masses[atoms].sum()
        freedom -= 3
    assert freedom == 15
    assert everything["system.temperature"] == pytest.approx(
        2 * internal / (freedom * GAS_CONSTANT), rel=1e-4
    )


def test_the_users_force_is_the_spring_it_asked_for_and_part_of_the_total(everything):
    positions = np.array(everything["particle.positions"]).reshape(7, 3)
    force = 2.0 * METHANE.masses[5] * 2.0 * (np.array([0.2, 0.3, 0.1]) - positions[5])
    assert everything["forces.user.index"] == [5]
    np.testing.assert_allclose(everything["forces.user.sparse"], force, rtol=1e-4, atol=1e-3)
    total = np.array(everything["particle.forces.system"]).reshape(7, 3)
    total[5] += force
    np.testing.assert_allclose(np.reshape(everything["particle.forces"], (7, 3)), total, atol=0.05)
    distance = np.linalg.norm(np.array([0.2, 0.3, 0.1]) - positions[5])
    assert everything["energy.user.total"] == pytest.approx(2.0 * METHANE.masses[5] * distance**2, rel=1e-4)


def test_time_is_in_ps_and_counts_the_steps(everything):
    steps = everything["system.simulation.step"]
    assert everything["system.simulation.time"] == pytest.approx(steps * 0.25e-3, rel=1e-9)


def test_the_work_done_is_what_the_total_energy_gained(client):
    log = client.frames(every=True)
    counter = log.wait_for("system.simulation.counter")
    client.run("playback/reset")
    log.wait_for("system.simulation.counter", lambda value: value > counter)
    start = log.current
    before = start["energy.potential"] + start["energy.kinetic"]
    client.update({"interaction.a": spring(5, position=(0.3, 0.3, 0.0), scale=10.0)})
    log.wait_for("forces.user.work_done", lambda work: work > 5.0)
    client.update({"interaction.a": spring(5, position=(0.3, 0.1, 0.2), scale=10.0)})
    log.more(20)
    begun = next(k for k, (index, _) in enumerate(log.messages) if index == 0)
    frames = [values for _, values in log.messages[begun:] if "energy.potential" in values]
    assert len(frames) > 20
    for values in frames[::5]:
        total = values["energy.potential"] + values["energy.kinetic"] + values["energy.wall"]
        work = values["forces.user.work_done"]
        assert total - before == pytest.approx(
            work - start["forces.user.work_done"], abs=0.02 * abs(work) + 1.0
        )


# Order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("root", PACKAGE_ROOTS)
def test_a_reader_of_every_frame_misses_none(server, root):
    with RawClient(server.address, root) as client:
        log = client.frames(every=True)
        log.wait(lambda: len(log.messages) > 40, "40 frames")
        messages = log.messages[:]
    indices = [index for index, _ in messages]
    assert indices == list(range(indices[0], indices[0] + len(indices)))
    steps = [values["system.simulation.step"] for _, values in messages if "system.simulation.step" in values]
    assert set(np.diff(steps)) == {STEPS}


def test_a_late_joiner_gets_everything_with_its_first_frame(server, client):
    early = client.frames()
    early.more(2)
    for every in (True, False):
        log = client.frames(every)
        log.wait(lambda log=log: log.messages, "the first frame")
        index, values = log.messages[0]
        assert index > 0
        assert FRAME_VALUES | set(FRAME_ARRAYS) | ONCE <= set(values)


def test_after_that_only_what_changes_is_sent(client):
    log = client.frames()
    log.more(5)
    sent = set().union(*(set(values) for _, values in log.messages[1:5]))
    assert not {"particle.elements", "particle.names", "bond.pairs", "molecule.names"} & sent


def test_a_client_that_asks_for_fewer_frames_gets_them_merged(client):
    often = client.frames(every=True)
    often.more()
    seldom = client.frames(interval=0.3)
    seldom.more(2)
    # Something that is said once, in a message of its own.
    client.run("recording/start", name="said once")
    client.run("recording/stop")
    seldom.wait(lambda: any("recording.name" in values for _, values in seldom.messages[1:]), "the name")
    seldom.wait(
        lambda: np.any(np.diff([index for index, _ in seldom.messages]) > 1), "frames merged into one"
    )
    merged = seldom.messages[1:]
    last = merged[-1][0]
    often.wait(lambda: often.messages[-1][0] >= last, f"frame {last}")
    every = dict(often.messages)
    for (before, _), (index, values) in pairwise(merged):
        expected = {}
        for each in range(before + 1, index + 1):
            expected |= every[each]
        np.testing.assert_equal(values, expected)  # of which some are NaN


def test_a_reset_reaches_even_a_slow_reader_as_a_reset(client):
    seldom = client.frames(interval=0.5)
    seldom.more(2)
    counter = seldom.current["system.simulation.counter"]
    client.run("playback/reset")
    seldom.wait_for("system.simulation.counter", lambda value: value == counter + 1)
    [(index, values)] = [m for m in seldom.messages if m[1].get("system.simulation.counter") == counter + 1]
    assert index == 0
    assert set(values) >= ONCE


def test_frames_come_no_more_often_than_asked_for(client):
    latest = client.frames(interval=0.2)
    latest.wait(lambda: len(latest.messages) >= 12, "twelve frames")
    stamps = [values["server.timestamp"] for _, values in latest.messages[:12]]
    # A late one may be followed by one in time, but they come no faster than that on the whole.
    assert stamps[11] - stamps[1] > 0.75 * 10 * 0.2
    assert np.all(np.diff(stamps) > 0)


def test_a_reader_of_every_frame_may_ask_for_them_at_its_leisure_and_still_misses_none(client):
    log = client.frames(every=True, interval=0.05)
    log.wait(lambda: len(log.messages) >= 8, "eight frames")
    assert np.all(np.diff([index for index, _ in log.messages[:8]]) == 1)


def test_a_client_that_does_not_read_costs_the_others_nothing(server, client):
    sleeper = RawClient(server.address)
    stream = sleeper.subscribe("SubscribeFrames", b"")
    next(stream)
    log = client.frames(every=True)
    log.more(30)
    steps = [
        values["system.simulation.step"] for _, values in log.messages if "system.simulation.step" in values
    ]
    assert set(np.diff(steps)) == {STEPS}
    sleeper.close()
