"""Writing a recording while the simulation runs."""

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomtug.core.closing import Closing
from atomtug.core.errors import RecordingError
from atomtug.core.frame import AppliedInteraction, Frame
from atomtug.core.systems import System
from atomtug.recordings import events, layout
from atomtug.recordings.bond_orders import recorded_orders
from atomtug.recordings.commit import CommitMark, Extent, close_without_writing, reason
from atomtug.recordings.create import create_file
from atomtug.recordings.events import EventValue
from atomtug.recordings.growing import GrowingDataset
from atomtug.recordings.layout import FrameColumn

FLUSH_INTERVAL = 0.5
"""Seconds between flushes: about the most that is lost when the process is killed."""
SPARE_BYTES = 8 * 2**20
"""Free bytes on the disk below which recording stops, so that the file can still be closed properly."""


class RecordingWriter(Closing):
    """A new recording, written frame by frame; readers can follow it while it grows (HDF5's SWMR mode).

    Rows wait in memory and are written in batches, every :data:`FLUSH_INTERVAL` seconds. That is checked when
    something is appended: call :meth:`flush` when nothing was appended for a while. Use it from one thread only.

    Args:
        path: the new file; folders are created, an existing file is never changed
        system: the simulated system
        provenance: engine and its settings, dynamics, seed and more: anything JSON can hold. Creation time,
            versions and the system's description are added.
        columns: further columns for each frame, e.g. ``FrameColumn("uncertainty", "kJ mol-1")``
            or, for each atom, ``FrameColumn("force_uncertainty", "kJ mol-1 nm-1", per_atom=True)``

    Raises:
        RecordingError: the file exists or can't be written
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        system: System,
        provenance: Mapping[str, Any],
        columns: Sequence[FrameColumn] = (),
    ) -> None:
        self.path = Path(path)
        self._atoms = len(system.numbers)
        self._extra = {column.name: column for column in columns}
        self._file = create_file(self.path, system, provenance, columns)
        self._mark = CommitMark(self.path, self._file[layout.COMMITTED])
        self._closed = False
        self._failure: str | None = None
        self._frames = 0
        self._flushed = time.monotonic()
        self._engines: dict[str, int] = {}
        self._definitions: dict[str, tuple[int, str]] = {}
        self._ended: set[str] = set()
        self._bonds: NDArray[np.int64] | None = None
        self._open_series(columns)

    def __len__(self) -> int:
        """Frames appended so far."""
        return self._frames

    def append(
        self,
        frame: Frame,
        bonds: NDArray[np.integer[Any]],
        wall_clock: float | None = None,
        extra: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        """Record one frame.

        Args:
            frame: copied, so its arrays may be reused
            bonds: (B, 2) pairs of bonded atoms
            wall_clock: seconds since 1970, by default now
            extra: values of the columns declared at creation, in their own units; a missing one is taken from the
                frame if its column says how, otherwise it is NaN

        Raises:
            RecordingError: the file can't be written any more; what was flushed remains. Or the frame does not fit,
                and the recording goes on without it
        """
        self._check_open()
        if frame.positions.shape != (self._atoms, 3):
            raise RecordingError(
                f"A frame of {len(frame.positions)} atoms can't go into {self.path}, which is of "
                f"{self._atoms}: start a new recording for another system."
            )
        now = time.time() if wall_clock is None else wall_clock
        orders = None if frame.electrons is None else frame.electrons.bond_orders
        if orders is not None and layout.BOND_ORDER.name in self._extra:
            extra = {layout.BOND_ORDER.name: recorded_orders(orders, bonds), **(extra or {})}
        values = {name: self._extra_value(name, frame, extra) for name in self._extra_series}
        # From here on nothing may fail: each column gets a row.
        if frame.engine not in self._engines:
            self._note(events.ENGINE, {"name": frame.engine})
        for add, of in self._takers:
            add(of(frame))
        self._engine.add(self._engines[frame.engine])
        self._wall_clock.add(now)
        for name, series in self._extra_series.items():
            series.add(values[name])
        self._append_bonds(bonds)
        for interaction in frame.interactions:
            self._append_interaction(interaction)
        self._frame_end.add(self._row_event.total)
        self._frames += 1
        self._flush_when_due()

    def _extra_value(self, name: str, frame: Frame, extra: Mapping[str, ArrayLike] | None) -> ArrayLike:
        of = self._extra[name].of
        said: Mapping[str, ArrayLike | None] = extra or {}
        value = said[name] if name in said else None if of is None else of(frame)
        if value is None:
            return self._missing[name]
        given, shape = np.asarray(value), self._missing[name].shape
        if given.shape != shape or given.dtype.kind not in "biuf":
            raise RecordingError(
                f"Values of {name} for a frame of {self.path} have to be numbers of the shape {shape}, not "
                f"{given.dtype} of {given.shape}: the frame is not recorded."
            )
        return value

    def event(self, kind: str, /, **data: EventValue) -> None:
        """Append an event, with the index of the next frame and the time of day.

        An ``interaction`` event that equals the last one of its ``key``, apart from ``position``, is left out: it may
        be passed each time the hand moves.

        Args:
            kind: a constant of :mod:`atomtug.recordings.events`, or any other word
            data: JSON values and numpy arrays

        Raises:
            RecordingError: the file can't be written any more
        """
        self.note(kind, data)

    def note(self, kind: str, data: Mapping[str, EventValue], wall_clock: float | None = None) -> None:
        """As :meth:`event`; ``wall_clock`` says when it was, seconds since 1970, by default now."""
        self._check_open()
        self._note(kind, dict(data), wall_clock)
        self._flush_when_due()

    def flush(self) -> None:
        """Write what waits in memory, so that readers see it and a crash does not lose it.

        Raises:
            RecordingError: the disk is full or fails, and what was flushed before remains readable; or the file has
                been deleted
        """
        self._check_open()
        self._flushed = time.monotonic()
        pending = sum(series.pending_bytes for series in self._series)
        if not pending:
            return
        self._check_room(pending)
        if self._mark.is_deleted:
            self._fail("the file was deleted", "start a new recording")
        try:
            for series in self._series:
                series.write()
            self._file.flush()
            self._mark.set(Extent(self._frames, self._event_end.total, self._bond_frame.total))
        except (OSError, RuntimeError) as error:
            close_without_writing(self._file)
            self._fail(reason(error))

    def close(self) -> None:
        """Write what waits in memory and close the file properly. Closing twice is allowed.

        Raises:
            RecordingError: the last frames could not be written
        """
        if self._closed:
            return
        try:
            if self._failure is None:
                self.flush()
        finally:
            self._closed = True
            self._close_file()

    def _open_series(self, columns: Sequence[FrameColumn]) -> None:
        tables = {table.path: GrowingDataset(self._file[table.path], table.factor) for table in layout.TABLES}
        self._event_text, self._event_end = tables[layout.EVENT_TEXT.path], tables[layout.EVENT_END.path]
        self._bond_pairs = tables[layout.BOND_PAIRS.path]
        self._bond_end, self._bond_frame = tables[layout.BOND_END.path], tables[layout.BOND_FRAME.path]
        self._row_event = tables[layout.ROW_EVENT.path]
        self._row_position = tables[layout.ROW_POSITION.path]
        self._row_energy = tables[layout.ROW_ENERGY.path]
        self._row_end = tables[layout.ROW_END.path]
        self._row_particle = tables[layout.ROW_PARTICLE.path]
        self._row_force = tables[layout.ROW_FORCE.path]
        self._frame_end = tables[layout.FRAME_END.path]
        usual = {column.name: self._column(column) for column in layout.COLUMNS}
        step, clock = (GrowingDataset(self._file[t.path], t.factor) for t in (layout.STEPS, layout.TIMES))
        self._engine, self._wall_clock = usual[layout.ENGINE.name], usual[layout.WALL_CLOCK.name]
        self._extra_series = {column.name: self._column(column) for column in columns}
        self._missing = {
            column.name: np.full(column.shape(self._atoms), np.nan if column.dtype.startswith("f") else 0)
            for column in columns
        }
        self._takers = [(usual[c.name].add, c.of) for c in layout.COLUMNS if c.of is not None]
        self._takers += [(step.add, lambda frame: frame.step), (clock.add, lambda frame: frame.time)]
        self._series = [*tables.values(), *self._extra_series.values(), *usual.values(), step, clock]

    def _column(self, column: FrameColumn) -> GrowingDataset:
        return GrowingDataset(self._file[column.value], column.factor)

    def _note(self, kind: str, data: dict[str, EventValue], wall_clock: float | None = None) -> None:
        if kind == events.INTERACTION:
            data.pop("position", None)
            key, said = str(data.get("key")), json.dumps(data, sort_keys=True, default=events.plain)
            if key not in self._ended and key in self._definitions and self._definitions[key][1] == said:
                return
        text = events.encode(
            events.Event(kind, self._frames, time.time() if wall_clock is None else wall_clock, data)
        )
        index = self._event_end.total
        if kind == events.INTERACTION:
            self._definitions[key] = (index, said)
            self._ended.discard(key)
        elif kind == events.INTERACTION_END:
            # Its definition stays: frames that come later may still refer to it.
            self._ended.add(str(data.get("key")))
        elif kind == events.ENGINE:
            self._engines.setdefault(str(data.get("name")), len(self._engines))
        self._event_text.extend(np.frombuffer(text, dtype=np.uint8))
        self._event_end.add(self._event_text.total)

    def _append_bonds(self, bonds: NDArray[np.integer[Any]]) -> None:
        if self._bonds is not None and self._bonds.shape == bonds.shape and (self._bonds == bonds).all():
            return
        self._bonds = np.array(bonds, dtype=np.int64).reshape(-1, 2)
        self._bond_pairs.extend(self._bonds)
        self._bond_end.add(self._bond_pairs.total)
        self._bond_frame.add(self._frames)

    def _append_interaction(self, interaction: AppliedInteraction) -> None:
        if interaction.key not in self._definitions:
            self._note(events.INTERACTION, {"key": interaction.key})
        self._row_event.add(self._definitions[interaction.key][0])
        self._row_position.add(interaction.position)
        self._row_energy.add(interaction.energy)
        self._row_particle.extend(interaction.particles)
        self._row_force.extend(interaction.forces)
        self._row_end.add(self._row_particle.total)

    def _flush_when_due(self) -> None:
        if time.monotonic() - self._flushed >= FLUSH_INTERVAL:
            self.flush()

    def _check_open(self) -> None:
        if self._failure is not None:
            raise RecordingError(self._failure)
        if self._closed:
            raise RecordingError(f"{self.path} is closed: start a new recording to go on.")

    def _check_room(self, needed: int) -> None:
        """Stop while the file can still be closed properly: HDF5 can crash on a full disk."""
        try:
            free = shutil.disk_usage(self.path.parent).free
        except OSError:
            return
        if free < SPARE_BYTES + 2 * needed:
            self._fail("the disk is full")

    def _fail(
        self,
        reason: str,
        advice: str = "what was written until then can be read; make room or choose another folder, and start a new "
        "recording",
    ) -> None:
        self._failure = f"Recording to {self.path} stopped because {reason}: {advice}."
        self._closed = True
        self._close_file()
        raise RecordingError(self._failure)

    def _close_file(self) -> None:
        self._mark.close()
        if not self._file:  # a failed write closed it
            return
        try:
            self._file.close()
        except (OSError, RuntimeError) as error:
            close_without_writing(self._file)
            raise RecordingError(
                f"{self.path} could not be closed properly because {reason(error)}: what was flushed "
                f"before can be read."
            ) from error
