"""Text for people: tables in columns, numbers of things, and names that are too long."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, rule: bool = False) -> str:
    """Columns aligned: the first to the left, the others to the right.

    Args:
        header: a name for each column
        rows: cells, as many in each row as there are columns
        rule: whether a line of dashes separates the header
    """
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    if rule:
        lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def counted(number: int, what: str, plural: str = "") -> str:
    """So many of something: ``1 frame``, ``2 frames``; with ``plural`` where that is not ``what`` and an s."""
    return f"{number:,} {what if number == 1 else plural or what + 's'}"


def shortened(text: str, longest: int = 60) -> str:
    """The text, or its beginning and "..." where it has more than ``longest`` characters."""
    return text if len(text) <= longest else text[: longest - 3] + "..."
