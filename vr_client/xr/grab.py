"""Which atom a hand holds, and with what force."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.data import atomic_masses
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.vr_client.client.interaction import Interaction
from atomtug.wire.interactions import SPRING_CONSTANT, InteractionType

REACH = 0.15
"""Distance within which a hand finds an atom, metres."""
STRONGEST = 600.0
"""Force of a fully pressed trigger for each centimetre between hand and atom in the room, kJ/mol/nm: at 11 cm it
breaks a C-H bond (PM6), however large the molecule is shown."""
WEAKEST_SETTING, STRONGEST_SETTING = 50.0, 5000.0
"""Limits of that force while it is set from the headset."""
USUAL_STRETCH = 10.0
"""Stretch at which pulls that are no springs are as strong as the spring would be, cm."""
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


def counterweight(atom: int, bonds: Ints) -> tuple[int, ...]:
    """The atoms that get the opposite force while a hand holds one atom: the rest of its molecule.

    Only an atom at the end of a molecule of three or more has them, such as a hydrogen: it comes off instead of
    dragging the molecule along. Held by any other atom, a molecule follows the hand.

    Args:
        atom: what is held
        bonds: (B, 2)
    """
    neighbours: dict[int, list[int]] = {}
    for a, b in bonds.tolist():
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    if len(neighbours.get(atom, ())) != 1:
        return ()
    found, edge = {atom}, [atom]
    while edge:
        edge = [near for one in edge for near in neighbours[one] if near not in found]
        found.update(edge)
    return tuple(sorted(found - {atom})) if len(found) > 2 else ()


def strength_of(trigger: float, strongest: float = STRONGEST) -> float:
    """Force per stretch for a trigger value 0..1, in the unit of ``strongest``. It grows as the square: weak pulls
    are finely set."""
    pressed = min(max(trigger, 0.0), 1.0)
    return strongest * max(GENTLEST, pressed * pressed)


def spring_constant(strength: float, size: float, kind: InteractionType = "spring") -> float:
    """A pull of so much force per stretch in the room, in the simulation.

    For a spring it is the constant (kJ/mol/nm^2), for another law the scale.

    Args:
        strength: kJ/mol/nm a centimetre
        size: of the simulation in the room, metres a nm
        kind: the law of the pull
    """
    return strength * (100.0 * size if kind == "spring" else USUAL_STRETCH)


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
