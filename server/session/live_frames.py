"""What clients get with each frame of a live session: what the simulation reports, with bonds, colours, counters."""

import numpy as np

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.systems.bonds import BondPerception
from atomtug.core.systems.valences import species
from atomtug.server.dynamics.state import StateSwitch
from atomtug.server.session.recording_control import RecordedFrame
from atomtug.wire import frame_keys
from atomtug.wire.colors import uncertainty_colors
from atomtug.wire.frames import bond_values, frame_values, state_change_values, topology_values
from atomtug.wire.values import FrameValue, FrameValues


class LiveFrames:
    """Makes the values of frames. Bonds, and names of molecules, are among them only where they have changed."""

    def __init__(self) -> None:
        self.last: RecordedFrame | None = None
        """The newest frame of the system that is simulated; None before the first."""
        self._orders: FrameValue = np.empty(0)
        """The whole orders of its bonds."""
        self._runs = -1
        self._state_changes = 0

    def load(self, system: System) -> None:
        """The frames that follow are of this system."""
        self._system = system
        self._perceive = BondPerception(system.numbers)
        self.last = None

    def add(self, frame: Frame, begins: bool, candidate: bool) -> tuple[RecordedFrame, dict[str, FrameValue]]:
        """What is recorded of a frame, which is :attr:`last` from now on, and what clients get.

        Args:
            frame: the newest
            begins: whether it is the first after a load or reset
            candidate: whether it should be labelled
        """
        before = None if self.last is None else self.last.bonds
        bonds = self._perceive(frame.positions, None if begins else before)
        of_bonds = bond_values(bonds, frame.electrons)
        self.last = recorded = RecordedFrame(frame, bonds, candidate)
        orders_before, self._orders = self._orders, of_bonds[frame_keys.BOND_ORDERS]
        same = before is not None and np.array_equal(bonds, before)
        if same and not begins and np.array_equal(self._orders, orders_before):
            del of_bonds[frame_keys.BOND_PAIRS], of_bonds[frame_keys.BOND_ORDERS]
        values: dict[str, FrameValue] = {
            **frame_values(frame),
            **of_bonds,
            frame_keys.ENGINE_UNSURE: candidate,
            **uncertainty_colors(frame.atomic_uncertainty),
        }
        if begins or not same:
            values[frame_keys.MOLECULE_NAMES] = species(self._system.numbers, bonds, self._system.charge)
        if begins:
            self._runs += 1
            self._state_changes = 0
            values.update(topology_values(self._system))
            values.update(
                {
                    frame_keys.ENGINE_STATE_CHANGED: np.empty(0, dtype=np.float32),
                    frame_keys.ENGINE_STATE_CHANGES: 0,
                    frame_keys.SIMULATION_COUNTER: self._runs,
                }
            )
        return recorded, values

    def state_change(self, change: StateSwitch) -> FrameValues:
        """The values that tell of another electronic state."""
        self._state_changes += 1
        return state_change_values(change.before, change.after, self._state_changes)
