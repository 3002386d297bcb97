"""Small molecules and recordings for the trainer's tests."""

from pathlib import Path

import numpy as np

from atomtug import Frame, System
from atomtug.recordings import RecordingWriter
from atomtug.trainer.dft import Theory

TINY = Theory("pbe", "sto-3g", grid="0")
CN = System("cn", np.array([6, 7]), np.array([[0.0, 0.0, 0.0], [0.1, -0.2, 1.15]]), multiplicity=2)
HCN = System("hcn", np.array([1, 6, 7]), np.array([[0.1, 0.2, -1.05], [0.0, 0.0, 0.0], [0.1, -0.2, 1.15]]))
H2 = System("h2", np.array([1, 1]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.75]]))


def stretched(system: System, frames: int, step: float = 0.02) -> list[np.ndarray]:
    """Geometries in which the last atom moves away along z."""
    geometries = []
    for frame in range(frames):
        positions = system.positions.copy()
        positions[-1, 2] += step * frame
        geometries.append(positions)
    return geometries


def record(path: Path, system: System, geometries: list[np.ndarray], engine: str = "pm6") -> Path:
    """A recording whose engine says energy = frame number (eV) and forces = 0.1 * frame number (eV/A)."""
    nothing = np.zeros_like(system.positions)
    with RecordingWriter(path, system, {"engine": engine, "file": path.name}) as writer:
        for number, positions in enumerate(geometries):
            frame = Frame(
                number, 0.05 * number, positions, nothing, float(number), nothing + 0.1 * number,
                0.0, 0.0, 0.0, nothing, nothing, 0.0, (), engine,
            )  # fmt: skip
            writer.append(frame, np.array([[0, 1]]))
    return path
