"""`atomtug doctor`: each check tells what works from what doesn't, and the exit code follows."""

import json
import shutil
import socket
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement

from atomtug.cli import checks, cli, doctor, probes
from atomtug.cli.checks import Finding, ProbeResult, Severity


def run(*arguments: str):
    return CliRunner().invoke(cli, ["doctor", *arguments])


# The command --------------------------------------------------------------------------------------------

GOOD = Finding("good", Severity.OK, "as it should be")
POOR = Finding("poor", Severity.WARN, "not so good", "Do this.")
BAD = Finding("bad", Severity.FAIL, "broken", "Do that.")


@pytest.mark.parametrize(
    ("findings", "code", "verdict"),
    [
        ([GOOD], 0, "All that is needed works."),
        ([GOOD, POOR], 0, "All that is needed works. 1 could be better."),
        ([BAD, GOOD, POOR], 1, "1 of these must be mended"),
    ],
)
def test_only_a_failure_of_what_is_needed_is_an_error(monkeypatch, findings, code, verdict):
    monkeypatch.setattr(doctor, "CHECKS", [lambda finding=finding: finding for finding in findings])
    result = run()
    assert result.exit_code == code
    assert verdict in result.output.splitlines()[-1]
    for finding in findings:
        assert finding.found in result.output
        assert finding.advice in result.output
    lines = [json.loads(line) for line in run("--json").output.splitlines()]
    assert [(line["name"], line["state"]) for line in lines] == [
        (finding.name, finding.severity.value.lower()) for finding in findings
    ]


@pytest.mark.slow
def test_this_installation_is_sound():
    lines = [json.loads(line) for line in run("--json").output.splitlines()]
    states = {line["name"]: line["state"] for line in lines}
    assert len(states) == len(checks.CHECKS)
    assert {states[name] for name in ("Python", "Sparrow", "JAX", "BLAS")} == {"ok"}
    assert states["PySCF"] in ("ok", "warn")  # a processor without AVX2 has no better kernels
    assert all(line["advice"] for line in lines if line["state"] != "ok")


# Libraries ----------------------------------------------------------------------------------------------


