"""What one hand does to some atoms, as a client thinks of it and as the shared state holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.units import NM_PER_ANGSTROM

PREFIX = "interaction."
"""Keys of the shared state that begin so are interactions."""
MAX_FORCE = 20000.0
"""kJ/mol/nm; what Narupa takes where nothing is said. PM6 holds a hydrogen of methane with 6100 at most."""
SPRING_UNIT = 2.0
"""kJ/mol/nm^2: the spring constant of an interaction of scale 1, by both force laws in the field."""


@dataclass(frozen=True)
class Interaction:
    """A spring from some atoms to a point in space.

    On one atom the force is ``k`` times the distance, whichever force law the server follows, because it is
    sent without mass weighting; on several, it acts on their centre.

    Args:
        particles: indices of the atoms held
        position: (3,) where the hand is, angstrom
        k: spring constant, kJ/mol/nm^2
        max_force: where the force levels off, kJ/mol/nm
        kind: ``spring``, or ``gaussian`` or ``constant`` for the other laws (``k`` then only sets the scale)
        reset_velocities: whether the server draws new velocities for these atoms at the end
        label: which hand it is, for people watching, e.g. ``hand.right``
    """

    particles: tuple[int, ...]
    position: NDArray[np.float64]
    k: float
    max_force: float = MAX_FORCE
    kind: str = "spring"
    reset_velocities: bool = False
    label: str = "hand.right"

    def to_state(self, owner: str) -> Mapping[str, Any]:
        """The value of its key in the shared state, nm."""
        return {
            "position": [float(x) * NM_PER_ANGSTROM for x in self.position],
            "particles": [int(index) for index in self.particles],
            "interaction_type": self.kind,
            "scale": self.k / SPRING_UNIT,
            "mass_weighted": False,
            "reset_velocities": self.reset_velocities,
            "max_force": self.max_force,
            "owner.id": owner,
            "label": self.label,
        }
