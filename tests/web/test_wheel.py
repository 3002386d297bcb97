"""A wheel carries the built page."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from atomtug.server.transport.web_page import FOLDER, INDEX

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_wheel_carries_the_page_and_all_that_it_asks_for(tmp_path):
    if not (FOLDER / INDEX).is_file():
        pytest.skip("the page was not built (make page)")
    build = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", *build, "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=500)
    [wheel] = tmp_path.glob("*.whl")
    carried = set(zipfile.ZipFile(wheel).namelist())
    built = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert {f"atomtug/server/page/{name}" for name in built} <= carried
    assert any(name.endswith(".js") for name in built)
