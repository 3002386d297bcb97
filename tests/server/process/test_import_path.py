"""The processes that the server starts find the installed package, whatever lies in the current folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SERVER = """
from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server

with running_server(ServerOptions([load_system("methane")], engine="ase:faulty_calculators.Harmonic")) as server:
    print(server.session.system.name)
"""


def start_server_in(folder: Path, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", SERVER],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.stdout.split() == ["methane"], done.stderr


@pytest.mark.parametrize("on_path", [False, True])
def test_an_empty_folder_of_the_packages_name_does_not_hide_it(tmp_path, on_path):
    (tmp_path / "atomtug").mkdir()
    path = os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])
    start_server_in(tmp_path, {"PYTHONPATH": path} if on_path else None)


def test_another_package_of_its_name_in_the_current_folder_does_not_hide_it(tmp_path):
    (tmp_path / "atomtug").mkdir()
    (tmp_path / "atomtug" / "__init__.py").write_text("raise ImportError('the wrong package')")
    start_server_in(tmp_path)
