"""Which pictures can be written."""

from pathlib import Path

from atomtug.core.errors import InputError

PICTURES = (".png", ".pdf", ".svg")
"""Suffixes of the formats that pictures are written in."""


def check_picture(path: Path) -> None:
    """See that a picture can be written under this name, before the work that it is to show.

    Raises:
        InputError: the suffix is none of :data:`PICTURES`
    """
    if path.suffix.lower() not in PICTURES:
        raise InputError(f"{path} can't be drawn: use a name ending in {', '.join(PICTURES)}.")
