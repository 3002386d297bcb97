"""What a live session records is what its clients saw: checked through the server and the file alone."""

import re
from pathlib import Path

import grpc
import numpy as np
import pytest
from rpc_client import Log, RawClient, refused, spring, wait_until

from atomtug.core.systems import load_system
from atomtug.core.units import (
    KJMOL_NM_PER_FORCE,
    KJMOL_PER_EV,
    NM_PER_ANGSTROM,
    NM_PS_PER_VELOCITY,
    PS_PER_TIME,
)
from atomtug.recordings import Recording
from atomtug.recordings.runs import runs
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.session import recording_control

METHANE = load_system("methane")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("recordings") / "made when needed"


@pytest.fixture(scope="module")
def server(folder):
    options = ServerOptions(
        systems=[METHANE], fps=100.0, steps_per_frame=2, recordings=folder, seed=11, temperature=250.0
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def log(client) -> Log:
    return client.afresh()


def frames(log: Log) -> dict[float, dict]:
    """By step; the last of those with the same."""
    return {v["system.simulation.step"]: v for _, v in log.messages if "system.simulation.step" in v}


def let_go_on(log: Log, steps: int = 40) -> None:
    start = log.current["system.simulation.step"]
    log.wait_for("system.simulation.step", lambda step: step >= start + steps)


def test_a_recording_holds_every_frame_its_clients_saw_forces_of_their_hands_included(client, log, folder):
    answer = client.run("recording/start", name="all of it")
    path = Path(answer["path"])
    assert path == folder / "all of it.h5"
    client.update(
        {"interaction.r": spring(5, position=(0.3, 0.2, 0), **{"owner.id": "ada", "label": "hand.right"})}
    )
    log.wait_for("forces.user.index", lambda held: held == [5])
    let_go_on(log)
    client.update({"interaction.r": spring(5, position=(0.3, -0.2, 0)), "interaction.l": spring(0, 1)})
    log.wait_for("forces.user.index", lambda held: held == [0, 1, 5])
    let_go_on(log)
    client.update({"interaction.r": None, "interaction.l": None})
    log.wait_for("forces.user.index", lambda held: held == [])
    stopped = client.run("recording/stop")
    assert stopped["path"] == str(path)
    seen = frames(log)
    with Recording(path) as recording:
        assert recording.closed
        assert len(recording) == stopped["frames"] >= 40
        assert np.all(np.diff(recording.steps) == 2)
        held_frames = 0
        for index in range(1, len(recording)):
            frame, sent = recording.frame(index), seen[recording.steps[index]]
            user = np.zeros((7, 3))
            user[np.array(sent["forces.user.index"], dtype=int)] = np.reshape(
                sent["forces.user.sparse"], (-1, 3)
            )
            held_frames += bool(sent["forces.user.index"])
            np.testing.assert_allclose(frame.user_forces * KJMOL_NM_PER_FORCE, user, rtol=1e-6, atol=1e-30)
            for ours, theirs, factor in [
                (frame.positions, "particle.positions", NM_PER_ANGSTROM),
                (frame.velocities, "particle.velocities", NM_PS_PER_VELOCITY),
                (frame.forces, "particle.forces.system", KJMOL_NM_PER_FORCE),
                (frame.total_forces, "particle.forces", KJMOL_NM_PER_FORCE),
            ]:
                np.testing.assert_allclose(ours.ravel() * factor, sent[theirs], rtol=1e-5, atol=1e-3)
            for ours, theirs in [
                (frame.energy, "energy.potential"),
                (frame.kinetic_energy, "energy.kinetic"),
                (frame.user_energy, "energy.user.total"),
                (frame.user_work, "forces.user.work_done"),
            ]:
                assert ours * KJMOL_PER_EV == pytest.approx(sent[theirs], rel=1e-9)
            assert frame.time * PS_PER_TIME == pytest.approx(sent["system.simulation.time"])
            assert frame.temperature == pytest.approx(sent["system.temperature"])
        assert held_frames > 30
        assert np.array_equal(recording.bonds(0), [[0, 1], [0, 2], [0, 3], [0, 4], [5, 6]])


def test_a_recording_knows_whose_hands_pulled_and_when_they_let_go(client, log):
    path = client.run("recording/start", name="hands")["path"]
    client.update({"interaction.r": spring(5, position=(0.3, 0.2, 0), **{"owner.id": "ada"})})
    log.wait_for("forces.user.index", lambda held: held == [5])
    client.update({"interaction.r": spring(5, position=(0.3, 0.3, 0), **{"owner.id": "ada"})})  # only moved
    client.update({"interaction.r": spring(5, position=(0.3, 0.3, 0), scale=50.0, **{"owner.id": "ada"})})
    let_go_on(log, 10)
    client.update({"interaction.r": None})
    log.wait_for("forces.user.index", lambda held: held == [])
    client.run("recording/stop")
    with Recording(path) as recording:
        told = [e for e in recording.events if e.kind in ("interaction", "interaction_end")]
    assert [event.kind for event in told] == ["interaction", "interaction", "interaction_end"]
    assert {event.data["key"] for event in told} == {"interaction.r"}
    parameters = [event.data.get("parameters", event.data) for event in told[:2]]
    assert [p["scale"] for p in parameters] == [100.0, 50.0]
    assert parameters[0]["owner.id"] == "ada"
    assert parameters[0]["max_force"] == float("inf")


def test_a_recording_knows_how_it_was_made(client, log):
    path = client.run("recording/start", name="provenance")["path"]
    before = client.run("dynamics/set", temperature=260)
    let_go_on(log, 10)
    client.run("recording/stop")
    client.run("dynamics/set", temperature=250)
    with Recording(path) as recording:
        facts = recording.provenance
        [changed] = [event for event in recording.events if event.kind == "dynamics"]
        assert recording.system.name == "methane"
        assert (recording.system.charge, recording.system.multiplicity) == (0, 2)
        np.testing.assert_allclose(recording.system.positions, METHANE.positions)
        assert recording.engines == ("pm6",)
    assert before["temperature"] == 260.0
    assert facts["engine"] == "pm6"
    assert facts["engine_settings"]["program"] == "sparrow"
    assert facts["dynamics"]["temperature"] == 250.0
    assert facts["dynamics"]["steps_per_frame"] == 2
    assert facts["seed"] == 11
    assert changed.data["temperature"] == 260.0


def test_a_hand_that_held_before_the_recording_began_is_in_it(client, log):
    client.update({"interaction.early": spring(5, position=(0.3, 0.2, 0))})
    log.wait_for("forces.user.index", lambda held: held == [5])
    path = client.run("recording/start", name="early")["path"]
    let_go_on(log, 10)
    client.run("recording/stop")
    with Recording(path) as recording:
        first = recording.frame(0)
        assert [hand.key for hand in first.interactions] == ["interaction.early"]
        [told] = [event for event in recording.events if event.data.get("key") == "interaction.early"]
        assert told.data.get("parameters", told.data)["interaction_type"] == "spring"


def test_status_tells_whether_and_where_it_is_recorded(client, log):
    assert client.run("recording/status")["recording"] is False
    path = client.run("recording/start", name="status")["path"]
    wait_until(lambda: client.run("recording/status")["frames"] > 3, "frames to be recorded")
    status = client.run("recording/status")
    assert (status["recording"], status["path"], status["error"]) == (True, path, "")
    assert log.wait_for("recording.name", bool) == "status.h5"
    client.run("recording/stop")
    assert client.run("recording/status")["recording"] is False
    assert log.wait_for("recording.name", lambda name: not name) == ""


def test_a_paused_simulation_is_recorded_with_where_it_stands(client, log):
    client.run("playback/pause")
    log.wait_for("playback.playing", lambda playing: not playing)
    path = client.run("recording/start", name="standing")["path"]
    client.run("recording/stop")
    with Recording(path) as recording:
        # The pause may be told while the last step is on its way: its frame comes after the one that was there.
        assert len(recording) in (1, 2)
        assert len(set(recording.steps)) == len(recording)
        step = recording.steps[-1]
    # The frame at which it stands may reach this client after the recording has ended; none comes after it.
    log.wait_for("system.simulation.step", lambda shown: shown == step)
    client.run("playback/step")
    assert log.wait_for("system.simulation.step", lambda shown: shown > step) > step


def test_stopping_what_does_not_run_is_a_sentence(client):
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "recording/start"):
        client.run("recording/stop")


