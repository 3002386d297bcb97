"""What ``atomtug serve`` can not start with, and options that make no sense."""

import pytest
from rpc_client import RawClient
from server_process import HARMONIC, invoke, run, serving


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
        ["--scheduler", "tcp://localhost:1"],  # without --learn
    ],
)
def test_options_of_the_wrong_kind_are_answered_with_usage(options):
    result = invoke("serve", *options)
    assert result.exit_code == 2
    assert "Usage" in result.output
    assert "Error" in result.output
