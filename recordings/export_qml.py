"""Export to the layout of the published data sets: angstrom, hartree, hartree/bohr; several recordings in a file."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from atomtug.core.errors import RecordingError
from atomtug.core.hdf5 import written_at_once
from atomtug.core.units import BOHR, HARTREE
from atomtug.recordings.layout import ENGINE_FORCE, POSITION
from atomtug.recordings.reader import Recording
from atomtug.recordings.runs import runs

_BLOCK = 2048


def write_qml(recordings: Sequence[Recording], path: Path, progress: Callable[[int], object]) -> None:
    """Write ``xyz``, ``zs``, the engine's ``ene`` and ``forces``, ``traj_idx`` and ``Filenumber``.

    ``traj_idx`` numbers the runs (from one reset to the next) of all recordings from 0, in the order given;
    ``Filenumber`` is a frame's place in its run.

    Raises:
        RecordingError: the recordings are not of the same atoms
    """
    first = recordings[0]
    for other in recordings[1:]:
        if not np.array_equal(other.system.numbers, first.system.numbers):
            raise RecordingError(
                f"{other.path} ({other.system.formula}) and {first.path} ({first.system.formula}) are not of "
                f"the same atoms in the same order: export them separately."
            )
    total, atoms = sum(len(recording) for recording in recordings), len(first.system.numbers)
    with written_at_once(path) as file:
        xyz = file.create_dataset("xyz", (total, atoms, 3), "f8")
        forces = file.create_dataset("forces", (total, atoms, 3), "f8")
        file["zs"] = np.tile(first.system.numbers.astype(np.int32), (total, 1))
        file["ene"] = np.concatenate([recording.energies for recording in recordings]) / HARTREE
        lengths = [len(run) for recording in recordings for run in runs(recording)]
        file["traj_idx"] = np.repeat(np.arange(len(lengths)), lengths)
        file["Filenumber"] = np.concatenate([np.arange(length) for length in lengths])
        for name, unit in (("xyz", "angstrom"), ("ene", "hartree"), ("forces", "hartree/bohr")):
            file[name].attrs["unit"] = unit
        place = 0
        for recording in recordings:
            for start in range(0, len(recording), _BLOCK):
                stop = min(start + _BLOCK, len(recording))
                rows = slice(place + start, place + stop)
                xyz[rows] = recording.part(POSITION.name, start, stop)
                forces[rows] = recording.part(ENGINE_FORCE.name, start, stop) * (BOHR / HARTREE)
                progress(stop - start)
            place += len(recording)
