"""Help, options from a file, and the list of systems."""

import pytest
from server_process import invoke, run


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
