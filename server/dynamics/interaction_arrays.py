"""Interactions as arrays of fixed shape, for compiled loops."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.server.dynamics.force_laws import (
    ActiveInteraction,
    ForceLaw,
    nanover_2026_law,
)
from atomtug.server.dynamics.interpolated_position import InterpolatedPosition
from atomtug.wire.interactions import INTERACTION_TYPES

TYPE_CODES: dict[str, int] = {name: number for number, name in enumerate(INTERACTION_TYPES, start=1)}
"""Numbers for the types of interactions; 0 is an unused slot."""


class InteractionArrays(NamedTuple):
    """All interactions, in H slots for N atoms; unused slots have no effect. In nm and kJ/mol.

    ``start``, ``target`` (H, 3), ``updated``, ``duration`` (H,): see
    :class:`~atomtug.server.dynamics.interpolated_position.StraightPath`; ``type_code`` (H,) of :data:`TYPE_CODES`;
    ``limit`` (H,) of the force, as the law means it; ``centre`` (H, N) times positions is the centre of mass of the
    atoms that an interaction acts on; ``share`` (H, N) of the force on that centre that each atom gets; ``counter``
    (H, N) of what they get together that each atom gets in the opposite direction; ``cap`` () for each
    component of the total; ``limits_centre`` () whether the limit is on the force on the centre or on each atom's.
    """

    start: Floats
    target: Floats
    updated: Floats
    duration: Floats
    type_code: NDArray[np.int32]
    limit: Floats
    centre: Floats
    share: Floats
    counter: Floats
    cap: np.float64
    limits_centre: np.bool_


def interaction_arrays(
    active: Sequence[tuple[ActiveInteraction, InterpolatedPosition]],
    masses: Floats,
    law: ForceLaw,
    cap: float,
    slots: int,
) -> InteractionArrays:
    """Arrays of these interactions.

    Args:
        active: at most ``slots``, each with at least one atom
        masses: (N,) amu
        law: the force law
        cap: kJ/mol/nm, limit for each component of the force on an atom
        slots: H
    """
    atoms = len(masses)
    arrays = InteractionArrays(
        start=np.zeros((slots, 3)),
        target=np.zeros((slots, 3)),
        updated=np.zeros(slots),
        duration=np.ones(slots),
        type_code=np.zeros(slots, dtype=np.int32),
        limit=np.zeros(slots),
        centre=np.zeros((slots, atoms)),
        share=np.zeros((slots, atoms)),
        counter=np.zeros((slots, atoms)),
        cap=np.float64(cap),
        limits_centre=np.bool_(law is nanover_2026_law),
    )
    for slot, (interaction, position) in enumerate(active):
        particles = interaction.particles
        own_masses = masses[particles]
        weights = own_masses if interaction.mass_weighted else np.ones(len(particles))
        arrays.start[slot], arrays.target[slot], arrays.updated[slot], arrays.duration[slot] = position.path
        arrays.type_code[slot] = TYPE_CODES[interaction.interaction_type]
        arrays.centre[slot, particles] = own_masses / own_masses.sum()
        if len(counter := interaction.counter_particles):
            arrays.counter[slot, counter] = masses[counter] / masses[counter].sum()
        limit = min(interaction.max_force, cap)
        if arrays.limits_centre:
            arrays.share[slot, particles] = interaction.scale * weights / weights.sum()
            limit = limit / interaction.scale if interaction.scale > 0 else np.inf
        else:
            arrays.share[slot, particles] = interaction.scale * weights / len(particles)
        arrays.limit[slot] = limit
    return arrays