def test_a_name_that_is_taken_gets_a_number_and_nothing_is_overwritten(client, log, folder):
    first = client.run("recording/start", name="twice.h5")["path"]
    let_go_on(log, 10)
    second = client.run("recording/start", name="twice")["path"]  # ends the first
    client.run("recording/stop")
    assert (first, second) == (str(folder / "twice.h5"), str(folder / "twice-2.h5"))
    with Recording(first) as recording:
        assert recording.closed
        assert len(recording) > 1


def test_without_a_name_it_is_the_systems_and_the_time(client):
    path = Path(client.run("recording/start")["path"])
    client.run("recording/stop")
    assert re.fullmatch(r"methane-\d{8}-\d{6}(-\d+)?\.h5", path.name)


@pytest.mark.parametrize(("short", "files"), [(0.0, 4), (1e9, 1)])
def test_each_reset_begins_another_file_but_not_after_a_short_run(
    client, log, folder, monkeypatch, short, files
):
    monkeypatch.setattr(recording_control, "SHORT_RUN", short)
    before = set(folder.glob("*.h5"))
    client.run("recording/start", name="before the reset")
    for _ in range(3):  # within a second, too
        counter = log.current["system.simulation.counter"]
        client.run("playback/reset")
        log.wait_for("system.simulation.counter", lambda value, counter=counter: value == counter + 1)
    let_go_on(log, 10)
    client.run("recording/stop")
    made = set(folder.glob("*.h5")) - before
    assert len(made) == files
    found = []
    for path in made:
        with Recording(path) as recording:
            assert recording.closed
            assert len(recording) >= 1
            found += [recording.steps[run.start : run.stop] for run in runs(recording)]
    assert len(found) == 4
    assert all(np.all(np.diff(steps) > 0) for steps in found)


