"""An engine that raises, hangs, crashes or is killed: the session stands at the last good frame and goes on."""

import json

import grpc
import numpy as np
import psutil
import pytest
from rpc_client import Log, RawClient, refused, spring, wait_until
from simulation_processes import simulations

from atomtug.core.errors import AtomtugError
from atomtug.core.systems import load_system
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.process import supervisor

METHANE, ETHANE = load_system("methane"), load_system("ethane")
PATIENCE = 5.0


def calculator(name: str, **arguments) -> str:
    return f"ase:faulty_calculators.{name}?{json.dumps(arguments)}"


class Fault:
    """What goes wrong, when the test says so."""

    def __init__(self, path) -> None:
        self.path = path

    def happens(self, what: str) -> None:
        written = self.path.with_suffix(".new")
        written.write_text(what)
        written.rename(self.path)

    def ends(self) -> None:
        self.path.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def fault(tmp_path_factory) -> Fault:
    return Fault(tmp_path_factory.mktemp("fault") / "fault")


@pytest.fixture(scope="module")
def others() -> set[psutil.Process]:
    """Simulations of servers that other modules' tests keep."""
    return simulations()


@pytest.fixture(scope="module")
def server(fault, others, tmp_path_factory):
    options = ServerOptions(
        systems=[METHANE],
        engine=calculator("Faulty", watch=str(fault.path)),
        fps=60.0,
        thermostat="nve",
        engine_timeout=PATIENCE,
        recordings=tmp_path_factory.mktemp("recordings"),
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def log(client, fault) -> Log:
    fault.ends()
    made = client.afresh()
    goes_on(made)
    return made


def goes_on(log: Log, after: float | None = None) -> None:
    step = log.current["system.simulation.step"] if after is None else after
    log.wait(lambda: log.current["system.simulation.step"] > step + 20, "the simulation to go on")


def in_steps(log: Log) -> list[float]:
    return [
        values["system.simulation.step"] for _, values in log.messages if "system.simulation.step" in values
    ]


def no_jump(log: Log) -> bool:
    """Whether the atoms' way is one way, without a leap."""
    places = [v["particle.positions"] for _, v in log.messages if "particle.positions" in v]
    return float(np.abs(np.diff(places, axis=0)).max()) < 0.02


# Errors: paused at the last good frame ------------------------------------------------------------------


@pytest.mark.parametrize(("what", "said"), [("raise", "the test wanted it so"), ("nan", "not a number")])
def test_an_engine_that_fails_pauses_the_session_at_the_last_good_frame_until_play(
    client, log, fault, what, said
):
    fault.happens(what)
    sentence = log.wait_for("system.simulation.exception", bool)
    assert said in sentence
    assert log.wait_for("playback.playing", lambda playing: not playing) is False
    assert client.run("engine/status")["exception"] == sentence
    step = log.current["system.simulation.step"]
    client.run("playback/play")
    log.wait_for("system.simulation.exception", lambda text: text == "")
    goes_on(log, step)
    steps = in_steps(log)
    assert steps == sorted(steps)
    assert no_jump(log)
    assert client.run("engine/status")["exception"] == ""


def test_an_engine_that_keeps_failing_says_so_each_time_and_a_reset_brings_it_back_when_it_can(
    client, log, fault
):
    fault.happens("always raise")
    log.wait_for("system.simulation.exception", bool)
    client.run("playback/play")
    log.wait(
        lambda: sum("test wanted" in v.get("system.simulation.exception", "") for _, v in log.messages) == 2,
        "x",
    )
    client.run("playback/reset")  # its first calculation fails, too: nothing changes
    log.wait(
        lambda: sum("test wanted" in v.get("system.simulation.exception", "") for _, v in log.messages) == 3,
        "x",
    )
    fault.ends()
    counter = log.current["system.simulation.counter"]
    client.run("playback/reset")
    log.wait_for("system.simulation.counter", lambda value: value == counter + 1)
    assert log.wait_for("system.simulation.exception", lambda text: text == "") == ""
    client.run("playback/play")
    goes_on(log)


def test_state_and_streams_live_on_while_the_engine_is_down(client, log, fault):
    fault.happens("raise")
    log.wait_for("system.simulation.exception", bool)
    assert client.update({"scene": [1.0]})
    with RawClient(client.address) as late:
        frames = late.frames()
        assert "the test wanted" in frames.wait_for("system.simulation.exception", bool)
        assert len(frames.wait_for("particle.positions")) == 21
    before = log.current["system.simulation.step"]
    client.run("playback/step")
    log.wait_for("system.simulation.step", lambda now: now > before)


# Crashes: started again, and on -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("exit", "exit code 7"),
        pytest.param("leave", "exit code 1", marks=pytest.mark.slow),
        ("segv", "SIGSEGV"),
        pytest.param("kill", "SIGKILL", marks=pytest.mark.slow),
        pytest.param("hang", f"longer than {PATIENCE:g} s", marks=pytest.mark.slow),
    ],
)
def test_an_engine_whose_process_ends_is_started_again_from_the_last_good_frame(
    client, log, fault, what, said
):
    counter = log.current["system.simulation.counter"]
    client.update({"interaction.a": spring(5, position=(0.5, 0.1, 0), scale=1.0)})
    log.wait_for("forces.user.index", lambda held: held == [5])
    fault.happens(what)
    sentence = log.wait_for("system.simulation.exception", bool)
    assert said in sentence
    assert "started again from the last good frame" in sentence
    goes_on(log)
    assert log.current["system.simulation.counter"] == counter  # no reset
    assert log.current["forces.user.index"] == [5]  # and hands still hold
    steps = in_steps(log)
    assert steps == sorted(steps)
    assert no_jump(log)
    assert log.current["playback.playing"] is True


