"""How every benchmark ends: a table for people and, with --json, one JSON object as the last line."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from atomtug.core.text import table


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table in plain text; floats with three significant digits."""
    cells = [[_text(cell) for cell in row] for row in [header, *rows]]
    print(f"\n{title}")
    print(textwrap.indent(table(cells[0], cells[1:], rule=True), "  "))


def print_json(result: Mapping[str, Any]) -> None:
    """The machine's line."""
    print(json.dumps(result))


def _text(cell: Any) -> str:
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)
