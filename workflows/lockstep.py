"""Hands and a simulation in one process, frame by frame, without a server.

What the hands ask for holds in the very next MD step, and nothing depends on how busy the machine is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError
from atomtug.core.systems import System
from atomtug.core.systems.bonds import BondPerception
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import Engine
from atomtug.server.session.interactions import parse_interaction
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.interaction import Interaction
from atomtug.vr_client.scripted.hands import Plan
from atomtug.wire.frames import bond_values, frame_values, topology_values

LONGEST = 20.0
"""Simulated time after which a plan counts as endless, ps."""


class LockstepClient:
    """Drives a simulation frame by frame.

    Args:
        system: what moves
        engine: made for it
        settings: of the dynamics

    Raises:
        EngineError: no result for the starting geometry
    """

    def __init__(self, system: System, engine: Engine, settings: DynamicsSettings) -> None:
        self._simulation = Simulation(system, engine, settings)
        self._steps = settings.steps_per_frame
        self._topology = topology_values(system)
        self._perceive = BondPerception(system.numbers)
        self._bonds = self._perceive(system.positions)
        self._count = len(system.numbers)
        self._number = 0

    def frame(self) -> ClientFrame:
        """The present instant as a client sees it."""
        frame = self._simulation.frame()
        self._number += 1
        self._bonds = self._perceive(frame.positions, self._bonds)
        return ClientFrame(
            self._number, {**self._topology, **bond_values(self._bonds), **frame_values(frame)}
        )

    def advance(self, interactions: dict[str, Interaction]) -> ClientFrame:
        """Hold what is held, and make the MD steps of one frame.

        Raises:
            EngineError: the engine gave no result, or an atom moved too far
        """
        self._simulation.set_interactions(
            {
                name: parse_interaction(name, each.to_state("lockstep"), self._count)
                for name, each in interactions.items()
            }
        )
        done = 0
        while done < self._steps:
            done += self._simulation.advance(self._steps - done)
        return self.frame()


@dataclass(frozen=True)
class LockstepRun:
    """What became of a run; F frames.

    Args:
        positions: (F, N, 3) angstrom
        times: (F,) ps
        result: what the plan returned; None where there was none or the simulation stopped
        stopped: why the simulation stopped before the end; empty if it did not
    """

    positions: Floats
    times: Floats
    result: Any
    stopped: str


def run_in_lockstep(
    system: System,
    engine: Engine,
    settings: DynamicsSettings,
    make_plan: Callable[[ClientFrame], Plan[Any]] | None = None,
    longest: float = LONGEST,
) -> LockstepRun:
    """Carry a plan out, or let the molecule move by itself.

    Args:
        system: what moves
        engine: made for it
        settings: of the dynamics
        make_plan: first frame -> the plan of the hands; None for no hands
        longest: simulated time at which it ends in any case, ps

    Raises:
        InputError: the plan does not fit the system
        EngineError: no result for the starting geometry
    """
    client = LockstepClient(system, engine, settings)
    frame = client.frame()
    positions, times, stopped, result = [frame.positions], [frame.time], "", None
    plan = None if make_plan is None else make_plan(frame)
    try:
        action = None if plan is None else next(plan)
        while frame.time < longest:
            frame = client.advance({} if action is None else dict(action.interactions))
            positions.append(frame.positions)
            times.append(frame.time)
            action = None if plan is None else plan.send(frame)
    except StopIteration as done:
        result = done.value
    except EngineError as error:
        stopped = str(error)
    return LockstepRun(np.array(positions), np.array(times), result, stopped)
