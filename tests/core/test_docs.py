"""The documentation points at what is there, and its index at all of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*/README.md"))]


@pytest.mark.parametrize("page", sorted(set(PAGES)), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for goal in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in goal:
            assert (page.parent / goal).exists(), f"{page.name} points at {goal}"


def test_the_index_has_every_page():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if page.name not in ("README.md",)]
    assert [name for name in missing if f"({name}" not in index] == []


def test_every_benchmark_is_described_and_every_one_that_is_described_is_there():
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+\.py)", text))
    assert named == {path.name for path in (ROOT / "benchmarks").glob("*.py")}


def test_every_tool_is_listed_and_every_one_that_is_listed_is_there():
    text = (ROOT / "tools" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/]+\.(?:py|sh))`", text))
    files = (path for kind in ("py", "sh") for path in (ROOT / "tools").rglob(f"*.{kind}"))
    assert named == {path.relative_to(ROOT / "tools").as_posix() for path in files}
