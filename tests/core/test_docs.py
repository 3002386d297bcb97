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


def test_every_command_and_key_of_a_live_session_is_on_the_page_about_the_wire():
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    source = "".join(
        (ROOT / "server" / "session" / name).read_text()
        for name in ("live.py", "engine_control.py", "session.py", "playback.py")
    )
    commands = set(re.findall(r'register\(\s*"([\w/-]+)"', source))
    keys = set(re.findall(r'"((?:engine|imd|recording|playback|checkpoint|system)\.[\w.]+)":', source))
    assert len(commands) > 15
    assert len(keys) > 8
    for name in commands | keys:
        last = re.split(r"[./]", name)[-1]
        assert name in page or f"/{last}" in page or f"`.{last}" in page, (
            f"docs/protocol.md says nothing of {name}"
        )
