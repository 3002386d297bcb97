"""Who imports whom is what the table of docs/architecture.md says; no folder imports what comes after it there."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
    "packages"
]
APART = ("atomtug", "atomtug.data")
"""The root package stands above all and beside the table; the other holds no code."""
NEVER = {
    "server": ("trainer", "vr_client", "workflows", "cli"),
    "trainer": ("server", "vr_client", "workflows", "cli"),
    "vr_client": ("server", "trainer", "recordings", "potential", "workflows", "cli"),
}


def table() -> dict[str, set[str]]:
    """Folder, or a file that stands apart -> those that it imports from, in the table's order."""
    rows = re.findall(r"^\| `([\w/]+)(?:/|\.py)` \|.*\| ([^|]*)\|$", PAGE, re.MULTILINE)
    found: dict[str, set[str]] = {}
    for folder, imports in rows:
        found[folder] = set(found) if imports.strip() == ALL else set(re.findall(r"`([\w/]+)`", imports))
    return found


ALL = "all above"
TABLE = table()


def home(module: str) -> str | None:
    """The folder of the table that a module of atomtug, given by its parts after ``atomtug.``, lies in."""
    parts = module.split(".")
    for length in (2, 1):
        folder = "/".join(parts[:length])
        if len(parts) >= length and folder in TABLE:
            return folder
    return None


def imports(folder: str) -> dict[str, set[str]]:
    """Folder of the table -> the modules in ``folder`` that import from it."""
    found: dict[str, set[str]] = {}
    paths = sorted((ROOT / folder).rglob("*.py")) or [(ROOT / folder).with_suffix(".py")]
    for path in paths if folder != "web" else []:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if home(module) != folder or module.startswith("core.root"):
            continue
        for name in names(ast.parse(path.read_text(encoding="utf-8"))):
            goal = home(name)
            assert goal is not None, f"{module} imports {name}, which is in no folder of the table"
            if goal != folder:
                found.setdefault(goal, set()).add(module)
    return found


def names(tree: ast.Module) -> list[str]:
    """What a module imports of atomtug, without ``atomtug.``: modules or names in them, also inside functions."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name.removeprefix("atomtug.") for name in found if name.startswith("atomtug.")]


def test_every_package_is_in_the_table():
    packages = {name.removeprefix("atomtug.").replace(".", "/") for name in PACKAGES if name not in APART}
    assert packages - {"core/systems"} == {folder for folder in TABLE if (ROOT / folder).is_dir()} - {"web"}


@pytest.mark.parametrize("folder", TABLE)
def test_the_table_says_what_a_folder_imports(folder):
    found = imports(folder)
    if folder == "cli":
        assert set(found) <= TABLE[folder]
    else:
        assert set(found) == TABLE[folder], f"{folder}: {found}"


@pytest.mark.parametrize("folder", TABLE)
def test_nothing_imports_what_comes_after_it(folder):
    order = list(TABLE)
    assert [goal for goal in TABLE[folder] if order.index(goal) > order.index(folder)] == []


@pytest.mark.parametrize("package", NEVER)
def test_what_must_not_know_each_other_does_not(package):
    known = {goal for folder, goals in TABLE.items() if folder.split("/")[0] == package for goal in goals}
    assert [goal for goal in known if goal.split("/")[0] in NEVER[package]] == []


def test_every_file_that_the_page_and_the_picture_name_is_there():
    picture = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w/]+/[\w.-]*)`", PAGE) if "." in name or name.endswith("/")}
    named |= set(
        re.findall(r"(?<![\w/])((?:server|trainer|potential|recordings|vr_client|web|wire)/[\w/.]*)", picture)
    )
    missing = [name for name in sorted(named) if not (ROOT / name).exists()]
    assert missing == []


def test_no_class_has_the_name_of_another():
    places: dict[str, list[str]] = {}
    for package in sorted({folder.split("/")[0] for folder in TABLE} - {"web"}):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name.endswith("_pb2.py"):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
