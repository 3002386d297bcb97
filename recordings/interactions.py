"""What the hands did, as arrays: one row for each hand in each frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from atomtug.frame import AppliedInteraction, Floats, Ints
from atomtug.recordings import layout
from atomtug.recordings.events import Event
from atomtug.recordings.layout import Dataset


@dataclass(frozen=True)
class InteractionTable:
    """The rows of consecutive frames, in ASE's units.

    Args:
        frames: (R,) index of the frame of each row
        events: (R,) index of the event that defines the hand
        positions: (R, 3) where the hand was, angstrom
        energies: (R,) eV
        ends: (R,) row r holds particles[ends[r-1]:ends[r]]
        particles: (P,) atoms
        forces: (P, 3) on each of them, eV/angstrom
    """

    frames: Ints
    events: Ints
    positions: Floats
    energies: Floats
    ends: Ints
    particles: Ints
    forces: Floats

    def __len__(self) -> int:
        return len(self.frames)

    def held(self, row: int) -> slice:
        """Where ``particles`` and ``forces`` have those of a row."""
        return slice(int(self.ends[row - 1]) if row else 0, int(self.ends[row]))

    def applied(self, row: int, key: str) -> AppliedInteraction:
        """One row as dynamics made it."""
        part = self.held(row)
        return AppliedInteraction(
            key=key,
            position=self.positions[row],
            particles=self.particles[part],
            forces=self.forces[part],
            energy=float(self.energies[row]),
        )


def read_table(file: h5py.File, start: int, stop: int) -> InteractionTable:
    """The rows of frames ``start`` to ``stop`` (not included)."""
    before = int(file[layout.FRAME_END.path][start - 1]) if start else 0
    frame_ends = np.asarray(file[layout.FRAME_END.path][start:stop], dtype=np.int64)
    first, last = before, int(frame_ends[-1]) if len(frame_ends) else before
    frames = np.repeat(np.arange(start, start + len(frame_ends)), np.diff(frame_ends, prepend=before))
    held_before = int(file[layout.ROW_END.path][first - 1]) if first else 0
    ends = _rows(file, layout.ROW_END, first, last)
    held_last = int(ends[-1]) if len(ends) else held_before
    return InteractionTable(
        frames=frames,
        events=_rows(file, layout.ROW_EVENT, first, last),
        positions=_rows(file, layout.ROW_POSITION, first, last),
        energies=_rows(file, layout.ROW_ENERGY, first, last),
        ends=ends - held_before,
        particles=_rows(file, layout.ROW_PARTICLE, held_before, held_last),
        forces=_rows(file, layout.ROW_FORCE, held_before, held_last),
    )


def frames_complete(file: h5py.File, frames: int) -> int:
    """How many of the first ``frames`` frames have all their rows in the file."""
    rows = min(
        len(file[t.path]) for t in (layout.ROW_EVENT, layout.ROW_POSITION, layout.ROW_ENERGY, layout.ROW_END)
    )
    held = min(len(file[t.path]) for t in (layout.ROW_PARTICLE, layout.ROW_FORCE))
    row_end, frame_end = file[layout.ROW_END.path], file[layout.FRAME_END.path]
    if rows and row_end[rows - 1] > held:
        rows = int(np.searchsorted(row_end[:rows], held, side="right"))
    if frames and frame_end[frames - 1] > rows:
        frames = int(np.searchsorted(frame_end[:frames], rows, side="right"))
    return frames


def definition(events: tuple[Event, ...], index: int) -> Mapping[str, Any]:
    """What the journal says of a hand: its key, owner, type, scale; nothing if its event is lost."""
    return events[index].data if 0 <= index < len(events) else {}


def _rows(file: h5py.File, table: Dataset, start: int, stop: int) -> NDArray[Any]:
    values = file[table.path][start:stop]
    if np.issubdtype(values.dtype, np.integer):
        return np.asarray(values, dtype=np.int64)
    return np.asarray(values, dtype=np.float64) / table.factor