def test_a_recording_can_be_read_while_it_is_made(client, log):
    path = client.run("recording/start", name="live")["path"]
    let_go_on(log, 10)
    wait_until(lambda: count_frames(path) > 0, "frames to reach the disk")
    client.run("playback/pause")  # and what waits is written though nothing more comes
    client.run("playback/step")
    step = log.wait_for("system.simulation.step")
    wait_until(lambda: last_step(path) >= step, "the last frame to reach the disk")
    client.run("recording/stop")


def count_frames(path: str) -> int:
    with Recording(path) as recording:
        return len(recording)


def last_step(path: str) -> int:
    with Recording(path) as recording:
        return int(recording.steps[-1])


# Folders that can't be written ---------------------------------------------------------------------------


@pytest.fixture
def in_the_way(tmp_path) -> Path:
    """A folder that can't be made: a file is in its place."""
    (tmp_path / "file").write_text("in the way")
    return tmp_path / "file" / "recordings"


def test_a_folder_that_can_not_be_made_is_a_sentence_and_the_simulation_goes_on(in_the_way):
    options = ServerOptions(systems=[METHANE], fps=60.0, recordings=in_the_way)
    with running_server(options) as server, RawClient(server.address) as client:
        log = client.frames(every=True)
        log.wait_for("system.simulation.step")
        with refused(grpc.StatusCode.FAILED_PRECONDITION, str(in_the_way)):
            client.run("recording/start", name="x")
        let_go_on(log, 20)
        assert str(in_the_way) in log.wait_for("recording.error", bool)
        status = client.run("recording/status")
        assert status["recording"] is False
        assert str(in_the_way) in status["error"]


def test_a_session_that_is_to_record_and_can_not_says_so_and_runs(in_the_way, caplog):
    options = ServerOptions(systems=[METHANE], fps=60.0, recordings=in_the_way, record=True)
    with running_server(options) as server, RawClient(server.address) as client:
        log = client.frames(every=True)
        assert str(in_the_way) in log.wait_for("recording.error", bool)
        let_go_on(log, 20)
    assert str(in_the_way) in caplog.text
