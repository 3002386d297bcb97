"""A Python with today's NanoVer in it: made once, kept in the user's cache."""

import glob
import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

VERSION = "0.1.3018"
"""Of nanover-server; it needs Python 3.13, which atomtug's own dependencies don't have yet."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "atomtug-tests"


def nanover_python() -> Path:
    """The interpreter of an environment with NanoVer; the test is skipped where it can't be had."""
    folder = CACHE / f"nanover-{VERSION}"
    python = folder / "bin" / "python"
    done = folder / "complete"
    if done.exists() and _runs(str(python)):
        return python
    base = _python_313()
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([base, "-m", venv.__name__, folder], check=True, capture_output=True)
    install = [python, "-m", "pip", "install", "--disable-pip-version-check", f"nanover-server=={VERSION}"]
    installed = subprocess.run(install, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        last = installed.stderr.strip().splitlines()[-1:]
        pytest.skip(f"nanover-server {VERSION} can't be installed from the package index: {''.join(last)}")
    done.touch()
    return python


def _python_313() -> str:
    pyenv = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    candidates = ["python3.13", *sorted(glob.glob(f"{pyenv}/versions/3.13*/bin/python"))]  # noqa: PTH207
    for candidate in candidates:
        if _runs(candidate):
            return candidate
    pytest.skip("NanoVer's client of today needs Python 3.13, and there is none here")


def _runs(python: str) -> bool:
    """Whether it is there and is 3.13 (a pyenv shim is there but may refuse)."""
    try:
        check = "import sys; sys.exit(sys.version_info[:2] != (3, 13))"
        return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
