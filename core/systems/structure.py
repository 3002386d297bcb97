"""What a file says of a structure, before it is decided what is simulated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats, Ints


@dataclass(frozen=True)
class Structure:
    """One geometry of a file.

    Args:
        numbers: (N,) atomic numbers
        positions: (N, 3), in the file's unit
        masses: (N,) amu; empty for the elements' own
        comment: text in which charge and spin may be said
        info: values by name in which they may be said, too
        charges: (N,) initial charges, e; empty where there are none
        moments: (N,) initial magnetic moments, Bohr magnetons; empty where there are none
        cell: (3, 3) angstrom where the geometry is periodic, else None
        molecular: whether the kind of file holds molecules in cells, too
        frame: which geometry of the file this is, from 1
        frames: how many geometries the file has
        counters: whether the comments of the file's geometries differ, so that bare numbers in them may count frames
        drawn: whether the file has no geometry, so that one was made
        notes: sentences on what was decided in reading it
    """

    numbers: Ints
    positions: Floats
    masses: Floats = field(default_factory=lambda: np.empty(0))
    comment: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)
    charges: Floats = field(default_factory=lambda: np.empty(0))
    moments: Floats = field(default_factory=lambda: np.empty(0))
    cell: Floats | None = None
    molecular: bool = False
    frame: int = 1
    frames: int = 1
    counters: bool = False
    drawn: bool = False
    notes: tuple[str, ...] = ()


def pick_frame(frame: int | None, frames: int) -> int:
    """The place (from 0) of a frame that is asked for by number, from 1; negative numbers count from the end.

    Raises:
        ValueError: there is no such frame
    """
    wanted = 1 if frame is None else frame
    place = wanted - 1 if wanted > 0 else frames + wanted
    if wanted == 0 or not 0 <= place < frames:
        raise ValueError(f"it has {frames} geometries, so --frame must be 1 to {frames}, not {wanted}")
    return place
