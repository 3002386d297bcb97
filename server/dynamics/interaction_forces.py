"""The hands on the atoms at each MD step: where each is between its updates, and the forces of all together.

A client moves a hand some 30 times a second, the dynamics makes many steps in between. Left as it comes, the
hand would stand still and jump; so it glides to each new place over as many steps as passed between the last
two updates. The force on the atoms then has no jerks, at the price of a lag of one update.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.frame import AppliedInteraction
from atomtug.core.units import KJMOL_NM_PER_FORCE, KJMOL_PER_EV, NM_PER_ANGSTROM
from atomtug.server.dynamics.force_laws import (
    FORCE_LAWS,
    ActiveInteraction,
    nanover_2026_law,
)
from atomtug.wire.interactions import DEFAULT_MAX_FORCE, INTERACTION_TYPES

DEFAULT_FORCE_CAP = DEFAULT_MAX_FORCE
"""kJ/mol/nm, for each component of the force on an atom, whatever clients ask for."""


KINDS: dict[str, int] = {"": 0, **{kind: number for number, kind in enumerate(INTERACTION_TYPES, start=1)}}
"""What :class:`InteractionArrays` calls the types of interactions; 0 is a hand that holds nothing."""


class InteractionArrays(NamedTuple):
    """All hands as arrays, for compiled loops: H slots, N atoms, those not needed empty. In nm and kJ/mol.

    ``start``, ``target`` (H, 3), ``updated``, ``duration`` (H,): see :class:`InterpolatedPosition`; ``kind`` (H,);
    ``limit`` (H,) of the force, as the law means it; ``centre`` (H, N) times positions is the centre of mass of what
    is held; ``share`` (H, N) of the force on it that an atom gets; ``cap`` () for each component of all together;
    ``limits_centre`` () whether the limit is on the one force on the centre, or on each atom's.
    """

    start: Any
    target: Any
    updated: Any
    duration: Any
    kind: Any
    limit: Any
    centre: Any
    share: Any
    cap: Any
    limits_centre: Any


class InterpolatedPosition:
    """A hand's way from one place to the next.

    Args:
        position: (3,) where the hand is now, nm
        step: the MD step now
        longest: the most steps to take for one move
    """

    def __init__(self, position: Floats, step: int, longest: int) -> None:
        self._start = self._target = position
        self._updated = step
        self._duration = 1
        self._longest = longest

    def move(self, position: Floats, step: int) -> None:
        """A new target, known at ``step``."""
        here = self.at(step)
        self._duration = min(max(step - self._updated, 1), self._longest)
        self._start, self._target, self._updated = here, position, step

    @property
    def way(self) -> tuple[Floats, Floats, int, int]:
        """From where (3,) to where (3,), from which step on, in how many."""
        return self._start, self._target, self._updated, self._duration

    def at(self, step: int) -> Floats:
        """(3,) where the hand is at ``step``, nm."""
        passed = step - self._updated
        if passed >= self._duration:
            return self._target
        return self._start + (self._target - self._start) * (passed / self._duration)


class InteractionForces:
    """All hands that hold atoms.

    Args:
        masses: (N,) amu
        law: a name of :data:`atomtug.server.dynamics.force_laws.FORCE_LAWS`
        cap: kJ/mol/nm, limit for each component of the force on an atom
        longest_glide: the most MD steps a hand takes to arrive where its client says it is
    """

    def __init__(
        self,
        masses: Floats,
        law: str = "narupa",
        cap: float = DEFAULT_FORCE_CAP,
        longest_glide: int = 30,
    ) -> None:
        self._masses = masses
        self._law = FORCE_LAWS[law]
        self._cap = cap
        self._longest = longest_glide
        self._held: dict[str, tuple[ActiveInteraction, InterpolatedPosition]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def update(self, interactions: Mapping[str, ActiveInteraction], step: int) -> list[ActiveInteraction]:
        """Take over what clients hold now; returns the interactions that have ended."""
        released = [held for key, (held, _) in self._held.items() if key not in interactions]
        self._held = {key: self._updated(key, new, step) for key, new in interactions.items()}
        return released

    def _updated(
        self, key: str, new: ActiveInteraction, step: int
    ) -> tuple[ActiveInteraction, InterpolatedPosition]:
        known = self._held.get(key)
        if known is None or not np.array_equal(known[0].particles, new.particles):
            return new, InterpolatedPosition(new.position, step, self._longest)
        held, glide = known
        if not np.array_equal(held.position, new.position):
            glide.move(new.position, step)
        return new, glide

    def pull(self, positions: Floats, step: int) -> tuple[Floats, tuple[AppliedInteraction, ...]]:
        """The force of all hands, (N, 3) eV/angstrom, and each hand's share.

        Args:
            positions: (N, 3) angstrom
            step: the MD step, which says where between two updates the hands are
        """
        total = np.zeros_like(positions)
        applied = []
        for key, (interaction, glide) in self._held.items():
            if len(interaction.particles) == 0:
                continue
            here = glide.at(step)
            asked = replace(interaction, position=here, max_force=min(interaction.max_force, self._cap))
            particles = interaction.particles
            pull = self._law(asked, positions[particles] * NM_PER_ANGSTROM, self._masses[particles])
            forces = np.clip(pull.forces, -self._cap, self._cap) / KJMOL_NM_PER_FORCE
            total[particles] += forces
            applied.append(
                AppliedInteraction(key, here / NM_PER_ANGSTROM, particles, forces, pull.energy / KJMOL_PER_EV)
            )
        if len(applied) > 1:
            cap = self._cap / KJMOL_NM_PER_FORCE
            np.clip(total, -cap, cap, out=total)
        return total, tuple(applied)

    def as_arrays(self, slots: int) -> InteractionArrays | None:
        """For :func:`pull` in a compiled loop; None if there are more hands than ``slots``."""
        holding = [(held, glide) for held, glide in self._held.values() if len(held.particles)]
        if len(holding) > slots:
            return None
        atoms = len(self._masses)
        arrays = InteractionArrays(
            start=np.zeros((slots, 3)),
            target=np.zeros((slots, 3)),
            updated=np.zeros(slots),
            duration=np.ones(slots),
            kind=np.zeros(slots, dtype=np.int32),
            limit=np.zeros(slots),
            centre=np.zeros((slots, atoms)),
            share=np.zeros((slots, atoms)),
            cap=np.float64(self._cap),
            limits_centre=np.bool_(self._law is nanover_2026_law),
        )
        for slot, (held, glide) in enumerate(holding):
            particles, masses = held.particles, self._masses[held.particles]
            weights = masses if held.mass_weighted else np.ones(len(particles))
            arrays.start[slot], arrays.target[slot], arrays.updated[slot], arrays.duration[slot] = glide.way
            arrays.kind[slot] = KINDS[held.interaction_type]
            arrays.centre[slot, particles] = masses / masses.sum()
            limit = min(held.max_force, self._cap)
            if arrays.limits_centre:
                arrays.share[slot, particles] = held.scale * weights / weights.sum()
                limit = limit / held.scale if held.scale > 0 else np.inf
            else:
                arrays.share[slot, particles] = held.scale * weights / len(particles)
            arrays.limit[slot] = limit
        return arrays
