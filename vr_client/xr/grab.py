"""Which atom a hand holds, and with what force."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.data import atomic_masses
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.vr_client.client.interaction import Interaction
from atomtug.wire.interactions import SPRING_CONSTANT

REACH = 0.15
"""Distance within which a hand finds an atom, metres."""
STRONGEST = 20000.0
"""Spring constant of a fully pressed trigger, kJ/mol/nm^2: it pulls a hydrogen off within 0.1 ps."""
GENTLEST = 0.05
"""Fraction of it for a barely pressed trigger."""
KINDS = ("spring", "gaussian", "constant")
NANOVER_LAW = "nanover-2026"
"""The force law by which one atom's mass does not matter, as servers name it under ``imd.force_law``."""


def nearest_atom(positions: Floats, hand: Floats, reach: float) -> int | None:
    """The atom nearest to a hand.

    Args:
        positions: (N, 3) where the atoms are shown, room, metres
        hand: (3,) room, metres
        reach: metres beyond which nothing is found
    """
    if len(positions) == 0:
        return None
    away = positions - hand
    squared = np.einsum("ij,ij->i", away, away)
    nearest = int(squared.argmin())
    return nearest if squared[nearest] <= reach * reach else None


def strength_of(trigger: float, strongest: float = STRONGEST) -> float:
    """Spring constant for a trigger value 0..1, kJ/mol/nm^2. It grows as the square: weak pulls are finely set."""
    pressed = min(max(trigger, 0.0), 1.0)
    return strongest * max(GENTLEST, pressed * pressed)


@dataclass(frozen=True)
class ControllerInteraction(Interaction):
    """A hand's hold on atoms, as headset apps send it: mass weighted, the scale made up for.

    By Narupa's law a mass-weighted spring pulls a carbon twelve times as hard as a hydrogen. Here a trigger
    should feel the same on any atom, so the scale is divided by the mass: the spring constant is ``k``.

    Args:
        number: counts the grabs; another number is another interaction
        mass: of the atoms held together, amu
        law: the server's force law
    """

    number: int = 0
    mass: float = 1.0
    law: str = "narupa"

    def to_state(self, owner: str) -> Mapping[str, Any]:
        """The value of its key in the shared state."""
        weight = 1.0 if self.law == NANOVER_LAW else self.mass / len(self.particles)
        unit = SPRING_CONSTANT if self.kind == "spring" else 1.0
        return {
            **super().to_state(owner),
            "scale": self.k / (unit * max(weight, 1e-3)),
            "mass_weighted": True,
        }


def mass_of(
    elements: NDArray[np.int64], particles: tuple[int, ...], masses: Floats | tuple[float, ...] = ()
) -> float:
    """Total mass of some atoms, amu.

    Args:
        elements: (N,) atomic numbers; unknown elements count as carbon
        particles: indices of the atoms
        masses: (N,) amu by the server, or none where it does not say them
    """
    if len(masses) == len(elements):
        return float(sum(masses[index] for index in particles if index < len(masses)))
    numbers = [int(elements[index]) if index < len(elements) else 6 for index in particles]
    return float(sum(atomic_masses[number if 0 < number < len(atomic_masses) else 6] for number in numbers))
