"""Dynamics and engine of a live session, through the real server: changed while it runs, and asked about."""

import grpc
import pytest
from playing import STEPS
from rpc_client import refused, wait_until


def test_dynamics_can_be_changed_while_it_runs(client, log):
    before = client.run("dynamics/set")
    assert before == {
        "temperature": 300.0,
        "friction": 1.0,
        "timestep": 0.5,
        "thermostat": "langevin",
        "steps_per_frame": STEPS,
        "force_law": "narupa",
        "force_cap": 20000.0,
    }
    try:
        changes = {"temperature": 350.0, "timestep": 0.1}
        assert client.run("dynamics/set", **changes) == {**before, **changes}

        def last_stride() -> float:
            frames = [v for _, v in log.messages if "system.simulation.time" in v][-2:]
            return frames[1]["system.simulation.time"] - frames[0]["system.simulation.time"]

        log.wait(lambda: len(log.messages) > 5, "some frames")
        log.wait(lambda: last_stride() == pytest.approx(STEPS * 0.1e-3, rel=1e-6), "the new time step")
        assert client.run("engine/status")["dynamics"]["temperature"] == 350.0
    finally:
        client.run("dynamics/set", **before)


def test_steps_force_law_and_limit_are_changed_and_said_to_all(client, log):
    before = client.run("dynamics/set")
    try:
        changes = {"steps_per_frame": 3, "force_law": "nanover-2026", "force_cap": 500.0}
        client.run("dynamics/set", **changes)
        states = client.states()
        states.wait_for("dynamics.settings", lambda settings: settings["steps_per_frame"] == 3)
        states.wait_for("imd.force_law", lambda law: law == "nanover-2026")
        states.wait_for("imd.force_cap", lambda cap: cap == 500.0)

        def stride() -> float:
            steps = [v["system.simulation.step"] for _, v in log.messages if "system.simulation.step" in v][
                -2:
            ]
            return steps[1] - steps[0] if len(steps) == 2 else 0

        log.wait(lambda: stride() == 3, "frames of three steps")
    finally:
        client.run("dynamics/set", **before)


def test_a_hotter_thermostat_heats(client, log):
    try:
        client.run("dynamics/set", temperature=3000, friction=500)
        log.wait_for("system.temperature", lambda kelvin: kelvin > 1500)
    finally:
        client.run("dynamics/set", temperature=300, friction=1)
        client.run("playback/reset")


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"friction": 1e9},
        {"timestep": 0.0},
        {"timestep": "long"},
        {"pressure": 1.0},
        {"steps_per_frame": 0},
        {"steps_per_frame": 2.5},
        {"force_law": "hooke"},
        {"force_cap": -1.0},
        {"temperature": 310.0, "timestep": 100.0},
    ],
)
def test_impossible_dynamics_are_refused_and_nothing_of_them_is_taken(client, change):
    before = client.run("dynamics/set")
    with refused(grpc.StatusCode.INVALID_ARGUMENT, max(change, key=lambda name: name != "temperature")):
        client.run("dynamics/set", **change)
    assert client.run("dynamics/set") == before


def test_engines_are_listed_with_the_one_in_use(client):
    answer = client.run("engine/list")
    assert answer["current"] == "pm6"
    assert {"pm6", "am1", "dftb3"} <= set(answer["engines"])


def test_the_engine_tells_how_it_is(client, log):
    status = wait_until(
        lambda: (s := client.run("engine/status"))["steps_per_second"] > 0 and s, "a measured speed"
    )
    assert status["engine"] == "pm6"
    assert status["settings"]["program"] == "sparrow"
    assert status["steps_per_second_asked"] == 500.0
    assert status["playing"] is True
    assert status["exception"] == ""
    assert status["clients"] >= 1
    assert status["dynamics"]["thermostat"] == "langevin"
