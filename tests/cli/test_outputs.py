"""Where a command is to write is looked at before its work begins."""

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from atomtug.cli import cli
from atomtug.cli.options import FOLDER, Output
from atomtug.core.errors import InputError
from atomtug.core.files import check_writable

INPUTS = {"serve": {"models", "recordings", "learn_to"}, "steer": {"learn_to"}}
"""Options of the type FOLDER: folders that are read, or written to only in certain cases, and looked at then."""
SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"


@pytest.mark.parametrize("path", ["new.h5", "deep/er/new.h5", "old.h5", "folder"])
def test_what_can_be_written_is_taken_and_nothing_is_made(tmp_path, path):
    (tmp_path / "old.h5").touch()
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    check_writable(tmp_path / path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_relative_path_is_looked_at_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_writable(Path("runs/new"))


def test_a_file_in_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file is no folder; choose another path"):
        check_writable(tmp_path / "file" / "new.h5")


@pytest.mark.parametrize("path", ["new.h5", "deep/new.h5", "old.h5"])
def test_a_folder_that_may_not_be_written_to_is_named(tmp_path, monkeypatch, path):
    (tmp_path / "old.h5").touch()
    real = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != tmp_path and real(place, mode))
    with pytest.raises(InputError, match=f"you may not write to {tmp_path}, or its disk is read-only"):
        check_writable(tmp_path / path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["label", str(SAMPLE)],
        ["learn", "C + OH"],
        ["loop"],
        ["holes", "alkanes", "methane"],
        ["table1", "--models"],
        ["steer", "methane"],
        ["swarm", str(SAMPLE)],
        ["path", str(SAMPLE)],
        ["convert", str(SAMPLE), "--to", "atomtug"],
        ["export", str(SAMPLE), "--to", "extxyz"],
        ["steer", "methane", "--engine", "ann:alkanes", "--learn", "--learn-to"],
        ["serve", "methane", "--engine", "ann:alkanes", "--learn", "--learn-to"],
        ["learn-live", "--model", "alkanes", "--learn-to"],
    ],
)
def test_commands_refuse_before_they_work(tmp_path, arguments):
    (tmp_path / "file").touch()
    option = [] if arguments[-1].startswith("--") else ["--out"]
    result = CliRunner().invoke(cli, [*arguments, *option, str(tmp_path / "file" / "out.h5")])
    assert isinstance(result.exception, InputError)
    assert "file is no folder; choose another path" in str(result.exception)


def test_every_option_that_names_an_output_is_looked_at():
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    assert "train" in commands
    for name, command in commands.items():
        for option in command.params:
            if isinstance(option, click.Option) and option.name in ("out", "plot", "parity", "learn_to"):
                known = isinstance(option.type, Output) or option.name in INPUTS.get(name, ())
                assert known or name == "export", f"{name} --{option.name}"
            if option.type is FOLDER:
                assert option.name in INPUTS.get(name, ()), f"{name} --{option.name}"
