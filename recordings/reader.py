"""Reading a recording: finished, still being written, or left behind by a killed writer."""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.closing import Closing
from atomtug.core.errors import InputError, RecordingError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.recordings import events as journal
from atomtug.recordings import layout
from atomtug.recordings.commit import read_mark
from atomtug.recordings.decoding import (
    find_columns,
    frozen,
    read_bond_changes,
    read_column,
    read_dataset,
    read_events,
    read_frames,
    read_provenance,
    read_system,
)
from atomtug.recordings.events import Event
from atomtug.recordings.interactions import InteractionTable, read_table
from atomtug.recordings.layout import FrameColumn, TableDataset
from atomtug.recordings.opening import RecordingFile

_Value = TypeVar("_Value")
_BLOCK = 256
"""Frames read at once when all are wanted one after the other."""


class Recording(Closing):
    """A recording, open for reading. Values are in ASE's units, unlike in the file.

    ``F`` is the number of frames, ``N`` of atoms. Arrays over all frames are read when asked for, kept, and
    read-only; :meth:`frame` reads one frame only.

    Args:
        path: the file

    Raises:
        RecordingError: no such file, not a recording, or damaged
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._source = RecordingFile(self.path)
        self._cache: dict[str, Any] = {}
        try:
            self._columns = self._source.read(find_columns)
            self._extent = self._source.read(read_mark)
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        """F, the number of complete frames."""
        return self._extent.frames

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    @property
    def closed(self) -> bool:
        """Whether the writer closed the file; if not, it is still writing, or was killed."""
        return self._source.closed

    def refresh(self) -> int:
        """Read what a live writer has added since; returns the number of frames.

        Raises:
            RecordingError: the file is damaged
        """
        if self._source.outdated():
            self._source.reopen()
            self._extent = self._source.read(read_mark)
            self._cache.clear()
        return len(self)

    @cached_property
    def provenance(self) -> Mapping[str, Any]:
        """Engine, settings, versions, seed and more, as they were written."""
        return self._source.read(read_provenance)

    @cached_property
    def system(self) -> System:
        """The atoms, charge, multiplicity and starting geometry.

        Raises:
            RecordingError: the file is damaged
        """
        try:
            return self._source.read(read_system)
        except InputError as error:
            raise RecordingError(f"{self.path} is damaged: {error}") from error

    @property
    def steps(self) -> Ints:
        """(F,) MD steps since the last reset."""
        return self._whole(layout.STEPS)

    @property
    def times(self) -> Floats:
        """(F,) time since the last reset, ASE's unit."""
        return self._whole(layout.TIMES)

    @property
    def times_ps(self) -> Floats:
        """(F,) time since the last reset, ps."""
        return self.times * layout.TIMES.factor

    @property
    def wall_clock(self) -> Floats:
        """(F,) when each frame was recorded, seconds since 1970."""
        return self.column(layout.WALL_CLOCK.name)

    @property
    def positions(self) -> Floats:
        """(F, N, 3) angstrom."""
        return self.column(layout.POSITION.name)

    @property
    def velocities(self) -> Floats:
        """(F, N, 3) ASE's unit."""
        return self.column(layout.VELOCITY.name)

    @property
    def forces(self) -> Floats:
        """(F, N, 3) by the engine alone, eV/angstrom."""
        return self.column(layout.ENGINE_FORCE.name)

    @property
    def user_forces(self) -> Floats:
        """(F, N, 3) by all hands, eV/angstrom."""
        return self.column(layout.USER_FORCE.name)

    @property
    def wall_forces(self) -> Floats:
        """(F, N, 3) by the wall, eV/angstrom."""
        return self.column(layout.WALL_FORCE.name)

    @property
    def energies(self) -> Floats:
        """(F,) potential energy by the engine alone, eV."""
        return self.column(layout.POTENTIAL_ENERGY.name)

    @property
    def kinetic_energies(self) -> Floats:
        """(F,) eV."""
        return self.column(layout.KINETIC_ENERGY.name)

    @property
    def temperatures(self) -> Floats:
        """(F,) instantaneous, K."""
        return self.column(layout.TEMPERATURE.name)

    @property
    def wall_energies(self) -> Floats:
        """(F,) eV."""
        return self.column(layout.WALL_ENERGY.name)

    @property
    def user_energies(self) -> Floats:
        """(F,) potential energy of all hands, eV."""
        return self.column(layout.USER_ENERGY.name)

    @property
    def user_work(self) -> Floats:
        """(F,) work done by the hands since the last reset, eV."""
        return self.column(layout.USER_WORK.name)

    @property
    def columns(self) -> Mapping[str, FrameColumn]:
        """name -> each column that is recorded for every frame, with its unit."""
        return self._columns

    def column(self, name: str) -> NDArray[Any]:
        """(F, ...) a column of :attr:`columns`, in ASE's units if atomtug defines it, otherwise in its own.

        Raises:
            RecordingError: there is none of that name
        """
        return self._kept(name, lambda _: frozen(self.part(name, 0, len(self))))

    def part(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """(stop - start, ...) of a column, read from the file at each call: for recordings larger than memory.

        Raises:
            RecordingError: there is none of that name
        """
        if name not in self._columns:
            raise RecordingError(
                f"{self.path} has no column {name!r}; it has {', '.join(sorted(self._columns))}."
            )
        column = self._columns[name]
        return self._source.read(lambda file: read_column(file, column, start, stop))

    @property
    def events(self) -> tuple[Event, ...]:
        """The journal, in order."""
        return self._kept("events", lambda file: read_events(file, self._extent))

    @property
    def engines(self) -> tuple[str, ...]:
        """Names of the engines used, in the order of their first use."""
        names = (str(event.data.get("name")) for event in self.events if event.kind == journal.ENGINE)
        return tuple(dict.fromkeys(names))

    def bonds(self, index: int) -> Ints:
        """(B, 2) the pairs bonded in a frame."""
        changes = self.bond_changes
        place = bisect_right(changes, self._index(index), key=lambda change: change[0]) - 1
        return changes[place][1] if place >= 0 else np.empty((0, 2), dtype=np.int64)

    @property
    def bond_changes(self) -> tuple[tuple[int, Ints], ...]:
        """(frame, (B, 2) pairs) for each set of bonds, which holds from that frame on."""
        return self._kept("bond_changes", lambda file: read_bond_changes(file, self._extent))

    @property
    def interactions(self) -> InteractionTable:
        """The interactions, a row for each one in each frame; its ``events`` index :attr:`events`."""
        return self._kept("rows", lambda file: read_table(file, 0, len(self)))

    def people(self, index: int) -> dict[str, Any]:
        """The avatars and rooms of people in a frame, by key of the shared state."""
        changes = self._kept("people", lambda _: self._person_changes())
        found = {
            key: values[bisect_right(frames, index) - 1]
            for key, (frames, values) in changes.items()
            if frames[0] <= index
        }
        return {key: value for key, value in found.items() if value is not None}

    def _person_changes(self) -> dict[str, tuple[list[int], list[Any]]]:
        """By key: the frames from which on each value holds, and the values."""
        changes: dict[str, tuple[list[int], list[Any]]] = {}
        for event in self.events:
            if event.kind == journal.PERSON:
                frames, values = changes.setdefault(str(event.data.get("key")), ([], []))
                frames.append(event.frame)
                values.append(event.data.get("value"))
        return changes

    def frame(self, index: int) -> Frame:
        """One frame, complete; negative indices count from the end.

        Raises:
            IndexError: there is none
        """
        index = self._index(index)
        return next(self.frames(index, index + 1))

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames ``start`` to ``stop`` (not included), one after the other."""
        stop = len(self) if stop is None else min(stop, len(self))
        events, engines = self.events, self.engines
        _ = self.bond_changes  # read before, as bonds() is asked for while the file is
        for first in range(start, stop, _BLOCK):
            last = min(first + _BLOCK, stop)
            yield from self._source.read(
                lambda file, a=first, b=last: list(read_frames(file, events, engines, self.bonds, a, b))  # type: ignore[misc]
            )

    def _index(self, index: int) -> int:
        if not -len(self) <= index < len(self):
            raise IndexError(f"{self.path} has {len(self)} frames: there is none with index {index}")
        return index % len(self)

    def _whole(self, table: TableDataset) -> NDArray[Any]:
        return self._kept(table.path, lambda file: frozen(read_dataset(file, table, 0, len(self))))

    def _kept(self, name: str, read: Callable[[h5py.File], _Value]) -> _Value:
        """What ``read`` returns for the file, cached until the next :meth:`refresh`."""
        if name not in self._cache:
            self._cache[name] = self._source.read(read)
        value: _Value = self._cache[name]
        return value
