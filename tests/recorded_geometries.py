"""Recordings of geometries that a test chooses."""

from pathlib import Path

import numpy as np

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.units import FS
from atomtug.recordings import RecordingWriter, events


def write_systems(path: Path, systems: list[System], engine: str, undone_at: int | None = None) -> Path:
    """Record geometries of one system, a frame each 10 fs; an undo leads to that with index ``undone_at``."""
    with RecordingWriter(path, systems[0], {"engine": engine}) as writer:
        bonds = None
        for number, system in enumerate(systems):
            if number == undone_at:
                writer.event(events.RUN)
            nothing = np.zeros_like(system.positions)
            bonds = perceive_bonds(system.numbers, system.positions, bonds)
            writer.append(
                Frame(
                    step=20 * number,
                    time=10 * number * FS,
                    positions=system.positions,
                    velocities=nothing,
                    energy=0.0,
                    forces=nothing,
                    kinetic_energy=0.0,
                    temperature=0.0,
                    wall_energy=0.0,
                    wall_forces=nothing,
                    user_forces=nothing,
                    user_work=0.0,
                    interactions=(),
                    engine=engine,
                ),
                bonds,
            )
    return path
