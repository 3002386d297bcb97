"""``atomtug serve``, ``play`` and ``systems`` as they are run: real processes, stopped and killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from click.testing import CliRunner, Result
from rpc_client import PATIENCE, RawClient, spring, wait_until

from atomtug.cli import cli
from atomtug.core.errors import RecordingError
from atomtug.recordings import Recording

HARMONIC = "ase:faulty_calculators.Harmonic"
SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"


def run(*arguments: object) -> subprocess.CompletedProcess:
    """To its end, as a shell would."""
    command = [sys.executable, "-m", "atomtug", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def invoke(*arguments: object) -> Result:
    """Within this process: for what ends at once."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


class Serving:
    """A server process that has greeted."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "atomtug", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.out: list[str] = []
        self.err: list[str] = []
        for pipe, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            threading.Thread(target=lambda pipe=pipe, lines=lines: lines.extend(pipe), daemon=True).start()
        try:
            wait_until(
                lambda: "Ctrl-C ends it.\n" in self.out or self.process.poll() is not None,
                "the greeting",
                patience=PATIENCE,
            )
            assert self.process.poll() is None, "".join(self.err)
        except BaseException:
            self.process.kill()
            raise
        [line] = [line for line in self.out if "clients connect to" in line]
        self.address = line.rsplit(" ", 1)[1].strip().rstrip(".")

    def simulation(self) -> psutil.Process:
        """Its only worker: a server may have other children, for a moment."""
        workers = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # it has just ended
                workers += [child] if "atomtug.server.process.worker" in " ".join(child.cmdline()) else []
        [worker] = workers
        return worker

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


@contextlib.contextmanager
def serving(*arguments: object) -> Iterator[Serving]:
    server = Serving(*arguments)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


# Serving ------------------------------------------------------------------------------------------------


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


# What goes wrong at the start ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine", 'ase:faulty_calculators.Unwilling?{"most": 1}'], "7 atoms are too many"),
        pytest.param(["--engine", "pm9"], "no engine called 'pm9'", marks=pytest.mark.slow),
        pytest.param(
            ["--engine", 'ase:faulty_calculators.Unwilling?{"most": 1, "how": "exit"}'],
            "exit code 5",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["--listen", "203.0.113.7", "--engine", HARMONIC],
            "Can't listen on 203.0.113.7",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_can_not_start_is_one_sentence_and_exit_code_1(tmp_path, options, said):
    ended = run("serve", "--port", 0, "--recordings", tmp_path, *options)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("atomtug: ")
    assert said in last
    assert last.endswith(".")
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.slow
def test_two_servers_on_one_port_are_one_too_many():
    with serving("serve", "--port", 0, "--no-record", "--engine", HARMONIC) as server:
        port = server.address.rsplit(":", 1)[1]
        second = run("serve", "--port", port, "--no-record", "--engine", HARMONIC)
        assert second.returncode == 1
        assert f"Can't listen on localhost:{port}" in second.stderr
        assert "--port" in second.stderr
        assert "Traceback" not in second.stderr
        with RawClient(server.address) as client:
            log = client.frames()
            log.wait_for("system.simulation.step", lambda step: step > 20)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["benzene"], "no system called 'benzene'"),
        ([""], "needs a name"),
        (["missing.xyz"], "no file missing.xyz"),
        (["--multiplicity", 1], "can't have multiplicity 1"),
        (["--temperature", -5], "temperature must be"),
        (["--timestep", 0], "timestep must be"),
        (["--fps", -1], "fps must be"),
        (["--steps-per-frame", 0], "steps_per_frame must be"),
        (["--friction", "nan"], "friction must be"),
        (["--wall-radius", -1], "wall_radius must be"),
        (["--max-force", "inf"], "force_cap must be"),
        (["--engine-timeout", 0], "engine_timeout must be"),
        (["--tls-cert", __file__], "both --tls-cert and --tls-key"),
        (["--token-file", __file__, "--tls-cert", __file__, "--tls-key", __file__], "no certificate"),
    ],
)
def test_options_that_make_no_sense_are_named(options, said):
    result = invoke("serve", "--no-record", "--port", 0, *options)
    assert result.exit_code == 1
    assert said in str(result.exception)


@pytest.mark.parametrize(
    "options",
    [
        ["--thermostat", "nose"],
        ["--force-law", "newton"],
        ["--fps", "fast"],
        ["--no-such-option"],
        ["--charge", 0.5],
    ],
)
def test_options_of_the_wrong_kind_are_answered_with_usage(options):
    result = invoke("serve", *options)
    assert result.exit_code == 2
    assert "Usage" in result.output
    assert "Error" in result.output


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


# Help and the rest --------------------------------------------------------------------------------------


def test_systems_are_listed_with_atoms_and_formula():
    result = invoke("systems")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].split() == ["name", "atoms", "formula", "what"]
    assert lines.index("") == 8  # the systems; what follows is put beside others
    assert lines[9].startswith("Partners")
    assert lines[1].split()[:2] == ["methane", "7"]
    assert "C30H62 + CN" in lines[7]


@pytest.mark.parametrize("command", ["serve", "play", "systems"])
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_tells_what_each_is_for(command, flag):
    result = invoke(command, flag)
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: cli {command}")
    top = invoke("--help")
    assert command in top.output


def test_help_names_units_and_defaults():
    text = " ".join(invoke("serve", "--help").output.split())
    for part in ("--temperature", "K;", "1/ps", "fs.", "kJ/mol/nm", "[default: 300.0]", "[default: pm6]"):
        assert part in text
    assert "--listen" in " ".join(invoke("play", "--help").output.split())


def test_options_may_come_from_a_file(tmp_path):
    config = tmp_path / "atomtug.toml"
    config.write_text("[serve]\ntemperature = -1.0\n")
    result = invoke("--config", config, "serve", "--no-record", "--port", 0)
    assert "temperature must be" in str(result.exception)
    config.write_text("[serve]\nsteps-per-frame = 0\n")
    assert "steps_per_frame must be" in str(invoke("--config", config, "serve").exception)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("temperature = 1", "found temperature"),
        ("serve = 1", "bare value"),
        ("[bake]\nx = 1", "bake"),
        ("[serve", "TOML"),
        ("\xff", "TOML"),
    ],
)
def test_a_file_of_options_that_makes_no_sense_is_named(tmp_path, text, said):
    config = tmp_path / "atomtug.toml"
    config.write_bytes(text.encode("latin-1"))
    result = invoke("--config", config, "serve")
    assert result.exit_code == 2
    assert said in result.output


def test_the_version_is_told():
    assert run("--version").stdout.startswith("atomtug, version ")
