"""Another engine takes over while the simulation runs, through the real server."""

import json
import signal
import threading
from pathlib import Path

import grpc
import numpy as np
import psutil
import pytest
from engine_models import write_soft_model
from rpc_client import Log, RawClient, refused, spring, wait_until
from simulation_processes import simulations

from atomtug.core.systems import load_system
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, running_server

STEPS = 5
SHIPPED = Path(__file__).parents[3] / "data" / "models" / "alkanes.safetensors"
LOADING = 600.0
"""Seconds for a network to be compiled, on a machine as busy as it may be."""
UNWILLING = 'ase:faulty_calculators.Unwilling?{"most": 5}'
TIMESTEP = 0.02
"""fs. How long a test lasts, and so how many steps are made, is up to the machine: with short ones nothing can
react or come apart in the meantime, however many they are."""
CRASHING = 'ase:faulty_calculators.Unwilling?{"most": 5, "how": "exit"}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory):
    faults = tmp_path_factory.mktemp("fault") / "fault"
    options = ServerOptions(
        systems=[load_system("methane"), load_system("ethane")],
        engine="pm6",
        engines=[UNWILLING, CRASHING, faulty(faults)],
        fps=100.0,
        steps_per_frame=STEPS,
        timestep=TIMESTEP,
        recordings=folder,
        models=[],
    )
    others = simulations()
    with running_server(options) as running:
        running.session.faults = faults  # type: ignore[attr-defined]
        running.session.others = others  # type: ignore[attr-defined]
        yield running


def faulty(faults) -> str:
    return "ase:faulty_calculators.Faulty?" + json.dumps({"watch": str(faults)})


@pytest.fixture
def log(client) -> Log:
    """Every frame, from PM6, playing from the start."""
    made = client.frames(every=True)
    counter = made.wait_for("system.simulation.counter")
    # From the start, whatever the last test left: its engine may have gone where PM6 can't go on.
    client.run("playback/load", index=0)
    client.run("playback/pause")
    made.wait_for("system.simulation.counter", lambda value: value > counter)
    made.wait_for("playback.playing", lambda playing: not playing)
    client.run("engine/load", engine="pm6")
    stood = made.current["system.simulation.step"]
    client.run("playback/play")
    made.wait_for("playback.playing", bool)
    made.wait_for("system.simulation.step", lambda step: step > stood)
    del made.messages[:]
    return made


def goes_on(log: Log, steps: int = 20) -> None:
    step = log.current["system.simulation.step"]
    log.wait(lambda: log.current["system.simulation.step"] > step + steps, "the simulation to go on")


def stands(client, log) -> dict:
    """The frame at which it was made to stand."""
    seen = len(log.messages)
    client.run("playback/pause")
    client.run("playback/step")
    # One when paused, one when the step begins and one when it is done: nothing comes after that.
    log.wait(
        lambda: [v.get("playback.playing") for _, v in log.messages[seen:]].count(False) == 3, "the step"
    )
    return dict(log.current)


def steps_of(log: Log) -> list[float]:
    return [v["system.simulation.step"] for _, v in log.messages if "system.simulation.step" in v]


def test_positions_and_velocities_stay_and_the_energy_has_no_jump(client, log):
    before = stands(client, log)
    assert before["engine.energy_offset"] == 0.0
    answer = client.run("engine/load", engine="am1")
    after = log.wait_for("engine.name", lambda name: name == "am1") and log.current
    for key in ("particle.positions", "particle.velocities", "system.simulation.step", "energy.kinetic"):
        assert after[key] == before[key]
    assert after["energy.potential"] == pytest.approx(before["energy.potential"], abs=1e-6)
    assert abs(after["engine.energy_offset"]) > 1.0
    assert after["particle.forces.system"] != before["particle.forces.system"]
    assert answer["engine"] == "am1"
    assert client.run("engine/status")["engine"] == client.run("engine/list")["current"] == "am1"


def test_while_it_plays_no_frame_is_lost_or_made_twice(client, log):
    goes_on(log)
    for engine in ("am1", "pm6", "pm3", "pm6"):
        client.run("engine/load", engine=engine)
        goes_on(log)
    steps = steps_of(log)
    assert np.diff(steps).tolist() == [STEPS] * (len(steps) - 1)
    indices = [index for index, _ in log.messages]
    assert np.diff(indices).tolist() == [1] * (len(indices) - 1)
    names = [values["engine.name"] for _, values in log.messages if "engine.name" in values]
    changes = [name for name, last in zip(names[1:], names, strict=False) if name != last]
    assert changes == ["am1", "pm6", "pm3", "pm6"]


def test_an_engine_that_leads_is_loaded_again_without_ado(client, log):
    client.run("engine/load", engine="pm6")
    goes_on(log)
    assert "engine.energy_offset" in log.current
    assert log.current["engine.energy_offset"] == 0.0


