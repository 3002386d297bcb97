"""Export to DCD, the binary trajectory of CHARMM and NAMD that VMD and most programs read: positions alone.

A file of Fortran records (each between two copies of its length in bytes): a header, a title, the number of atoms,
and for each frame the x, y and z of all atoms in single precision, angstrom. Little-endian.
"""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from ase import units

from atomtug.core.arrays import Floats
from atomtug.recordings.reader import Recording

_AKMA = (units.kcal / units.mol) ** -0.5
"""CHARMM's unit of time, angstrom * sqrt(amu / (kcal/mol)), in ASE's."""
_CHARMM_VERSION = 24
"""Readers take the header's fields as CHARMM's from this number on."""
_TITLE = b"Written by atomtug; evenly spaced frames, counted over resets".ljust(80)


def write_dcd(recordings: Sequence[Recording], path: Path, progress: Callable[[int], object]) -> None:
    """Write the positions of all frames. A DCD file has one time step: that of most frames."""
    (recording,) = recordings
    with path.open("wb") as stream:
        _record(stream, _header(len(recording), _time_step(recording.times)))
        _record(stream, struct.pack("<i", 1) + _TITLE)
        _record(stream, struct.pack("<i", len(recording.system.numbers)))
        for frame in recording.frames():
            for coordinates in frame.positions.T:
                _record(stream, np.ascontiguousarray(coordinates, dtype="<f4").tobytes())
            progress(1)


def _header(frames: int, time_step: float) -> bytes:
    """``CORD`` and 20 numbers: frames, first step, steps between frames, steps; at place 9 the time step, last the
    version; no fixed atoms, no cell."""
    counts = [frames, 0, 1, frames, 0, 0, 0, 0, 0]
    return (
        b"CORD"
        + struct.pack("<9i", *counts)
        + struct.pack("<f9ii", time_step / _AKMA, *[0] * 9, _CHARMM_VERSION)
    )


def _time_step(times: Floats) -> float:
    """Time between two frames, ASE's unit; 0 where there is but one."""
    steps = np.diff(times)
    forward = steps[steps > 0]
    return float(np.median(forward)) if len(forward) else 0.0


def _record(stream: BinaryIO, content: bytes) -> None:
    length = struct.pack("<i", len(content))
    stream.write(length + content + length)
