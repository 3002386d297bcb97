"""Export to plain H5MD 1.1: a compressed file that holds only what H5MD describes."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import numpy as np

from atomtug.core.arrays import Ints
from atomtug.core.hdf5 import written_at_once
from atomtug.recordings import layout
from atomtug.recordings.create import describe_atoms, describe_h5md
from atomtug.recordings.layout import ENGINE, WALL_CLOCK
from atomtug.recordings.provenance import flat
from atomtug.recordings.reactions import elapsed_ps
from atomtug.recordings.reader import Recording
from atomtug.recordings.runs import continued

_BLOCK = 2048
_CHUNK_BYTES = 2**18


def write_h5md(recordings: Sequence[Recording], path: Path, progress: Callable[[int], object]) -> None:
    """Write positions, velocities, all forces, energies and bonds over time, in nm, ps and kJ/mol.

    Steps and times go on over runs, since H5MD wants them ascending.
    """
    (recording,) = recordings
    columns = [column for column in recording.columns.values() if column not in (ENGINE, WALL_CLOCK)]
    frames, atoms = len(recording), len(recording.system.numbers)
    with written_at_once(path) as file:
        describe_h5md(file, recording.provenance)
        describe_atoms(file, recording.system)
        for name, value in flat(recording.provenance).items():
            file.require_group(layout.PARAMETERS).attrs[name] = value
        file[layout.PARAMETERS].attrs["provenance"] = json.dumps(recording.provenance)
        steps = continued(recording, recording.steps)
        file[layout.STEP] = steps
        file[layout.TIME] = elapsed_ps(recording)
        file[layout.TIME].attrs["unit"] = layout.PS
        for column in columns:
            shape = (frames, *column.shape(atoms))
            rows = max(1, min(frames, _CHUNK_BYTES // (8 * int(np.prod(shape[1:], dtype=int)))))
            file.create_dataset(
                column.value, shape, column.dtype, chunks=(rows, *shape[1:]), compression="gzip", shuffle=True
            )
            if column.unit:
                file[column.value].attrs["unit"] = column.unit
            if column.value != layout.POSITION.value:
                file[f"{column.element}/step"] = file[layout.STEP]
                file[f"{column.element}/time"] = file[layout.TIME]
        _write_bonds(file, recording, steps)
        for start in range(0, frames, _BLOCK):
            stop = min(start + _BLOCK, frames)
            for column in columns:
                file[column.value][start:stop] = recording.part(column.name, start, stop) * column.factor
            progress(stop - start)


def _write_bonds(file: h5py.File, recording: Recording, steps: Ints) -> None:
    """Bonds as an H5MD element: sampled where they change, filled up with -1 to the same number."""
    changes = recording.bond_changes
    widest = max((len(pairs) for _, pairs in changes), default=0)
    value = np.full((len(changes), widest, 2), -1, dtype=np.int32)
    for row, (_, pairs) in enumerate(changes):
        value[row, : len(pairs)] = pairs
    del file[layout.BONDS_AT_START]
    group = file.create_group(layout.BONDS_AT_START)
    group.attrs["particles_group"] = file[layout.ATOMS].ref
    group["value"] = value
    frames = [frame for frame, _ in changes]
    group["step"] = steps[frames]
    group["time"] = file[layout.TIME][:][frames]
    group["time"].attrs["unit"] = layout.PS
