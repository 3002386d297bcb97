"""The two force laws by which interactions act on atoms in the field: Narupa's, and NanoVer's of October 2026.

With ``d`` from the interaction's position to what it acts on (one atom, or the centre of mass of several):

=========  ======================  ==================  ====================
type       force on the centre     energy, narupa      energy, nanover-2026
=========  ======================  ==================  ====================
gaussian   -d exp(-d.d/2)          -exp(-d.d/2)        1 - exp(-d.d/2)
spring     -2 d                    d.d                 d.d
constant   -d/\\|d\\|                1                   \\|d\\|
=========  ======================  ==================  ====================

The constants in them (1 nm, 2 kJ/mol/nm^2, 1 kJ/mol/nm) have simple values in the wire's units only, so this module
works in nm, kJ/mol and amu. Both laws were checked against vectors computed with the original programs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.wire.interactions import DEFAULT_MAX_FORCE, SPRING_CONSTANT, AnyInteractionType


@dataclass(frozen=True)
class ActiveInteraction:
    """A force that a client asks for.

    Args:
        position: (3,) where atoms are pulled to, nm
        particles: (n,) indices of the atoms that are pulled, sorted and unique
        interaction_type: how the force depends on the distance
        scale: multiplies the force
        mass_weighted: whether heavier atoms are pulled harder
        reset_velocities: whether the atoms' velocities are drawn again when the interaction ends
        max_force: kJ/mol/nm, may be infinite
        counter_particles: (m,) indices of other atoms that get the opposite force, each by its share of their mass
        length: of a ``distance``, see :mod:`atomtug.server.dynamics.restraints`, nm
        damping: 1/ps, the thermostat's friction of ``particles``, where that is less
    """

    position: Floats
    particles: NDArray[np.int64]
    interaction_type: AnyInteractionType = "gaussian"
    scale: float = 1.0
    mass_weighted: bool = True
    reset_velocities: bool = False
    max_force: float = DEFAULT_MAX_FORCE
    counter_particles: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    length: float = 0.0
    damping: float = 0.0

    @property
    def greatest_index(self) -> int:
        """Of all atoms that it acts on; -1 for none."""
        return int(max(self.particles.max(initial=-1), self.counter_particles.max(initial=-1)))

    def differs_only_in_position(self, other: "ActiveInteraction") -> bool:
        """Whether both are the same force on the same atoms, perhaps towards different positions."""
        arrays = {name: getattr(other, name) for name in ("position", "particles", "counter_particles")}
        if not np.array_equal(self.particles, other.particles):
            return False
        if not np.array_equal(self.counter_particles, other.counter_particles):
            return False
        return vars(replace(self, **arrays)) == vars(other)


class ForceLawResult(NamedTuple):
    """What a force law gives: energy in kJ/mol, forces (n, 3) on the atoms in kJ/mol/nm."""

    energy: float
    forces: Floats


ForceLawName = Literal["narupa", "nanover-2026"]
ForceLaw = Callable[[ActiveInteraction, Floats, Floats], ForceLawResult]
"""(interaction, (n, 3) positions of its atoms in nm, (n,) their masses in amu) -> result"""


def narupa_law(interaction: ActiveInteraction, positions: Floats, masses: Floats) -> ForceLawResult:
    """Narupa's law, and NanoVer's until the release 0.1.2965.

    F_i = clip(scale * w_i * F / n), with w_i the mass in amu (or 1), each component clipped to max_force;
    the energy is scaled and clipped by the same numbers, as the original does.
    """
    count = len(positions)
    if count == 0:
        return ForceLawResult(0.0, np.zeros((0, 3)))
    d = centre_of(positions, masses) - interaction.position
    squared = float(d @ d)
    if interaction.interaction_type == "gaussian":
        depth = np.exp(-squared / 2)
        force, energy = -d * depth, -depth
    elif interaction.interaction_type == "spring":
        force, energy = -SPRING_CONSTANT * d, squared
    elif squared > 0:
        force, energy = -d / np.sqrt(squared), 1.0
    else:
        force, energy = np.zeros(3), 0.0
    weights = masses if interaction.mass_weighted else np.ones(count)
    limit = interaction.max_force
    share = interaction.scale / count
    forces = np.clip(share * weights[:, None] * force, -limit, limit)
    return ForceLawResult(float(np.clip(share * energy * weights.sum(), -limit, limit)), forces)


def nanover_2026_law(interaction: ActiveInteraction, positions: Floats, masses: Floats) -> ForceLawResult:
    """NanoVer's law since the release 0.1.3018.

    One force on the centre, split over the atoms by mass fraction (or evenly over those that have a mass);
    max_force limits the magnitude of that one force.
    """
    count = len(positions)
    weights = masses if interaction.mass_weighted else (masses > 0).astype(np.float64)
    total = float(weights.sum())
    if count == 0 or total == 0:
        return ForceLawResult(0.0, np.zeros((count, 3)))
    d = centre_of(positions, masses) - interaction.position
    length = float(np.sqrt(d @ d))
    scale = interaction.scale
    limit = interaction.max_force / scale if scale > 0 and np.isfinite(interaction.max_force) else np.inf
    if interaction.interaction_type == "gaussian":
        depth = np.exp(-length * length / 2) * min(1.0, limit / np.exp(-0.5))
        force, energy = -d * depth, min(1.0, limit / np.exp(-0.5)) - depth
    elif interaction.interaction_type == "spring":
        reach = limit / SPRING_CONSTANT
        if length > reach:
            force, energy = -d / length * limit, SPRING_CONSTANT * reach * reach / 2
        else:
            force, energy = -SPRING_CONSTANT * d, length * length
    elif length > 0:
        strength = min(1.0, limit)
        force, energy = -d / length * strength, length * strength
    else:
        force, energy = np.zeros(3), 0.0
    return ForceLawResult(float(scale * energy), scale * (weights / total)[:, None] * force)


FORCE_LAWS: Mapping[ForceLawName, ForceLaw] = {"narupa": narupa_law, "nanover-2026": nanover_2026_law}
"""The laws by the name that ``--force-law`` takes."""


def centre_of(positions: Floats, masses: Floats) -> Floats:
    """(3,) centre of mass; for one atom, the atom itself to the last digit."""
    if len(positions) == 1:
        only: Floats = positions[0]
        return only
    centre: Floats = masses @ positions / masses.sum()
    return centre
