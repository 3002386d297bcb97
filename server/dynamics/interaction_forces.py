"""The forces of all interactions together, at each MD step."""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.frame import AppliedInteraction
from atomtug.core.units import KJMOL_NM_PER_FORCE, KJMOL_PER_EV, NM_PER_ANGSTROM
from atomtug.server.dynamics.force_laws import (
    FORCE_LAWS,
    ActiveInteraction,
    ForceLawName,
    ForceLawResult,
    centre_of,
)
from atomtug.server.dynamics.interaction_arrays import InteractionArrays, interaction_arrays
from atomtug.server.dynamics.interpolated_position import InterpolatedPosition
from atomtug.server.dynamics.restraints import RESTRAINTS, distance_restraint
from atomtug.wire.interactions import DEFAULT_MAX_FORCE

DEFAULT_FORCE_CAP = DEFAULT_MAX_FORCE
"""kJ/mol/nm, for each component of the force on an atom, whatever clients ask for."""


class InteractionForces:
    """All interactions that act on atoms, each with its interpolated position.

    Args:
        masses: (N,) amu
        law: the force law
        cap: kJ/mol/nm, limit for each component of the force on an atom
        max_duration: the most MD steps a position takes to arrive where its client says it is
    """

    def __init__(
        self,
        masses: Floats,
        law: ForceLawName = "narupa",
        cap: float = DEFAULT_FORCE_CAP,
        max_duration: int = 30,
    ) -> None:
        self._masses = masses
        self._law = FORCE_LAWS[law]
        self._cap = cap
        self._max_duration = max_duration
        self._active: dict[str, tuple[ActiveInteraction, InterpolatedPosition]] = {}

    def configure(self, law: ForceLawName, cap: float, max_duration: int) -> None:
        """Go on with another law, cap and duration of moves; arguments as for the class."""
        self._law, self._cap, self._max_duration = FORCE_LAWS[law], cap, max_duration

    def restarted(self, step: int) -> "InteractionForces":
        """The same at MD step ``step``, each where its client says it is, without a way from where it was."""
        anew = copy(self)
        anew._active = {
            key: (known, InterpolatedPosition(known.position, step, self._max_duration))
            for key, (known, _) in self._active.items()
        }
        return anew

    def update(self, interactions: Mapping[str, ActiveInteraction], step: int) -> list[ActiveInteraction]:
        """Replace the interactions at MD step ``step``; returns those that have ended."""
        ended = [known for key, (known, _) in self._active.items() if key not in interactions]
        self._active = {key: self._updated(key, new, step) for key, new in interactions.items()}
        return ended

    def _updated(
        self, key: str, new: ActiveInteraction, step: int
    ) -> tuple[ActiveInteraction, InterpolatedPosition]:
        known = self._active.get(key)
        if known is None or not np.array_equal(known[0].particles, new.particles):
            return new, InterpolatedPosition(new.position, step, self._max_duration)
        before, position = known
        if not np.array_equal(before.position, new.position):
            position.move(new.position, step)
        return new, position

    def evaluate(self, positions: Floats, step: int) -> tuple[Floats, tuple[AppliedInteraction, ...]]:
        """The total force, (N, 3) eV/angstrom, and what each interaction contributes.

        Args:
            positions: (N, 3) angstrom
            step: the MD step, which says where between two updates the interactions are
        """
        total = np.zeros_like(positions)
        applied = []
        for key, (interaction, position) in self._active.items():
            particles = interaction.particles
            if len(particles) == 0:
                continue
            here = position.at(step)
            asked = replace(interaction, position=here, max_force=min(interaction.max_force, self._cap))
            result, here = self._apply(asked, positions * NM_PER_ANGSTROM)
            forces = np.clip(result.forces, -self._cap, self._cap) / KJMOL_NM_PER_FORCE
            total[particles] += forces
            if len(counter := interaction.counter_particles):
                share = self._masses[counter] / self._masses[counter].sum()
                total[counter] -= share[:, None] * forces.sum(axis=0)
            applied.append(
                AppliedInteraction(
                    key, here / NM_PER_ANGSTROM, particles, forces, result.energy / KJMOL_PER_EV
                )
            )
        if applied:
            cap = self._cap / KJMOL_NM_PER_FORCE
            np.clip(total, -cap, cap, out=total)
        return total, tuple(applied)

    def friction(self, thermostat: float) -> Floats:
        """(N, 1) 1/ps: of each atom the thermostat's friction, or the damping of what holds it if more."""
        each = np.full((len(self._masses), 1), thermostat)
        for interaction, _ in self._active.values():
            each[interaction.particles] = np.maximum(each[interaction.particles], interaction.damping)
        return each

    def _apply(self, asked: ActiveInteraction, positions: Floats) -> tuple[ForceLawResult, Floats]:
        """What one interaction does at ``positions`` (N, 3) nm, and from where it does it, (3,) nm."""
        placed, masses = positions[asked.particles], self._masses[asked.particles]
        if asked.interaction_type not in RESTRAINTS:
            return self._law(asked, placed, masses), asked.position
        counter = asked.counter_particles
        other = centre_of(positions[counter], self._masses[counter]) if len(counter) else asked.position
        return distance_restraint(asked, placed, masses, other), other

    def as_arrays(self, slots: int) -> InteractionArrays | None:
        """For :meth:`evaluate` in a compiled loop; None with a restraint, or more interactions than ``slots``."""
        active = [(known, position) for known, position in self._active.values() if len(known.particles)]
        if len(active) > slots or any(known.interaction_type in RESTRAINTS for known, _ in active):
            return None
        return interaction_arrays(active, self._masses, self._law, self._cap, slots)