def test_a_paused_simulation_that_is_killed_comes_back_paused(server, client, log, others):
    client.run("playback/pause")
    log.wait_for("playback.playing", lambda playing: not playing)
    wait_until(lambda: len(simulations() - others) == 1, "the processes of earlier tests to be gone")
    [before] = simulations() - others
    before.kill()
    assert "SIGKILL" in log.wait_for("system.simulation.exception", bool)
    wait_until(lambda: simulations() - others - {before}, "another process")
    step = log.current["system.simulation.step"]
    client.run("playback/step")
    assert log.wait_for("system.simulation.step", lambda now: now > step) == step + 5
    killed = next(
        k for k, (_, v) in enumerate(log.messages) if "SIGKILL" in v.get("system.simulation.exception", "")
    )
    assert not any(values.get("playback.playing") for _, values in log.messages[killed:])


def test_resets_and_settings_reach_the_process_that_comes_after(client, log, fault):
    before = client.run("dynamics/set")
    client.run("dynamics/set", timestep=0.1)
    try:
        fault.happens("exit")
        log.wait_for("system.simulation.exception", bool)
        goes_on(log)
        client.run("playback/reset")
        log.wait_for("system.simulation.step", lambda step: step < 20)
        goes_on(log)
        step, time = log.current["system.simulation.step"], log.current["system.simulation.time"]
        assert time == pytest.approx(step * 0.1e-3, rel=0.2)
    finally:
        client.run("dynamics/set", **before)


def test_a_recording_goes_on_through_a_crash_and_notes_it(client, log, fault):
    path = client.run("recording/start", name="through a crash")["path"]
    goes_on(log)
    fault.happens("segv")
    log.wait_for("system.simulation.exception", bool)
    goes_on(log)
    client.run("recording/stop")
    with Recording(path) as recording:
        assert recording.closed
        assert np.all(np.diff(recording.steps) >= 0)
        [event] = [event for event in recording.events if event.kind == "exception"]
        assert "SIGSEGV" in event.data["text"]
        assert 0 < event.frame < len(recording)


def test_an_engine_that_dies_at_the_same_place_again_is_given_up_and_paused():
    # Held far out by a hand, the geometry is one that this engine can't do, however often it is tried.
    options = ServerOptions(
        systems=[METHANE], engine=calculator("Fenced", reach=0.5), fps=60.0, thermostat="nve"
    )
    with running_server(options) as server, RawClient(server.address) as client:
        log = client.frames(every=True)
        client.update({"interaction.a": spring(6, position=(1.5, 0, 0), scale=2000.0)})
        log.wait_for("system.simulation.exception", lambda text: "failed twice at the same place" in text)
        assert log.wait_for("playback.playing", lambda playing: not playing) is False
        client.update({"interaction.a": None})
        counter = log.current["system.simulation.counter"]
        client.run("playback/reset")
        client.run("playback/play")
        log.wait_for("system.simulation.counter", lambda value: value == counter + 1)
        goes_on(log)


def test_an_engine_that_can_not_even_be_started_again_is_left_alone_until_someone_asks(fault, tmp_path):
    trouble = Fault(tmp_path / "fault")
    engine = calculator("Faulty", watch=str(trouble.path))
    with (
        running_server(ServerOptions(systems=[METHANE], engine=engine, fps=60.0)) as server,
        RawClient(server.address) as client,
    ):
        log = client.frames(every=True)
        goes_on_from_start(log)
        trouble.happens("always exit")
        log.wait_for("system.simulation.exception", lambda text: "paused" in text)
        assert log.wait_for("playback.playing", lambda playing: not playing) is False
        said = len([1 for _, v in log.messages if v.get("system.simulation.exception")])
        assert said <= 4  # not again and again
        trouble.ends()
        client.run("playback/play")
        goes_on_from_start(log)
        assert log.wait_for("system.simulation.exception", lambda text: text == "") == ""


