"""Undo: back to where the atoms were before someone took hold of them."""

import numpy as np
import pytest
from rpc_client import Log, RawClient, spring
from toy_engines import FreeEngine, HarmonicEngine

from atomtug.core.errors import CommandFailed
from atomtug.core.frame import Frame
from atomtug.core.systems import load_system
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.session import recording_control
from atomtug.server.session.checkpoints import MAX_KEPT, Checkpoints
from atomtug.server.session.simulation_control import SimulationControl
from atomtug.wire import command_names

METHANE = load_system("methane")
HARMONIC = "ase:faulty_calculators.Harmonic"


def simulation(engine=None) -> Simulation:
    settings = DynamicsSettings(thermostat="nve", wall_radius=0.0)
    return Simulation(METHANE, engine or HarmonicEngine(METHANE.positions), settings)


def run(moving: Simulation, steps: int) -> Frame:
    for _ in range(steps):
        moving.step()
    return moving.frame()


def hand() -> ActiveInteraction:
    place = METHANE.positions[1] / 10 + [0.0, 0.1, 0.0]
    return ActiveInteraction(place, np.array([1]), "spring", 100.0, True, False, 20000.0)


# The list ------------------------------------------------------------------------------------------------


def test_the_newest_comes_back_first_and_the_oldest_are_forgotten():
    kept = Checkpoints()
    frames = [run(simulation(), 1) for _ in range(MAX_KEPT + 2)]
    for frame in frames:
        kept.add(frame)
        kept.add(frame)  # twice the same instant is one
    assert len(kept) == MAX_KEPT
    assert kept.pop() is frames[-1]
    assert kept.pop() is frames[-2]
    kept.clear()
    kept.add(None)
    with pytest.raises(CommandFailed, match="nothing to undo"):
        kept.pop()


# The simulation ------------------------------------------------------------------------------------------


def test_going_back_goes_on_as_it_went_on_then():
    moving = simulation()
    before = run(moving, 5)
    after = run(moving, 7)
    moving.set_interactions({"a": hand()})
    run(moving, 20)
    moving.set_interactions({})
    moving.go_back(before)
    again = moving.frame()
    for field in ("step", "time", "energy", "kinetic_energy", "user_work"):
        assert getattr(again, field) == getattr(before, field)
    np.testing.assert_array_equal(again.positions, before.positions)
    np.testing.assert_allclose(run(moving, 7).positions, after.positions, atol=1e-12)


def test_a_hand_that_still_holds_pulls_from_where_it_is():
    moving = simulation()
    before = run(moving, 5)
    moving.set_interactions({"a": hand()})
    run(moving, 3)
    moving.go_back(before)
    [applied] = moving.frame().interactions
    np.testing.assert_allclose(applied.position, hand().position * 10)


def test_an_instant_of_another_engine_keeps_its_energy_and_gets_this_ones_forces():
    other = simulation(FreeEngine(METHANE.positions))
    before = run(other, 5)
    moving = simulation()
    run(moving, 3)
    moving.go_back(before)
    again = moving.frame()
    np.testing.assert_array_equal(again.positions, before.positions)
    assert again.energy == pytest.approx(before.energy)
    assert again.engine == "harmonic"
    assert np.abs(again.forces).max() > 0


def test_a_frame_that_could_not_be_gone_back_to_is_kept():
    class Full:
        def go_back(self, frame):
            raise CommandFailed("Another engine is about to take over: try again in a moment.")

    class Current:
        frame = run(simulation(), 1)

    told, commands = {}, {}

    class Registry:
        def register(self, name, handler, **_):
            commands[name] = handler

    class Supervisor(Full):
        play = pause = step = reset = None

    control = SimulationControl(Supervisor(), None, None, told.update, Current)
    control.register(Registry())
    control.save_checkpoint()
    for _ in range(2):
        with pytest.raises(CommandFailed, match="take over"):
            commands[command_names.STEP_BACK]()
    assert told["checkpoint.count"] == 1


# The server ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    systems = [METHANE, load_system("ethane")]
    # No noise: how far a pull moves an atom depends on the pull alone.
    options = ServerOptions(
        systems,
        engine=HARMONIC,
        thermostat="nve",
        fps=100.0,
        recordings=tmp_path_factory.mktemp("runs"),
        record=True,
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def client(client: RawClient) -> RawClient:
    """Of a simulation that begins, plays, and has nothing to be undone: whatever an earlier test left."""
    states = client.states()
    client.run("playback/load", index=0)
    client.run("playback/play")
    states.wait(lambda: states.current.get("checkpoint.count", 0) == 0, "nothing to undo")
    return client


def stand_still(client: RawClient, log: Log) -> None:
    """Pause twice: the frame that was under way at the first comes before the answer to the second."""
    for _ in range(2):
        seen = len(log.messages)
        client.run("playback/pause")
        log.wait(lambda: any("playback.playing" in v for _, v in log.messages[seen:]), "the pause")  # noqa: B023


def test_undo_brings_back_the_atoms_of_before_the_pull(server, client: RawClient):
    log, states = client.frames(every=True), client.states()
    log.wait_for("system.simulation.step", lambda step: step > 20)
    stand_still(client, log)
    before, counter = log.current["particle.positions"], log.current["system.simulation.counter"]
    step = log.current["system.simulation.step"]

    client.update({"interaction.a": spring(1, position=(0.3, 0.3, 0.3), scale=1000.0)})
    states.wait_for("checkpoint.count", lambda count: count == 1)
    client.update({"interaction.b": spring(2, position=(0.3, 0.3, 0.3))})  # the same pull, with a second hand
    client.run("playback/play")
    log.wait_for("forces.user.work_done", lambda work: abs(work) > 5.0)
    log.wait_for("particle.positions", lambda now: np.abs(np.array(now) - before).max() > 0.01)
    client.update({"interaction.a": None, "interaction.b": None})
    stand_still(client, log)
    assert log.current["particle.positions"] != before

    assert client.run("checkpoint/restore") == {"count": 0}
    log.wait_for("system.simulation.counter", lambda number: number == counter + 1)
    assert log.current["particle.positions"] == before
    assert log.current["system.simulation.step"] == step
    assert states.wait_for("checkpoint.count", lambda count: count == 0) == 0
    client.run("playback/play")
    log.wait_for("system.simulation.step", lambda now: now > step + 10)


def test_each_undo_begins_a_recording_of_its_own_as_a_reset_does(server, client: RawClient, monkeypatch):
    monkeypatch.setattr(recording_control, "SHORT_RUN", 0.0)  # however quick this is
    log = client.frames(every=True)
    client.run("recording/start")
    log.wait_for("system.simulation.step", lambda step: step > 10)
    assert client.run("checkpoint/save") == {"count": 1}
    name = log.wait_for("recording.name", bool)
    client.run("checkpoint/restore")
    log.wait_for("recording.name", lambda now: now and now != name)
    start = log.current["system.simulation.step"]
    path = client.run("recording/status")["path"]
    log.wait_for("system.simulation.step", lambda step: step > start + 20)
    client.run("recording/stop")
    with Recording(path) as recording:
        assert recording.frame(0).step > 0
        assert len(recording) > 2


def test_there_is_nothing_to_undo_in_another_molecule(server, client: RawClient):
    states = client.states()
    client.run("checkpoint/save")
    client.run("playback/load", index=1)
    states.wait_for("checkpoint.count", lambda count: count == 0)
    with pytest.raises(Exception, match="nothing to undo"):
        client.run("checkpoint/restore")
    client.run("playback/load", index=0)
