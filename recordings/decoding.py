"""Reading each part of a recording's file into ASE's units, for :class:`~atomtug.recordings.Recording`."""

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Ints
from atomtug.core.electrons import ElectronicStructure
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.recordings import events as journal
from atomtug.recordings import layout
from atomtug.recordings.bond_orders import matrix_of
from atomtug.recordings.commit import Extent
from atomtug.recordings.events import Event
from atomtug.recordings.interactions import key_of, read_atoms, read_ends, read_rows, read_table
from atomtug.recordings.layout import FrameColumn, TableDataset


def find_columns(file: h5py.File) -> dict[str, FrameColumn]:
    """The columns of a file: those of every recording, and those that this file declares."""
    columns = {column.name: column for column in layout.COLUMNS}
    known = {column.name: column for column in layout.LIVE_COLUMNS}
    for name in json.loads(file.attrs[layout.EXTRA_COLUMNS]):
        if name in known:
            columns[name] = known[name]
            continue
        per_atom = FrameColumn(name, per_atom=True).value in file
        value = file[FrameColumn(name, per_atom=per_atom).value]
        width = 1 if value.ndim == 1 + per_atom else int(value.shape[-1])
        columns[name] = FrameColumn(
            name, str(value.attrs.get("unit", "")), per_atom, width, value.dtype.str[1:]
        )
    return columns


def read_provenance(file: h5py.File) -> dict[str, Any]:
    """The provenance, as the writer completed it."""
    facts: dict[str, Any] = json.loads(file[layout.PARAMETERS].attrs["provenance"])
    return facts


def read_system(file: h5py.File) -> System:
    """The atoms in their starting geometry.

    Raises:
        InputError: they can't be simulated
    """
    group = file[layout.SYSTEM]
    described = read_provenance(file).get("system")
    notes = described.get("notes", ()) if isinstance(described, dict) else ()
    return System(
        name=str(group.attrs["name"]),
        numbers=file[layout.SPECIES][:],
        positions=group["position"][:] / layout.POSITION.factor,
        charge=int(group.attrs["charge"]),
        multiplicity=int(group.attrs["multiplicity"]),
        masses=file[layout.MASS][:],
        notes=tuple(map(str, notes)),
    )


def read_column(file: h5py.File, column: FrameColumn, start: int, stop: int) -> NDArray[Any]:
    """(stop - start, ...) of one column."""
    return read_rows(file, column.value, start, stop, column.factor)


def read_dataset(file: h5py.File, table: TableDataset, start: int, stop: int) -> NDArray[Any]:
    """(stop - start, ...) of a dataset that is no column."""
    return read_rows(file, table.path, start, stop, table.factor)


def read_events(file: h5py.File, extent: Extent) -> tuple[Event, ...]:
    """The journal.

    Raises:
        ValueError: the file is inconsistent
    """
    ends = [0, *read_ends(file, layout.EVENT_END, 0, extent.events).tolist()]
    text = read_rows(file, layout.EVENT_TEXT.path, 0, ends[-1]).tobytes()
    told = tuple(journal.decode(text[a:b]) for a, b in pairwise(ends))
    if not all(0 <= event.frame <= extent.frames for event in told):
        raise ValueError("an event of a frame that does not exist")
    return told


def read_bond_changes(file: h5py.File, extent: Extent) -> tuple[tuple[int, Ints], ...]:
    """(frame, (B, 2) pairs) of all sets of bonds, each from that frame on.

    Raises:
        ValueError: the file is inconsistent
    """
    count = extent.bond_changes
    ends = [0, *read_ends(file, layout.BOND_END, 0, count).tolist()]
    pairs = read_atoms(file, layout.BOND_PAIRS, 0, ends[-1])
    starts = read_ends(file, layout.BOND_FRAME, 0, count).tolist()
    if starts and starts[-1] >= extent.frames:
        raise ValueError("bonds of a frame that does not exist")
    return tuple((start, frozen(pairs[a:b])) for start, (a, b) in zip(starts, pairwise(ends), strict=True))


