"""The state of a simulation, with which a simulation on another engine continues."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from atomtug.core.frame import Frame
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.interaction_forces import InteractionForces
from atomtug.server.dynamics.settings import DynamicsSettings


@dataclass(frozen=True)
class SimulationState:
    """All that another simulation of the same system needs.

    Args:
        frame: positions, velocities, energies and counters
        interaction_forces: with the interpolated position of each interaction
        interactions: those that act now, by key
        random: the source of noise
        settings: of the dynamics
    """

    frame: Frame
    interaction_forces: InteractionForces
    interactions: Mapping[str, ActiveInteraction]
    random: np.random.Generator
    settings: DynamicsSettings
