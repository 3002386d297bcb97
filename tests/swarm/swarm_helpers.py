"""A recorded pull of a hydrogen from one methyl to the other, the same from both sides."""

from pathlib import Path

import numpy as np
from recorded_geometries import write_systems

from atomtug.core.systems import System

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
    return write_systems(path, [two_methyls(shift) for shift in SHIFTS[:frames]], "pm6")
