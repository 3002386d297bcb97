"""What is imported is declared: every package of others that atomtug imports stands in pyproject.toml."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = [name for name in PROJECT["tool"]["setuptools"]["package-dir"].values() if name != "core/root"]
OPTIONAL = {
    "cupy": "gpu4pyscf-cuda12x",
    "gpu4pyscf": "gpu4pyscf-cuda12x",
    "dask_jobqueue": "dask-jobqueue",
    "xr": "pyopenxr",
}
"""Import name -> distribution, of what is not installed where the tests run."""
WITH_ANOTHER = {"jaxlib": "jax", "glfw": "pyopenxr"}
"""Import name -> the distribution that brings it along."""


distributions_by_import = cache(packages_distributions)
"""Import name -> the distributions that have it. Looking takes as long as all the rest."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    lines = [
        *project["dependencies"],
        *(line for name, extra in extras.items() if name not in ("dev", "docs") for line in extra),
    ]
    return {canonical(re.split(r"[ \[<>=!~;]", line, maxsplit=1)[0]) for line in lines}


def imported(folder: str) -> dict[str, set[str]]:
    """Top-level names that a folder's modules import, and which modules."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [node.module]
            else:
                continue
            for name in names:
                found.setdefault(name.split(".")[0], set()).add(str(path.relative_to(ROOT)))
    return {name: where for name, where in found.items() if name not in {*sys.stdlib_module_names, "atomtug"}}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_import_is_declared(folder):
    distributions = distributions_by_import()
    known = declared()
    for name, where in imported(folder).items():
        candidates = {OPTIONAL.get(name), WITH_ANOTHER.get(name), *distributions.get(name, [])} - {None}
        assert {canonical(each) for each in candidates} & known, (
            f"{name} is not declared; {', '.join(sorted(where))}"
        )


def test_every_package_is_listed_and_none_that_is_gone():
    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    there = {"atomtug"}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("__init__.py"):
            parts = path.parent.relative_to(ROOT).parts
            if parts[:2] != ("core", "root"):
                there.add(".".join(["atomtug", *parts]))
    assert listed == there
