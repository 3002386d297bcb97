"""The recorded interactions as arrays: one row for each interaction in each frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.frame import AppliedInteraction
from atomtug.recordings import layout
from atomtug.recordings.events import Event
from atomtug.recordings.layout import TableDataset


@dataclass(frozen=True)
class InteractionTable:
    """The rows of consecutive frames, in ASE's units.

    Args:
        frames: (R,) index of the frame of each row
        events: (R,) index of the event that defines the interaction
        positions: (R, 3) position of the hand, angstrom
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
        """The slice of ``particles`` and ``forces`` that belongs to a row."""
        return slice(int(self.ends[row - 1]) if row else 0, int(self.ends[row]))

    def applied(self, row: int, key: str) -> AppliedInteraction:
        """One row as the dynamics applied it."""
        part = self.held(row)
        return AppliedInteraction(
            key=key,
            position=self.positions[row],
            particles=self.particles[part],
            forces=self.forces[part],
            energy=float(self.energies[row]),
        )


def read_table(file: h5py.File, start: int, stop: int) -> InteractionTable:
    """The rows of frames ``start`` to ``stop`` (not included).

    Raises:
        ValueError: the file is inconsistent
    """
    first, frame_ends = _ends(file, layout.FRAME_END, start, stop)
    last = int(frame_ends[-1]) if len(frame_ends) else first
    held, row_ends = _ends(file, layout.ROW_END, first, last)
    held_last = int(row_ends[-1]) if len(row_ends) else held
    particles = read_atoms(file, layout.ROW_PARTICLE, held, held_last)
    events = _read(file, layout.ROW_EVENT, first, last).astype(np.int64)
    return InteractionTable(
        frames=np.repeat(np.arange(start, stop), np.diff(frame_ends, prepend=first)),
        events=events,
        positions=_read(file, layout.ROW_POSITION, first, last),
        energies=_read(file, layout.ROW_ENERGY, first, last),
        ends=row_ends - held,
        particles=particles,
        forces=_read(file, layout.ROW_FORCE, held, held_last),
    )


def read_rows(file: h5py.File, path: str, start: int, stop: int, factor: float = 1.0) -> NDArray[Any]:
    """(stop - start, ...) rows of a dataset, floats as float64 in ASE's units, whatever the file has.

    Raises:
        ValueError: there are fewer
    """
    if path not in file:
        raise ValueError(f"{path} is missing")
    values = file[path][start:stop]
    if len(values) != stop - start:
        raise ValueError(f"{path} is too short")
    if np.issubdtype(values.dtype, np.floating):
        return np.asarray(values, dtype=np.float64) / factor
    return np.asarray(values)


def definition(events: tuple[Event, ...], index: int) -> Mapping[str, Any]:
    """The data of the event that defines an interaction: key, owner, type, scale; empty if the event is lost."""
    return events[index].data if 0 <= index < len(events) else {}


def key_of(events: tuple[Event, ...], index: int) -> str:
    """The key of an interaction in the shared state."""
    return str(definition(events, index).get("key", "interaction"))


def _read(file: h5py.File, table: TableDataset, start: int, stop: int) -> NDArray[Any]:
    return read_rows(file, table.path, start, stop, table.factor)


def read_ends(file: h5py.File, table: TableDataset, start: int, stop: int) -> Ints:
    """Rows of a table of ends: where each part of another table ends.

    Raises:
        ValueError: there are fewer, or they are not in order
    """
    ends = _read(file, table, start, stop).astype(np.int64)
    if len(ends) and (ends[0] < 0 or (np.diff(ends) < 0).any()):
        raise ValueError(f"{table.path} is not in order")
    return ends


def read_atoms(file: h5py.File, table: TableDataset, start: int, stop: int) -> Ints:
    """Rows of a table of atoms' indices.

    Raises:
        ValueError: there are fewer, or an index is beyond the atoms
    """
    atoms = _read(file, table, start, stop).astype(np.int64)
    if atoms.size and not (atoms.min() >= 0 and atoms.max() < file[layout.SPECIES].shape[0]):
        raise ValueError(f"{table.path} has indices beyond the atoms")
    return atoms


def _ends(file: h5py.File, table: TableDataset, start: int, stop: int) -> tuple[int, Ints]:
    """Where the parts of rows ``start`` to ``stop`` begin, and the end of each."""
    ends = read_ends(file, table, max(start - 1, 0), stop)
    return (int(ends[0]), ends[1:]) if start else (0, ends)
