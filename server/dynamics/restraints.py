"""Restraints that clients ask for as interactions of a type of their own, whatever the force law: a distance."""

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.server.dynamics.force_laws import ActiveInteraction, ForceLawResult, centre_of
from atomtug.wire.interactions import SPRING_CONSTANT

RESTRAINTS = frozenset({"distance"})
"""Types of interactions that are restraints."""


def distance_restraint(
    interaction: ActiveInteraction, positions: Floats, masses: Floats, other: Floats
) -> ForceLawResult:
    """A spring that keeps the centre of mass of some atoms at a distance from a point.

    With d from ``other`` to the centre, L the interaction's ``length`` and k = 2 scale kJ/mol/nm^2, the energy is
    k (|d| - L)^2 / 2 and the force on the centre -k (|d| - L) d / |d|; where k (|d| - L) exceeds ``max_force``, the
    energy goes on linearly. Each atom gets its share of the force by mass.

    Args:
        interaction: of type ``distance``
        positions: (n, 3) of its atoms, nm
        masses: (n,) of its atoms, amu
        other: (3,) the centre of mass of its counter particles, or its position, nm
    """
    d = centre_of(positions, masses) - other
    far = float(np.sqrt(d @ d))
    way = d / far if far > 0 else np.array([0.0, 0.0, 1.0])
    stiffness = SPRING_CONSTANT * interaction.scale
    beyond = far - interaction.length
    reach = abs(interaction.max_force / stiffness) if stiffness else np.inf
    near = float(np.clip(beyond, -reach, reach))
    energy = stiffness * near * (beyond - near / 2)
    force = -stiffness * near * way
    return ForceLawResult(float(energy), (masses / masses.sum())[:, None] * force)
