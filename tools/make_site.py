"""Lay out what the documentation site is built from, in build/site_source: `make docs` runs this, then MkDocs.

    python tools/make_site.py

The pages keep their places, so that their links to each other hold: README.md, docs/, the README files of other
folders, what they link to, and for each package a page on its public modules, made from the list in pyproject.toml.
"""

import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "site_source"
PAGES = (
    "*.md",
    "LICENSE",
    "docs/*",
    "benchmarks/README.md",
    "data/README.md",
    "data/models/README.md",
    "examples/*",
)
GENERATED = "_pb2"


def copy_pages() -> None:
    """The pages, their pictures and the examples that they link to."""
    for pattern in PAGES:
        for source in sorted(ROOT.glob(pattern)):
            if source.is_file():
                target = TARGET / "pages" / source.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


def link_packages(folders: dict[str, str]) -> None:
    """The packages under their import names, for a reader of source code that knows of no package-dir."""
    root = TARGET / "packages" / "atomtug"
    root.mkdir(parents=True)
    for source in (ROOT / folders["atomtug"]).glob("*.py"):
        (root / source.name).symlink_to(source)
    for package, folder in folders.items():
        if package != "atomtug":
            (root / package.removeprefix("atomtug.")).symlink_to(ROOT / folder)


def modules(package: str, folder: Path) -> list[str]:
    """The public modules of a package and of those inside it, by their import names."""
    names = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if parts[0] == "root" or path.stem.startswith("__main") or path.stem.endswith(GENERATED):
            continue
        names.append(".".join([package, *(part for part in parts if part != "__init__")]))
    return sorted(names)


def write_reference(folders: dict[str, str]) -> None:
    """A page for each top-level package: every module with its docstrings."""
    reference = TARGET / "pages" / "reference"
    reference.mkdir(parents=True)
    for package, folder in folders.items():
        if package in ("atomtug", "atomtug.data"):
            continue
        lines = [f"# {package}", ""]
        for name in modules(package, ROOT / folder):
            lines += [f"::: {name}", ""]
        (reference / f"{package.removeprefix('atomtug.')}.md").write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = project["tool"]["setuptools"]["package-dir"]
    copy_pages()
    link_packages(folders)
    write_reference(folders)


if __name__ == "__main__":
    main()
