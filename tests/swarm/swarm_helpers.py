"""A recorded pull of a hydrogen from one methyl to the other, the same from both sides."""

from pathlib import Path

import numpy as np

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.units import FS
from atomtug.recordings import RecordingWriter

SHIFTS = (-0.6, -0.3, 0.0, 0.3, 0.6)
"""angstrom of the hydrogen from the middle, by frame."""
MIDDLE = SHIFTS.index(0.0)
HALF = 1.35
"""angstrom from each carbon to the middle."""


def two_methyls(shift: float) -> System:
    """CH3-H-CH3, staggered: an inversion through the middle swaps the methyls."""
    carbon = np.array([0.0, 0.0, HALF + abs(shift) / 2])
    angles = np.deg2rad([0.0, 120.0, 240.0])
    hydrogens = carbon + np.stack([1.05 * np.cos(angles), 1.05 * np.sin(angles), np.full(3, 0.28)], axis=1)
    half = np.vstack([carbon, hydrogens])
    positions = np.vstack([half, -half, [[0.0, 0.0, shift]]])
    return System("methyls", np.array([6, 1, 1, 1, 6, 1, 1, 1, 1]), positions, 0, 2)


def write_transfer(path: Path, frames: int = len(SHIFTS)) -> Path:
    """Record the hydrogen's way, a frame each 10 fs."""
    with RecordingWriter(path, two_methyls(SHIFTS[0]), {"engine": "pm6"}) as writer:
        bonds = None
        for number, shift in enumerate(SHIFTS[:frames]):
            positions = two_methyls(shift).positions
            nothing = np.zeros_like(positions)
            bonds = perceive_bonds(two_methyls(shift).numbers, positions, bonds)
            writer.append(
                Frame(
                    step=20 * number,
                    time=10 * number * FS,
                    positions=positions,
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
                    engine="pm6",
                ),
                bonds,
            )
    return path
