"""What keeps everything in reach: a soft spherical wall, and a gentle restraint of the common centre of mass."""

from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats

STIFFNESS = 0.5
"""eV/angstrom^2."""
STRONGEST = 1.0
"""eV/angstrom. Farther out the wall pushes with this constant force, so that a fragment that was pulled far out
is not shot back when it is let go."""
MARGIN = 5.0
"""angstrom between the outermost atom of the starting geometry and the wall, unless told otherwise."""
CENTRING = 3.0
"""1/ps, what ``atomtug serve`` takes for :attr:`~atomtug.server.dynamics.settings.DynamicsSettings.centring`. At
300 K methane and CN (42 amu) stay within some 0.8 angstrom of where they started, and swing back in 2 ps."""


def centre_of_mass(positions: Floats, masses: Floats) -> Floats:
    """(3,) angstrom, of positions (N, 3) and masses (N, 1)."""
    centre: Floats = (masses * positions).sum(axis=0) / masses.sum()
    return centre


class Confinement(NamedTuple):
    """Where everything is to stay.

    ``centre`` (3,) angstrom, of wall and restraint; ``radius`` of the wall, angstrom, infinite for no wall;
    ``frequency`` of the restraint of the centre of mass, 1/ASE time unit, 0 for none.
    """

    centre: Floats
    radius: float
    frequency: float


def default_radius(positions: Floats) -> float:
    """Radius (angstrom) that leaves a starting geometry (N, 3), from the wall's centre, room to be pulled apart."""
    return float(np.linalg.norm(positions, axis=1).max()) + MARGIN


def wall_force(positions: Floats, radius: float) -> tuple[float, Floats]:
    """Energy (eV) and forces (N, 3) (eV/angstrom) on atoms outside ``radius`` (angstrom).

    The energy is harmonic in the distance beyond the wall, then linear; energy and force are continuous.

    Args:
        positions: (N, 3) angstrom, from the wall's centre
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


def centring_force(positions: Floats, masses: Floats, frequency: float) -> tuple[float, Floats]:
    """Energy (eV) and forces (N, 3) (eV/angstrom) of a harmonic restraint of the common centre of mass R.

    The energy is M w^2 R^2 / 2, with M the total mass and w the angular frequency, so that the force on atom i is
    -m_i w^2 R. All atoms get the same acceleration: what they do to each other and how they turn is left alone.

    Args:
        positions: (N, 3) angstrom, from where the centre of mass is to be
        masses: (N, 1) amu
        frequency: w, 1/ASE time unit; 0 for no restraint
    """
    centre = centre_of_mass(positions, masses)
    stiffness = frequency * frequency
    energy = float(0.5 * masses.sum() * stiffness * (centre @ centre))
    return energy, -stiffness * masses * centre


def confining_force(positions: Floats, masses: Floats, confinement: Confinement) -> tuple[float, Floats]:
    """Energy (eV) and forces (N, 3) (eV/angstrom) of wall and restraint on positions (N, 3), masses (N, 1)."""
    placed = positions - confinement.centre
    energy, forces = wall_force(placed, confinement.radius)
    if confinement.frequency:
        restraint, centring = centring_force(placed, masses, confinement.frequency)
        energy, forces = energy + restraint, forces + centring
    return energy, forces
