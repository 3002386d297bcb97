"""Reading a recording: finished, still being written, or left behind by a killed writer."""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from atomtug.errors import InputError, RecordingError
from atomtug.frame import Floats, Frame, Ints
from atomtug.recordings import events as journal
from atomtug.recordings import layout
from atomtug.recordings.events import Event
from atomtug.recordings.interactions import InteractionTable, definition, frames_complete, read_table
from atomtug.recordings.layout import Column, Dataset
from atomtug.recordings.opening import open_file, reading
from atomtug.systems import System

_BLOCK = 256
"""Frames read at once when all are wanted one after the other."""


class Recording:
    """A recording, open for reading. Numbers come in ASE's units, whatever the file has.

    ``F`` is the number of frames, ``N`` of atoms. Arrays over all frames are read when asked for, kept, and
    read-only; :meth:`frame` reads one frame only.

    Args:
        path: of the file

    Raises:
        RecordingError: no such file, not a recording, or damaged
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._file, self.closed = open_file(self.path)
        """``closed``: whether the writer closed it; if not, it is at work or was killed."""
        self._frames = 0
        self._cache: dict[str, Any] = {}
        try:
            with reading(self.path):
                extra = json.loads(self._file.attrs[layout.EXTRA_COLUMNS])
                self._columns = {column.name: column for column in layout.COLUMNS}
                self._columns |= {name: self._find_column(name) for name in extra}
            self._count()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        """F, the number of complete frames."""
        return self._frames

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def refresh(self) -> int:
        """See what a live writer has added since; returns the number of frames.

        Raises:
            RecordingError: the file is damaged
        """
        if not self.closed:
            with reading(self.path):
                for path in self._growing:
                    self._file[path].id.refresh()
            self._cache.clear()
            self._count()
        return self._frames

    @cached_property
    def provenance(self) -> Mapping[str, Any]:
        """Engine, settings, versions, seed, ... as the writer gave and completed them."""
        with reading(self.path):
            facts: dict[str, Any] = json.loads(self._file[layout.PARAMETERS].attrs["provenance"])
            return facts

    @cached_property
    def system(self) -> System:
        """The atoms, charge, multiplicity and starting geometry."""
        with reading(self.path):
            group = self._file[layout.SYSTEM]
            name, charge = str(group.attrs["name"]), int(group.attrs["charge"])
            multiplicity = int(group.attrs["multiplicity"])
            numbers = self._file[layout.SPECIES][:]
            positions = group["position"][:] / layout.POSITION.factor
        try:
            return System(name, numbers, positions, charge, multiplicity)
        except InputError as error:
            raise RecordingError(f"{self.path} is damaged: {error}") from error

    @property
    def steps(self) -> Ints:
        """(F,) MD steps since the last reset."""
        return self._table(layout.STEPS)

    @property
    def times(self) -> Floats:
        """(F,) time since the last reset, ASE's unit."""
        return self._table(layout.TIMES)

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
    def columns(self) -> Mapping[str, Column]:
        """What is recorded for each frame, with units; also the optional columns of this file."""
        return self._columns

    def column(self, name: str) -> NDArray[Any]:
        """(F, ...) any column of :attr:`columns`, in ASE's units if it is a usual one, else in its own.

        Raises:
            RecordingError: there is none of that name
        """
        if name not in self._columns:
            raise RecordingError(
                f"{self.path} has no column {name!r}; it has {', '.join(sorted(self._columns))}."
            )
        if name not in self._cache:
            self._cache[name] = _frozen(self._read_column(self._columns[name], 0, self._frames))
        return self._cache[name]  # type: ignore[no-any-return]

    @property
    def events(self) -> tuple[Event, ...]:
        """The journal, in order."""
        if "events" not in self._cache:
            with reading(self.path):
                text = self._file[layout.EVENT_TEXT.path][:].tobytes()
                ends = self._file[layout.EVENT_END.path][:]
                ends = ends[ends <= len(text)]
                starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
                lines = [text[a:b] for a, b in zip(starts, ends, strict=True)]
                self._cache["events"] = tuple(journal.decode(line) for line in lines)
        return self._cache["events"]  # type: ignore[no-any-return]

    @property
    def engines(self) -> tuple[str, ...]:
        """Names of the engines used, in the order of their first use."""
        names = (str(event.data.get("name")) for event in self.events if event.kind == journal.ENGINE)
        return tuple(dict.fromkeys(names))

    def bonds(self, index: int) -> Ints:
        """(B, 2) the pairs bonded in a frame."""
        changes = self.bond_changes
        starts = [frame for frame, _ in changes]
        place = int(np.searchsorted(starts, self._index(index), side="right")) - 1
        return changes[place][1] if place >= 0 else np.empty((0, 2), dtype=np.int64)

    @property
    def bond_changes(self) -> tuple[tuple[int, Ints], ...]:
        """(frame, (B, 2) pairs) for each set of bonds, which holds from that frame on."""
        if "bond_changes" not in self._cache:
            with reading(self.path):
                pairs = self._file[layout.BOND_PAIRS.path][:].astype(np.int64)
                ends = self._file[layout.BOND_END.path][:]
                frames = self._file[layout.BOND_FRAME.path][:]
            whole = min(len(frames), int(np.searchsorted(ends, len(pairs), side="right")))
            parts = np.split(pairs, ends[:whole])[:whole]
            self._cache["bond_changes"] = tuple(
                (int(frame), _frozen(part))
                for frame, part in zip(frames[:whole], parts, strict=True)
                if frame < self._frames
            )
        return self._cache["bond_changes"]  # type: ignore[no-any-return]

    @property
    def interactions(self) -> InteractionTable:
        """What the hands did, a row for each hand and frame; ``events[row.event]`` tells whose hand it is."""
        if "interactions" not in self._cache:
            with reading(self.path):
                self._cache["interactions"] = read_table(self._file, 0, self._frames)
        return self._cache["interactions"]  # type: ignore[no-any-return]

    def frame(self, index: int) -> Frame:
        """One frame, complete; negative indices count from the end.

        Raises:
            IndexError: there is none
        """
        index = self._index(index)
        return next(self.frames(index, index + 1))

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames ``start`` to ``stop`` (not included), one after the other."""
        stop = self._frames if stop is None else min(stop, self._frames)
        for first in range(start, stop, _BLOCK):
            yield from self._block(first, min(first + _BLOCK, stop))

    def _block(self, start: int, stop: int) -> Iterator[Frame]:
        columns = {
            name: self._read_column(column, start, stop)
            for name, column in self._columns.items()
            if column is not layout.FORCE
        }
        steps = self._read_table(layout.STEPS, start, stop)
        times = self._read_table(layout.TIMES, start, stop)
        with reading(self.path):
            table = read_table(self._file, start, stop)
        first_rows = np.searchsorted(table.frames, np.arange(start, stop + 1))
        events, engines = self.events, self.engines
        for k in range(stop - start):
            engine = int(columns[layout.ENGINE.name][k])
            hands = tuple(
                table.applied(row, str(definition(events, int(table.events[row])).get("key", "interaction")))
                for row in range(first_rows[k], first_rows[k + 1])
            )
            yield Frame(
                step=int(steps[k]),
                time=float(times[k]),
                positions=columns[layout.POSITION.name][k],
                velocities=columns[layout.VELOCITY.name][k],
                energy=float(columns[layout.POTENTIAL_ENERGY.name][k]),
                forces=columns[layout.ENGINE_FORCE.name][k],
                kinetic_energy=float(columns[layout.KINETIC_ENERGY.name][k]),
                temperature=float(columns[layout.TEMPERATURE.name][k]),
                wall_energy=float(columns[layout.WALL_ENERGY.name][k]),
                wall_forces=columns[layout.WALL_FORCE.name][k],
                user_forces=columns[layout.USER_FORCE.name][k],
                user_work=float(columns[layout.USER_WORK.name][k]),
                interactions=hands,
                engine=engines[engine] if 0 <= engine < len(engines) else "",
            )

    @property
    def _growing(self) -> list[str]:
        paths = [table.path for table in (layout.STEPS, layout.TIMES, *layout.TABLES)]
        return paths + [column.value for column in self._columns.values()]

    def _count(self) -> None:
        """Frames of which every part is there: a killed writer may have got further with some than others."""
        with reading(self.path):
            per_frame = [layout.STEPS.path, layout.TIMES.path, layout.FRAME_END.path]
            per_frame += [column.value for column in self._columns.values()]
            self._frames = frames_complete(self._file, min(len(self._file[path]) for path in per_frame))

    def _index(self, index: int) -> int:
        if not -self._frames <= index < self._frames:
            raise IndexError(f"{self.path} has {self._frames} frames: there is none with index {index}")
        return index % self._frames

    def _find_column(self, name: str) -> Column:
        for column in (Column(name, per_atom=True), Column(name)):
            if column.value in self._file:
                value = self._file[column.value]
                width = 1 if value.ndim == 1 + column.per_atom else int(value.shape[-1])
                unit = str(value.attrs.get("unit", ""))
                return Column(name, unit, column.per_atom, width, value.dtype.str[1:])
        raise KeyError(f"the column {name} is missing")

    def _read_column(self, column: Column, start: int, stop: int) -> NDArray[Any]:
        with reading(self.path):
            values = self._file[column.value][start:stop]
        if np.issubdtype(values.dtype, np.integer):
            return np.asarray(values)
        return np.asarray(values, dtype=np.float64) / column.factor

    def _read_table(self, table: Dataset, start: int, stop: int) -> NDArray[Any]:
        with reading(self.path):
            values = self._file[table.path][start:stop]
        return np.asarray(values) if table.factor == 1.0 else np.asarray(values) / table.factor

    def _table(self, table: Dataset) -> NDArray[Any]:
        if table.path not in self._cache:
            self._cache[table.path] = _frozen(self._read_table(table, 0, self._frames))
        return self._cache[table.path]  # type: ignore[no-any-return]


def _frozen(values: NDArray[Any]) -> NDArray[Any]:
    values.setflags(write=False)
    return values
