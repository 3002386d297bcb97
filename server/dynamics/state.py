"""The state of a simulation, with which one on another engine continues, and changes of the electrons' state."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from atomtug.core.frame import Frame
from atomtug.server.dynamics.interaction_forces import InteractionForces
from atomtug.server.dynamics.settings import DynamicsSettings


@dataclass(frozen=True)
class SimulationState:
    """All that another simulation of the same system needs.

    Args:
        frame: positions, velocities, energies and counters
        interaction_forces: of the interactions that act now, each with its interpolated position
        random: the source of noise
        settings: of the dynamics
    """

    frame: Frame
    interaction_forces: InteractionForces
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
