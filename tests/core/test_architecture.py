"""Which package and which room of the server may import which: read from the import statements of the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PACKAGES = {
    "core": set(),
    "protos": set(),
    "wire": {"core"},
    "potential": {"core"},
    "recordings": {"core", "wire"},
    "server": {"core", "protos", "wire", "potential", "recordings"},
    "vr_client": {"core", "protos", "wire"},
    "trainer": {"core", "potential", "recordings"},
    "workflows": {"core", "potential", "recordings", "server", "trainer", "vr_client", "wire"},
    "cli": {
        "core",
        "potential",
        "protos",
        "recordings",
        "server",
        "trainer",
        "vr_client",
        "wire",
        "workflows",
    },
}
"""What each package may import besides itself."""

SERVER_ROOMS = ("engines", "dynamics", "options", "process", "session", "transport", "listening", "app")
"""The rooms and modules of the server. Each may import those before it, never one after it."""


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of each import from atomtug in a file, those within functions and for types included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (
                (node.lineno, alias.name) for alias in node.names if alias.name.startswith("atomtug.")
            )
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}:{node.lineno}: imports name the whole module"
            if node.module == "atomtug":
                yield from ((node.lineno, f"atomtug.{alias.name}") for alias in node.names)
            elif node.module.startswith("atomtug.server") and node.module.count(".") == 1:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
            elif node.module.startswith("atomtug."):
                yield node.lineno, node.module


def sources(folder: str) -> list[Path]:
    """The modules in a folder. Those in core/root are the root package, which starts the command line."""
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if "core/root" not in path.as_posix()]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_those_below_it(package):
    allowed = {package, *PACKAGES[package]}
    assert sources(package)
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {module}"
        for path in sources(package)
        for line, module in imports(path)
        if module.split(".")[1] not in allowed and not _is_version(module)
    ]
    assert not wrong


def _is_version(module: str) -> bool:
    """Whether it is a name of the root package itself, which any package may use."""
    return module == "atomtug.__version__"


def test_the_packages_have_no_cycle():
    for package, allowed in PACKAGES.items():
        for other in allowed:
            assert package not in PACKAGES[other]


def room(parts: tuple[str, ...]) -> str:
    """The room of a module of the server, from its parts after ``server``."""
    return parts[0].removesuffix(".py")


def test_a_room_of_the_server_imports_only_those_below_it():
    wrong = []
    for path in sources("server"):
        inside = path.relative_to(ROOT / "server").parts
        if inside[0] == "__init__.py":
            continue
        level = SERVER_ROOMS.index(room(inside))
        for line, module in imports(path):
            parts = tuple(module.split("."))
            if parts[1] == "server" and SERVER_ROOMS.index(room(parts[2:])) > level:
                wrong.append(f"server/{'/'.join(inside)}:{line}: {module}")
    assert not wrong


def test_every_room_of_the_server_is_in_the_order_above():
    found = {
        path.name.removesuffix(".py")
        for path in (ROOT / "server").iterdir()
        if path.name not in ("__init__.py", "__pycache__", "page")
    }
    assert found == set(SERVER_ROOMS)


def test_the_client_knows_neither_scripts_nor_headset_and_these_do_not_know_each_other():
    for folder, foreign in {"client": {"scripted", "xr"}, "scripted": {"xr"}, "xr": {"scripted"}}.items():
        for path in sources(f"vr_client/{folder}"):
            for line, module in imports(path):
                parts = module.split(".")
                assert parts[1] != "vr_client" or len(parts) < 3 or parts[2] not in foreign, f"{path}:{line}"


def test_no_class_has_the_name_of_another():
    places: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in sources(package):
            if path.name.endswith("_pb2.py"):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
