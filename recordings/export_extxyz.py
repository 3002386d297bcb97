"""Export to extended XYZ, as ASE writes and reads it: angstrom, eV, and ASE's unit of momentum."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ase
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io.extxyz import write_xyz

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.units import PS_PER_TIME
from atomtug.recordings.reader import Recording


def write_extxyz(recordings: Sequence[Recording], path: Path, progress: Callable[[int], object]) -> None:
    """Write one block for each frame. ``energy`` and ``forces`` are the engine's alone, to be trained on."""
    (recording,) = recordings
    with path.open("w", encoding="utf-8") as stream:
        for frame in recording.frames():
            write_xyz(stream, as_atoms(frame, recording.system))
            progress(1)


def as_atoms(frame: Frame, system: System) -> Any:
    """A frame as :class:`ase.Atoms`, with energy and forces from the engine."""
    atoms = ase.Atoms(system.numbers, frame.positions, velocities=frame.velocities)
    atoms.calc = SinglePointCalculator(atoms, energy=frame.energy, forces=frame.forces)
    atoms.set_array("user_forces", frame.user_forces)
    atoms.set_array("wall_forces", frame.wall_forces)
    atoms.info = {
        "step": frame.step,
        "time_ps": frame.time * PS_PER_TIME,
        "temperature": frame.temperature,
        "user_energy": frame.user_energy,
        "user_work": frame.user_work,
        "wall_energy": frame.wall_energy,
        "engine": frame.engine,
        "charge": system.charge,
        "multiplicity": system.multiplicity,
    }
    return atoms
