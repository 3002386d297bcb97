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
from atomtug.recordings.runs import flown_apart, runs


def write_extxyz(recordings: Sequence[Recording], path: Path, progress: Callable[[int], object]) -> None:
    """Write one block for each frame. ``energy`` and ``forces`` are the engine's alone, to be trained on.

    ``run`` counts resets; ``flown_apart`` marks frames at the end of a run in which fragments have.
    """
    (recording,) = recordings
    with path.open("w", encoding="utf-8") as stream:
        for number, run in enumerate(runs(recording)):
            apart = flown_apart(recording, run)
            for index, frame in enumerate(recording.frames(run.start, run.stop), run.start):
                atoms = as_atoms(frame, recording.system)
                atoms.info |= {"run": number, "flown_apart": index in apart}
                write_xyz(stream, atoms)
                progress(1)


def as_atoms(frame: Frame, system: System) -> Any:
    """A frame as :class:`ase.Atoms`, with energy, forces and, where they were recorded, charges from the engine."""
    atoms = ase.Atoms(system.numbers, frame.positions, velocities=frame.velocities)
    electrons = frame.electrons
    of_electrons = {} if electrons is None else {"charges": electrons.charges}
    atoms.calc = SinglePointCalculator(atoms, energy=frame.energy, forces=frame.forces, **of_electrons)
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
    if electrons is not None and electrons.spins is not None:
        atoms.set_array("spins", electrons.spins)
    if electrons is not None and electrons.spin_square is not None:
        atoms.info["spin_square"] = electrons.spin_square
    return atoms
