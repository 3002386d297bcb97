"""Plain XYZ files without ASE, whose reader takes half a second and 30 MB to import.

Only what leaves no doubt is read here: a count, a comment of words and ``key=value``, and lines of symbol, x, y, z;
with it what ASE adds where it writes such a file: that nothing is periodic, and a whole number a line as its tag. For
anything else ASE's reader decides, which knows all of extended XYZ.
"""

import re
from typing import NamedTuple

import numpy as np
from ase.data import atomic_numbers
from numpy.typing import NDArray

_PLAIN = "species:S:1:pos:R:3"
_COLUMNS = {_PLAIN: 4, f"{_PLAIN}:tags:I:1": 5}
_TAG = re.compile("-?[0-9]{1,9}")
_NOT_PERIODIC = re.compile(r'(?<!\S)pbc="F F F"(?!\S)')


class Geometry(NamedTuple):
    """``numbers`` (N,), ``positions`` (N, 3) angstrom, and what the comment says by ``key=value``."""

    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    info: dict[str, str]


def read_plain(text: str) -> Geometry | None:
    """The first geometry of a plain XYZ file, or None if this is not surely one."""
    head, comment, *lines = [*text.split("\n"), ""]
    comment = _NOT_PERIODIC.sub("", comment)
    said = [word.split("=") for word in comment.split() if "=" in word]
    if not head.strip().isdecimal() or any(mark in comment for mark in "\"'{}[]\\"):
        return None
    if not all(len(word) == 2 and all(word) for word in said):
        return None
    count = int(head)
    rows = [line.split() for line in lines[:count]]
    info = dict(said)
    width = _COLUMNS.get(info.pop("Properties", _PLAIN))
    if len(rows) != count or count == 0:
        return None
    if not all(len(row) == width and row[0] in atomic_numbers and "_" not in "".join(row) for row in rows):
        return None
    if not all(_TAG.fullmatch(tag) for row in rows for tag in row[4:]):
        return None
    try:
        positions = np.array([[float(x) for x in row[1:4]] for row in rows])
    except ValueError:
        return None
    return Geometry(np.array([atomic_numbers[row[0]] for row in rows]), positions, info)