def test_an_engine_that_comes_back_ruined_is_left_alone_until_someone_asks(tmp_path):
    trouble = Fault(tmp_path / "fault")
    engine = calculator("Faulty", watch=str(trouble.path))
    with (
        running_server(ServerOptions(systems=[METHANE], engine=engine, fps=60.0)) as server,
        RawClient(server.address) as client,
    ):
        log = client.frames(every=True)
        goes_on_from_start(log)
        trouble.happens("ruin")
        log.wait_for("system.simulation.exception", lambda text: "test wanted" in text and "paused" in text)
        assert log.wait_for("playback.playing", lambda playing: not playing) is False
        # What is set meanwhile is not forgotten, nor does it start anything.
        client.run("playback/pause")
        client.run("dynamics/set", timestep=0.2)
        client.update({"interaction.a": spring(5, position=(0.5, 0, 0), scale=1.0)})
        client.run("playback/step")  # still ruined
        log.wait(
            lambda: sum("paused" in v.get("system.simulation.exception", "") for _, v in log.messages) == 2,
            "the same answer",
        )
        trouble.ends()
        time = log.current["system.simulation.time"]
        client.run("playback/step")
        now = log.wait_for("system.simulation.time", lambda now: now > time)
        assert now - time == pytest.approx(5 * 0.2e-3)
        assert log.current["forces.user.index"] == [5]
        counter = log.current["system.simulation.counter"]
        client.run("playback/reset")
        log.wait_for("system.simulation.counter", lambda value: value == counter + 1)


def test_an_engine_that_does_not_begin_in_time_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "START_TIMEOUT", 0.5)
    trouble = Fault(tmp_path / "fault")
    trouble.happens("always hang")
    options = ServerOptions(systems=[METHANE], engine=calculator("Faulty", watch=str(trouble.path)))
    before = simulations()
    with pytest.raises(AtomtugError, match=r"no first frame of methane in 0\.5 s"), running_server(options):
        pass
    assert simulations() <= before


def goes_on_from_start(log: Log) -> None:
    log.wait_for("system.simulation.step")
    goes_on(log)


# Loads --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "said"),
    [("raise", "10 atoms are too many"), pytest.param("exit", "exit code 5", marks=pytest.mark.slow)],
)
def test_a_system_the_engine_can_not_do_is_refused_and_the_old_one_goes_on(how, said):
    options = ServerOptions(
        systems=[METHANE, ETHANE], engine=calculator("Unwilling", most=7, how=how), fps=60.0, thermostat="nve"
    )
    with running_server(options) as server, RawClient(server.address) as client:
        log = client.frames(every=True)
        goes_on_from_start(log)
        client.update({"interaction.a": spring(5, position=(0.5, 0, 0), scale=1.0)})
        with refused(grpc.StatusCode.FAILED_PRECONDITION, said):
            client.run("playback/load", index=1)
        goes_on(log)
        assert log.current["system.simulation.name"] == "methane"
        assert client.run("engine/status")["system"] == "methane"
        assert log.wait_for("forces.user.index", lambda held: held == [5]) == [5]


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        pytest.param("pm9", "no engine called 'pm9'", marks=pytest.mark.slow),
        pytest.param("ase:no.such.Thing", "no ASE calculator", marks=pytest.mark.slow),
        (calculator("Unwilling", most=1), "7 atoms are too many"),
        (calculator("Unwilling", most=1, how="exit"), "exit code 5"),
        pytest.param("dftb0", "unpaired electrons", marks=pytest.mark.slow),
    ],
)
def test_an_engine_that_can_not_begin_is_a_sentence_and_nothing_is_left_running(engine, said):
    before = simulations()
    options = ServerOptions(systems=[METHANE], engine=engine)
    with pytest.raises(AtomtugError, match=said), running_server(options):
        pass
    assert simulations() <= before


# Slowness -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_slow_engine_is_measured_and_said_so_and_slows_down_nothing_else(caplog):
    options = ServerOptions(
        systems=[METHANE],
        engine=calculator("Slow", seconds=0.1),
        fps=30.0,
        steps_per_frame=2,
        thermostat="nve",
    )
    before = simulations()
    with running_server(options) as server, RawClient(server.address) as client:
        log = client.frames(every=True)
        speed = log.wait_for("engine.steps_per_second", lambda speed: speed > 0)
        assert speed < 10.5
        for k in range(50):
            assert client.update({"scene": [float(k)]})
        # A hand is felt within the frame that is being made, not after it.
        client.update({"interaction.a": spring(5, position=(0.5, 0, 0), scale=1.0)})
        log.wait_for("forces.user.index", lambda held: held == [5])
        wait_until(lambda: "manages" in caplog.text, "a word about the pace")
    assert "of the 60 MD steps a second asked for" in caplog.text
    assert simulations() <= before  # closed in the middle of a calculation