@pytest.mark.parametrize(
    ("engine", "said"), [(UNWILLING, "7 atoms are too many"), (CRASHING, "ended with exit code 5")]
)
def test_if_it_fails_the_old_one_goes_on_and_the_client_hears_why(client, log, engine, said):
    states = client.states()
    with refused(grpc.StatusCode.FAILED_PRECONDITION, said):
        client.run("engine/load", engine=engine)
    goes_on(log)
    assert {v["engine.name"] for _, v in log.messages if "engine.name" in v} == {"pm6"}
    assert client.run("engine/list")["current"] == "pm6"
    states.wait(lambda: said in states.current.get("engine.error", ""), "the reason in the state")
    states.wait(lambda: states.current["engine.loading"] == "", "the end of loading")
    assert states.current["engine.current"] == "pm6"
    steps = steps_of(log)
    assert np.diff(steps).tolist() == [STEPS] * (len(steps) - 1)


@pytest.mark.parametrize("engine", ["pm9", "ann:../../secret", 'ase:os.system?{"command": "true"}', 3, None])
def test_what_the_operator_did_not_allow_is_refused(client, log, engine):
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "There is no engine called", "pm6"):
        client.run("engine/load", engine=engine)
    goes_on(log)


def test_a_pull_goes_on_over_a_swap(client, log):
    client.update({"interaction.a": spring(1, position=(0.3, 0.0, 0.0), scale=10.0)})
    log.wait_for("forces.user.index", lambda held: held == [1])
    client.run("engine/load", engine="am1")
    log.wait_for("engine.name", lambda name: name == "am1")
    goes_on(log)
    frames = [v for _, v in log.messages if v.get("engine.name") == "am1"]
    assert all(values["forces.user.index"] == [1] for values in frames)
    works = [v["forces.user.work_done"] for _, v in log.messages if "forces.user.work_done" in v]
    assert np.abs(np.diff(works)).max() < 0.2 * np.ptp(works) + 1.0


def test_orders_given_during_a_swap_are_obeyed_by_whoever_leads_then(server, client, log):
    counter = log.current["system.simulation.counter"]
    with RawClient(server.address) as other:
        swaps = threading.Thread(
            target=lambda: [other.run("engine/load", engine=e) for e in ("am1", "pm6") * 4]
        )
        swaps.start()
        for number in range(8):
            client.run("playback/reset")
            client.run("dynamics/set", temperature=300.0 + number)
        swaps.join(timeout=60)
    log.wait_for("system.simulation.counter", lambda value: value == counter + 8)
    goes_on(log)
    assert client.run("engine/status")["dynamics"]["temperature"] == 307.0
    client.run("dynamics/set", temperature=300.0)


def test_another_system_is_loaded_on_the_engine_that_leads_now(client, log):
    client.run("engine/load", engine="am1")
    client.run("playback/load", index=1)
    log.wait_for("system.simulation.name", lambda name: name == "ethane")
    goes_on(log)
    assert log.current["engine.name"] == "am1"
    assert log.current["engine.energy_offset"] == 0.0
    client.run("engine/load", engine="pm6")  # the one that stood ready was for methane
    log.wait_for("engine.name", lambda name: name == "pm6")
    assert log.current["particle.count"] == 10
    goes_on(log)


def test_after_a_crash_the_engine_that_led_is_back(server, client, log):
    engine = faulty(server.session.faults)
    client.run("engine/load", engine=engine)
    log.wait_for("engine.name", lambda name: name == "ase:faulty_calculators.Faulty")
    goes_on(log)
    offset = log.current["engine.energy_offset"]
    server.session.faults.write_text("exit")
    log.wait_for("system.simulation.exception", lambda text: "started again" in text)
    goes_on(log)
    assert log.current["engine.name"] == "ase:faulty_calculators.Faulty"
    assert log.current["engine.energy_offset"] == pytest.approx(offset, abs=1e-9)


def cpu_time(process: psutil.Process) -> float:
    """Seconds so far. A process that only stands ready uses none."""
    times = process.cpu_times()
    return times.user + times.system


def test_one_that_stands_ready_may_die_and_is_started_again(server, client, log):
    client.run("engine/load", engine="am1")
    workers = simulations() - server.session.others
    idle_before = {worker: cpu_time(worker) for worker in workers}
    goes_on(log, 300)
    active = max(workers, key=lambda worker: cpu_time(worker) - idle_before[worker])
    for worker in workers:
        if worker is not active:
            worker.send_signal(signal.SIGKILL)
    goes_on(log)
    assert "system.simulation.exception" not in {key for _, values in log.messages for key in values}
    client.run("engine/load", engine="pm6")
    log.wait_for("engine.name", lambda name: name == "pm6")
    goes_on(log)


def test_one_that_stands_ready_and_died_a_moment_ago_is_started_again_too(server, client, log):
    first = simulations() - server.session.others
    client.run("engine/load", engine="am1")
    for worker in first:
        worker.send_signal(signal.SIGKILL)
    client.run("engine/load", engine="pm6")  # the server may not know of it yet
    log.wait_for("engine.name", lambda name: name == "pm6")
    goes_on(log)


