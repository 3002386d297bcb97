"""How every benchmark ends: a table for people and, with --json, one JSON object as the last line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table in plain text; floats with three significant digits."""
    cells = [[_text(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))


def print_json(result: Mapping[str, Any]) -> None:
    """The machine's line."""
    print(json.dumps(result))


def _text(cell: Any) -> str:
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)