def read_frames(
    file: h5py.File,
    events: tuple[Event, ...],
    engines: tuple[str, ...],
    bonds: Callable[[int], Ints],
    start: int,
    stop: int,
) -> Iterator[Frame]:
    """Frames ``start`` to ``stop`` (not included), from one read of each dataset; ``bonds`` gives a frame's bonds."""
    read = {
        column.name: read_column(file, column, start, stop)
        for column in layout.COLUMNS
        if column is not layout.FORCE
    }
    live = [column for column in layout.LIVE_COLUMNS if column.value in file]
    read |= {column.name: read_column(file, column, start, stop) for column in live}
    steps = read_dataset(file, layout.STEPS, start, stop)
    times = read_dataset(file, layout.TIMES, start, stop)
    table = read_table(file, start, stop)
    rows = np.searchsorted(table.frames, np.arange(start, stop + 1))
    for k in range(stop - start):
        engine = int(read[layout.ENGINE.name][k])
        yield Frame(
            step=int(steps[k]),
            time=float(times[k]),
            positions=read[layout.POSITION.name][k],
            velocities=read[layout.VELOCITY.name][k],
            energy=float(read[layout.POTENTIAL_ENERGY.name][k]),
            forces=read[layout.ENGINE_FORCE.name][k],
            kinetic_energy=float(read[layout.KINETIC_ENERGY.name][k]),
            temperature=float(read[layout.TEMPERATURE.name][k]),
            wall_energy=float(read[layout.WALL_ENERGY.name][k]),
            wall_forces=read[layout.WALL_FORCE.name][k],
            user_forces=read[layout.USER_FORCE.name][k],
            user_work=float(read[layout.USER_WORK.name][k]),
            interactions=tuple(
                table.applied(row, key_of(events, int(table.events[row])))
                for row in range(rows[k], rows[k + 1])
            ),
            engine=engines[engine] if 0 <= engine < len(engines) else "",
            **_uncertainty(read, k),
            electrons=_electrons(read, k, bonds(start + k)),
        )


def _uncertainty(read: dict[str, NDArray[Any]], k: int) -> dict[str, Any]:
    """The uncertainty and energy offset of frame ``k``; empty where they were not recorded."""
    if layout.UNCERTAINTY.name not in read or layout.ENERGY_OFFSET.name not in read:
        return {}
    told: dict[str, Any] = {"energy_offset": float(read[layout.ENERGY_OFFSET.name][k])}
    uncertainty = float(read[layout.UNCERTAINTY.name][k])
    if not np.isnan(uncertainty):
        told["uncertainty"] = uncertainty
        if layout.ATOM_UNCERTAINTY.name in read:  # older files have that of energies
            told["atomic_uncertainty"] = read[layout.ATOM_UNCERTAINTY.name][k]
    return told


def _electrons(read: dict[str, NDArray[Any]], k: int, bonds: Ints) -> ElectronicStructure | None:
    """What was recorded of the electrons of frame ``k``; None where nothing was. Only ``bonds`` have orders."""
    if any(column.name not in read for column in (layout.CHARGE, layout.SPIN, layout.SPIN_SQUARE)):
        return None
    charges, spins = read[layout.CHARGE.name][k], read[layout.SPIN.name][k]
    spin_square = float(read[layout.SPIN_SQUARE.name][k])
    if np.isnan(charges).any():
        return None
    return ElectronicStructure(
        charges,
        None if np.isnan(spins).any() else spins,
        matrix_of(read[layout.BOND_ORDER.name][k], bonds) if layout.BOND_ORDER.name in read else None,
        spin_square=None if np.isnan(spin_square) else spin_square,
    )


def frozen(values: NDArray[Any]) -> NDArray[Any]:
    """The same array, read-only, because cached arrays are shared by all callers."""
    values.setflags(write=False)
    return values