def test_the_recording_has_the_engine_of_each_frame_and_what_was_added_to_its_energies(client, log, folder):
    client.run("recording/start", name="swapped")
    goes_on(log)
    client.run("engine/load", engine="am1")
    goes_on(log)
    client.run("engine/load", engine="pm6")
    goes_on(log)
    client.run("recording/stop")
    with Recording(folder / "swapped.h5") as recording:
        engines = [recording.engines[k] for k in recording.column("engine")]
        assert recording.engines == ("pm6", "am1")
        assert engines[0] == engines[-1] == "pm6"
        assert "am1" in engines
        told = [event for event in recording.events if event.kind == "engine" and "settings" in event.data]
        assert [event.data["name"] for event in told] == ["am1", "pm6"]
        offsets = recording.column("engine_energy_offset")
        raw = recording.energies - offsets
        am1 = np.array([engine == "am1" for engine in engines])
        assert abs(raw[am1].mean() - raw[~am1].mean()) > 1.0  # eV
        assert np.ptp(recording.energies) < 1.0
        frame = recording.frame(int(np.flatnonzero(am1)[0]))
        assert frame.energy_offset == offsets[am1][0]
        assert frame.uncertainty is None
        assert np.diff(recording.steps).tolist() == [STEPS] * (len(recording) - 1)


# Networks -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    write_soft_model(models / "soft.safetensors")
    (models / "broken.safetensors").write_bytes(b"no model")
    return models


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_network_takes_over_and_gives_back(models, tmp_path):
    options = ServerOptions(
        [load_system("methane")], fps=30.0, timestep=TIMESTEP, models=[models], recordings=tmp_path
    )
    with running_server(options) as server, RawClient(server.address) as client:
        client.patience = LOADING
        log = client.frames(every=True)
        assert {"ann:soft", "ann:broken"} <= set(client.run("engine/list")["engines"])
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "broken.safetensors"):
            client.run("engine/load", engine="ann:broken")
        client.run("engine/load", engine="ann:soft")
        log.wait_for("engine.name", lambda name: name == "ann:soft")
        assert log.current["engine.uncertainty"] > 0.0
        assert len(log.current["engine.uncertainty.atoms"]) == 7
        client.run("engine/load", engine="pm6")
        log.wait_for("engine.name", lambda name: name == "pm6")
        assert np.isnan(log.current["engine.uncertainty"])
        assert log.current["engine.uncertainty.atoms"] == []
        steps = steps_of(log)
        assert np.diff(steps).tolist() == [STEPS] * (len(steps) - 1)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_network_that_has_not_seen_an_element_is_refused(models, tmp_path):
    water = tmp_path / "water.xyz"
    water.write_text("3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n")
    options = ServerOptions([load_system(str(water))], timestep=TIMESTEP, models=[models])
    with running_server(options) as server, RawClient(server.address) as client:
        client.patience = LOADING
        log = client.frames(every=True)
        log.wait_for("system.simulation.step")
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "not O"):
            client.run("engine/load", engine="ann:soft")
        goes_on(log)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("other", ["am1", "ann:alkanes"])
def test_a_hundred_swaps_under_load_lose_nothing(other, tmp_path):
    if other.startswith("ann:") and not SHIPPED.is_file():
        pytest.skip("the shipped model data/models/alkanes.safetensors is not here")
    options = ServerOptions(
        [load_system("methane")],
        fps=60.0,
        timestep=TIMESTEP,
        temperature=10.0,
        models=[SHIPPED.parent],
        recordings=tmp_path,
        record=True,
    )
    with running_server(options) as server, RawClient(server.address) as client:
        client.patience = LOADING
        watchers = [RawClient(server.address) for _ in range(3)]
        logs = [watcher.frames(every=True) for watcher in watchers]
        for log in logs:
            log.wait_for("system.simulation.step")
        for number in range(100):
            client.run("engine/load", engine=(other, "pm6")[number % 2])
            if number % 10 == 0:
                client.update({"interaction.a": spring(1, position=(0.2, 0.1, 0.0), scale=2.0)})
                goes_on(logs[0], 10)
                client.update({"interaction.a": None})
        step = logs[0].current["system.simulation.step"]
        for log in logs:
            log.wait_for("system.simulation.step", lambda now: now > step + 20)
            steps, indices = steps_of(log), [index for index, _ in log.messages]
            assert np.diff(steps).tolist() == [STEPS] * (len(steps) - 1)
            assert np.diff(indices).tolist() == [1] * (len(indices) - 1)
        path = client.run("recording/stop")["path"]
        with Recording(path) as recording:
            assert np.diff(recording.steps).tolist() == [STEPS] * (len(recording) - 1)
            swaps = [
                event for event in recording.events if event.kind == "engine" and "settings" in event.data
            ]
            assert len(swaps) == 100
            assert set(recording.column("engine").tolist()) == {0, 1}
        for watcher in watchers:
            watcher.close()
        assert wait_until(lambda: client.run("engine/status")["playing"], "it to play on")
