"""An interaction: the pull of a hand on atoms, and its value in the shared state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.wire import interactions as wire
from atomtug.wire.interactions import DEFAULT_MAX_FORCE, SPRING_CONSTANT, AnyInteractionType


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
        kind: ``spring``; ``gaussian`` or ``constant`` for the other laws (``k`` then only sets the scale); or
            ``distance``, which keeps the atoms' centre ``length`` from that of ``counter_particles``
        reset_velocities: whether the server draws new velocities for these atoms at the end
        label: which hand it is, for people watching, e.g. ``hand.right``
        counter_particles: indices of other atoms that get the opposite force, so that the molecule stays where it is
        length: of a ``distance``, angstrom
        damping: 1/ps, friction of the atoms held, where it is more than the thermostat's
    """

    particles: tuple[int, ...]
    position: NDArray[np.float64]
    k: float
    max_force: float = DEFAULT_MAX_FORCE
    kind: AnyInteractionType = "spring"
    reset_velocities: bool = False
    label: str = "hand.right"
    counter_particles: tuple[int, ...] = ()
    length: float = 0.0
    damping: float = 0.0

    def to_state(self, owner: str) -> Mapping[str, Any]:
        """The value of its key in the shared state, nm."""
        value = {
            wire.POSITION: [float(x) * NM_PER_ANGSTROM for x in self.position],
            wire.PARTICLES: [int(index) for index in self.particles],
            wire.INTERACTION_TYPE: self.kind,
            wire.SCALE: self.k / SPRING_CONSTANT,
            wire.MASS_WEIGHTED: False,
            wire.RESET_VELOCITIES: self.reset_velocities,
            wire.MAX_FORCE: self.max_force,
            wire.OWNER: owner,
            wire.LABEL: self.label,
        }
        if self.counter_particles:
            value[wire.COUNTER_PARTICLES] = [int(index) for index in self.counter_particles]
        if self.damping:
            value[wire.DAMPING] = self.damping
        if self.kind == "distance":
            value[wire.LENGTH] = self.length * NM_PER_ANGSTROM
        return value
