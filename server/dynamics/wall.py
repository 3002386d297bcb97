"""A soft spherical wall around the origin, so that fragments stay within reach."""

import numpy as np

from atomtug.core.arrays import Floats

STIFFNESS = 0.5
"""eV/angstrom^2."""
STRONGEST = 1.0
"""eV/angstrom. Farther out the wall pushes with this constant force, so that a fragment that was pulled far out
is not shot back when it is let go."""
MARGIN = 5.0
"""angstrom between the outermost atom of the starting geometry and the wall, unless told otherwise."""


def default_radius(positions: Floats) -> float:
    """Radius (angstrom) that leaves a starting geometry (N, 3) room to be pulled apart."""
    return float(np.linalg.norm(positions, axis=1).max()) + MARGIN


def wall_force(positions: Floats, radius: float) -> tuple[float, Floats]:
    """Energy (eV) and forces (N, 3) (eV/angstrom) on atoms outside ``radius`` (angstrom).

    The energy is harmonic in the distance beyond the wall, then linear; energy and force are continuous.

    Args:
        positions: (N, 3) angstrom
        radius: of the wall, angstrom; infinite for no wall
    """
    distances = np.sqrt(np.einsum("ik,ik->i", positions, positions))
    beyond = np.maximum(distances - radius, 0.0)
    if not beyond.any():
        return 0.0, np.zeros_like(positions)
    bend = STRONGEST / STIFFNESS
    near = np.minimum(beyond, bend)
    energy = float(np.sum(STIFFNESS * near**2 / 2 + STRONGEST * (beyond - near)))
    outwards = positions / np.maximum(distances, 1e-12)[:, None]
    return energy, -(STIFFNESS * near)[:, None] * outwards
