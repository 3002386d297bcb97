"""The state of a simulation, with which one on another engine continues, and changes of the electrons' state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

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


class StateSwitch(NamedTuple):
    """The engine went over to another electronic state during a step.

    Args:
        step: MD steps since the last reset
        before: energy of the state it left at this geometry, eV, with the energy offset
        after: energy of the state it went to, eV, likewise
        way: how that was found, see :class:`atomtug.core.electrons.ElectronicStateChange`
    """

    step: int
    before: float
    after: float
    way: str