def test_a_library_that_takes_its_process_down_is_a_failure_with_advice(tmp_path, monkeypatch):
    (tmp_path / "scine_sparrow.py").write_text("import os\nos.abort()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    finding = checks.sparrow()
    assert finding.severity is Severity.FAIL
    assert "ended its process (signal 6)" in finding.found
    assert "scine-sparrow" in finding.advice


def test_a_library_that_is_broken_is_told_in_its_own_words(tmp_path, monkeypatch):
    (tmp_path / "scine_sparrow.py").write_text("raise ImportError('no such symbol: zgemm\\nand more')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert checks.run_probe("sparrow") == ProbeResult(False, "ImportError: no such symbol: zgemm")


def test_a_library_that_does_not_answer_is_not_waited_for_without_end():
    assert checks.run_probe("blas", patience=0.01) == ProbeResult(False, "no answer within 0.01 s")


def test_slow_blas_kernels_are_a_warning(monkeypatch):
    monkeypatch.setattr(checks, "run_probe", lambda _: ProbeResult(True, "kernels: Barcelona", slow=True))
    assert checks.pyscf() == Finding(
        "PySCF", Severity.WARN, "kernels: Barcelona", "Labels will take twice as long until it is set."
    )


def test_the_pyscf_probe_says_by_more_than_words_that_its_kernels_are_slow(monkeypatch):
    monkeypatch.setattr(probes, "_kernels", lambda _: ["Barcelona"])
    assert probes.pyscf().slow
    monkeypatch.setattr(probes, "_kernels", lambda _: ["SkylakeX"])
    assert not probes.pyscf().slow


@pytest.mark.parametrize(("version", "state"), [((3, 10, 2), "FAIL"), ((3, 11, 0), "ok"), ((3, 13, 0), "ok")])
def test_python_must_be_one_that_atomtug_runs_on(monkeypatch, version, state):
    monkeypatch.setattr(sys, "version_info", version)
    finding = checks.python()
    assert finding.severity is Severity(state)
    assert finding.found == ".".join(map(str, version))


@pytest.mark.parametrize(
    ("version", "system", "machine", "published"),
    [
        ((3, 11), "linux", "x86_64", True),
        ((3, 12), "linux", "x86_64", True),
        ((3, 13), "linux", "x86_64", False),
        ((3, 12), "linux", "aarch64", False),
        ((3, 12), "darwin", "x86_64", False),
        ((3, 12), "win32", "AMD64", False),
    ],
)
def test_where_sparrow_is_published_is_what_its_marker_says(version, system, machine, published):
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    [requirement] = [
        Requirement(each) for each in project["dependencies"] if each.startswith("scine-sparrow")
    ]
    environment = {
        "python_version": ".".join(map(str, version)),
        "sys_platform": system,
        "platform_machine": machine,
    }
    assert requirement.marker is not None
    assert (
        checks.has_sparrow(version, system, machine) is published is requirement.marker.evaluate(environment)
    )


def test_a_machine_without_sparrow_is_a_warning_that_says_what_runs_there(monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda _: None)
    monkeypatch.setattr(checks.platform, "machine", lambda: "arm64")
    finding = checks.sparrow()
    assert finding.severity is Severity.WARN
    assert "ann:alkanes" in finding.advice


def test_on_windows_there_is_no_pyscf_and_it_says_where_there_is(monkeypatch):
    monkeypatch.setattr(checks.sys, "platform", "win32")
    finding = checks.pyscf()
    assert finding.severity is Severity.WARN
    assert "WSL" in finding.advice


# The machine --------------------------------------------------------------------------------------------


def test_a_port_in_use_is_named():
    with socket.socket() as busy, socket.socket() as free:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        free.bind(("127.0.0.1", 0))
        taken, other = busy.getsockname()[1], free.getsockname()[1]
        free.close()
        finding = checks.ports((taken, other))
        assert finding.severity is Severity.WARN
        assert str(taken) in finding.found
        assert str(other) not in finding.found
        assert checks.ports((other,)).severity is Severity.OK


@pytest.mark.parametrize(("free", "state"), [(10**5, "FAIL"), (10**9, "warn"), (10**11, "ok")])
def test_room_for_recordings_is_looked_for_where_they_will_go(tmp_path, monkeypatch, free, state):
    usage = shutil.disk_usage(tmp_path)
    asked = []
    monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(path) or usage._replace(free=free))
    finding = checks.space(tmp_path / "not" / "there yet")
    assert finding.severity is Severity(state)
    assert asked == [tmp_path]


def test_a_model_that_does_not_load_is_a_failure(tmp_path):
    from atomtug.potential import Architecture, Model, SymmetryFunctions, save_model

    assert checks.models(tmp_path / "none").severity is Severity.WARN
    tiny = Architecture((1, 6, 7), SymmetryFunctions(4, 0.8, 3.1, 1.7), (4,), "silu", 1)
    save_model(Model.untrained(tiny, 0), tmp_path / "1" / "model.safetensors")
    assert checks.models(tmp_path).severity is Severity.OK
    (tmp_path / "2.safetensors").write_bytes(b"rubbish")
    finding = checks.models(tmp_path)
    assert finding.severity is Severity.FAIL
    assert "2.safetensors" in finding.found


def test_the_page_is_there_when_it_has_been_built(tmp_path):
    assert checks.page(tmp_path).severity is Severity.WARN
    (tmp_path / "index.html").write_text("<html>")
    assert checks.page(tmp_path).severity is Severity.OK


# OpenXR -------------------------------------------------------------------------------------------------

needs_pyopenxr = pytest.mark.skipif(find_spec("xr") is None, reason="pyopenxr is not installed")


@needs_pyopenxr
@pytest.mark.parametrize(
    ("content", "state", "said"),
    [
        ('{"runtime": {"library_path": "./lib.so", "name": "Test"}}', "ok", "Test"),
        ('{"runtime": {"library_path": "libopenxr_test.so"}}', "ok", "libopenxr_test.so"),
        ('{"runtime": {"library_path": "./gone.so"}}', "warn", "not there"),
        ('{"runtime": {}}', "warn", "can't be used"),
        ("[]", "warn", "can't be used"),
        ("{", "warn", "can't be used"),
        (None, "warn", "can't be used"),
    ],
)
def test_the_runtime_that_a_manifest_names_must_be_there(tmp_path, monkeypatch, content, state, said):
    (tmp_path / "lib.so").write_bytes(b"")
    manifest = tmp_path / "runtime.json"
    if content is not None:
        manifest.write_text(content)
    monkeypatch.setenv("XR_RUNTIME_JSON", str(manifest))
    finding = checks.openxr()
    assert finding.severity is Severity(state)
    assert said in finding.found


@needs_pyopenxr
def test_without_a_runtime_it_says_where_one_comes_from(tmp_path, monkeypatch):
    monkeypatch.delenv("XR_RUNTIME_JSON", raising=False)
    monkeypatch.setattr(checks, "_runtime_manifest", lambda *_: None)
    finding = checks.openxr()
    assert finding.severity is Severity.WARN
    assert "SteamVR" in finding.advice


def test_without_pyopenxr_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda _: None)
    assert "atomtug[vr]" in checks.openxr().advice


def test_the_active_runtime_is_where_the_loader_looks(tmp_path):
    home, system = tmp_path / "home", tmp_path / "xdg"
    found = checks._runtime_manifest
    of_system = system / checks.ACTIVE_RUNTIME
    of_system.parent.mkdir(parents=True)
    of_system.write_text("{}")
    assert found({"XDG_CONFIG_DIRS": str(system)}, home) == of_system
    own = home / ".config" / checks.ACTIVE_RUNTIME
    own.parent.mkdir(parents=True)
    own.write_text("{}")
    assert found({"XDG_CONFIG_DIRS": str(system)}, home) == own
    assert found({"XR_RUNTIME_JSON": "/x.json"}, home) is not None
