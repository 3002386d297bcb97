"""``atomtug serve`` and ``play`` as they are run: real processes, stopped and killed."""

import contextlib
import json
import signal
from pathlib import Path

import numpy as np
import pytest
from rpc_client import RawClient, spring, wait_until
from server_process import HARMONIC, SAMPLE, gone, invoke, serving

from atomtug.core.errors import RecordingError
from atomtug.recordings import Recording


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_serve_greets_records_and_closes_in_good_order(tmp_path, number):
    with serving(
        "serve", "--port", 0, "--recordings", tmp_path, "--fps", 60, "--temperature", 200, "--seed", 5
    ) as server:
        assert server.out[0].startswith("Simulating methane (CH4 + CN) on pm6: clients connect to localhost:")
        assert any(str(tmp_path) in line for line in server.out)
        with RawClient(server.address) as client:
            log = client.frames(every=True)
            log.wait_for("system.simulation.step", lambda step: step > 20)
            simulation = server.simulation()
        assert server.stop(number) == 0
        wait_until(lambda: gone(simulation), "the simulation to end")
        assert server.out[-1] == "Closing.\n"
        assert [line for line in server.err if "steps a second asked for" not in line] == []
    [path] = tmp_path.glob("methane-*.h5")
    with Recording(path) as recording:
        assert recording.closed
        assert len(recording) > 4
        assert recording.provenance["dynamics"]["temperature"] == 200.0
        assert recording.provenance["seed"] == 5


def test_serve_takes_what_its_options_say(tmp_path):
    (tmp_path / "ion.xyz").write_text("3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n")
    token = tmp_path / "token"
    token.write_text("a token long enough\n")
    with (
        serving(
            *(
                "serve",
                tmp_path / "ion.xyz",
                "methane",
                "--system",
                "ethane",
                "--charge",
                0,
                "--engine",
                HARMONIC,
            ),
            *(
                "--thermostat",
                "nve",
                "--friction",
                2,
                "--timestep",
                0.25,
                "--fps",
                50,
                "--steps-per-frame",
                3,
            ),
            *(
                "--force-law",
                "nanover-2026",
                "--max-force",
                5000,
                "--wall-radius",
                1.5,
                "--no-record",
                "--paused",
            ),
            *("--port", 0, "--token-file", token, "--engine-timeout", 5, "--recordings", tmp_path / "none"),
        ) as server,
        RawClient(server.address, token="a token long enough") as client,
    ):
        status = client.run("engine/status")
        assert status["engine"] == HARMONIC
        assert status["playing"] is False
        assert {key: status["dynamics"][key] for key in ("timestep", "friction", "thermostat")} == {
            "timestep": 0.25,
            "friction": 2.0,
            "thermostat": "nve",
        }
        assert status["dynamics"]["wall_radius"] == 1.5
        assert client.run("playback/list") == {"simulations": ["ion", "methane", "ethane"]}
        states = client.states()
        assert states.wait_for("imd.force_law") == "nanover-2026"
        assert states.wait_for("imd.force_cap") == 5000
        log = client.frames(every=True)
        assert log.wait_for("particle.elements") == [8, 1, 1]
        client.run("playback/step")
        log.wait_for("system.simulation.step", lambda step: step == 3)
        assert server.stop(signal.SIGINT) == 0
    assert not (tmp_path / "none").exists()


def test_killed_outright_a_server_leaves_a_readable_recording_and_no_simulation(tmp_path):
    with serving(
        "serve", "--port", 0, "--recordings", tmp_path, "--fps", 100, "--steps-per-frame", 2
    ) as server:
        with RawClient(server.address) as client:
            log = client.frames(every=True)
            client.update({"interaction.a": spring(5, position=(0.3, 0.1, 0))})
            log.wait_for("forces.user.index", lambda held: held == [5])
            [path] = wait_until(lambda: list(tmp_path.glob("*.h5")), "the recording")
            known = log.current["system.simulation.step"]
            wait_until(lambda: recorded_until(path) > known, "what was seen to reach the disk")
            simulation = server.simulation()
            assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        wait_until(lambda: gone(simulation), "the simulation to end")
    with Recording(path) as recording:
        assert recording.steps[-1] > known
        assert np.all(np.diff(recording.steps) == 2)
        assert np.abs(recording.user_forces[-1][5]).max() > 0
        assert np.all(np.isfinite(recording.positions))


def recorded_until(path: Path) -> float:
    """The last step in a recording that is being made; -1 before there is any."""
    with contextlib.suppress(RecordingError, IndexError), Recording(path) as recording:
        return float(recording.steps[-1])
    return -1.0


@pytest.mark.slow
def test_killed_while_its_engine_hangs_a_server_leaves_no_simulation_either(tmp_path):
    watched = tmp_path / "fault"
    engine = "ase:faulty_calculators.Faulty?" + json.dumps({"watch": str(watched)})
    with serving(
        "serve", "--port", 0, "--no-record", "--engine", engine, "--engine-timeout", 3, "--fps", 50
    ) as server:
        simulation = server.simulation()
        watched.write_text("hang")
        wait_until(lambda: not watched.exists(), "the calculation that hangs")
        server.stop(signal.SIGKILL)
        wait_until(lambda: gone(simulation), "the simulation to be cut off")


@pytest.mark.slow
def test_ctrl_c_while_the_engine_hangs_closes_all_the_same(tmp_path):
    watched = tmp_path / "fault"
    engine = "ase:faulty_calculators.Faulty?" + json.dumps({"watch": str(watched)})
    with serving("serve", "--port", 0, "--recordings", tmp_path, "--engine", engine, "--fps", 50) as server:
        simulation = server.simulation()
        watched.write_text("hang")
        wait_until(lambda: not watched.exists(), "the calculation that hangs")
        assert server.stop(signal.SIGINT) == 0
        assert gone(simulation)
    [path] = tmp_path.glob("*.h5")
    with Recording(path) as recording:
        assert recording.closed


# Playing ------------------------------------------------------------------------------------------------


def test_play_serves_a_recording_until_stopped():
    with serving("play", SAMPLE, "--port", 0, "--fps", 200) as server, RawClient(server.address) as client:
        with Recording(SAMPLE) as recording:
            count = len(recording)
        assert server.out[0].startswith(f"Playing {SAMPLE} ({count} frames)")
        log = client.frames(every=True)
        log.wait_for("playback.frame", lambda frame: frame > 3)
        assert log.current["playback.frames"] == count
        assert server.stop(signal.SIGINT) == 0
        assert server.err == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.h5"], "no file missing.h5"),
        ([__file__], "not an HDF5 file"),
        ([SAMPLE, "--fps", 0], "--fps must be"),
        ([SAMPLE, "--fps", "nan"], "--fps must be"),
    ],
)
def test_play_says_what_it_can_not_play(arguments, said):
    result = invoke("play", "--port", 0, *arguments)
    assert result.exit_code == 1
    assert said in str(result.exception)


def test_play_wants_a_file():
    result = invoke("play")
    assert result.exit_code == 2
    assert "FILE" in result.output
