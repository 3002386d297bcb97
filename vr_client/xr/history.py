"""What has happened since the start of a run: its reaction, and the energy of the last seconds."""

from collections import deque

import numpy as np

from atomtug.core.arrays import Ints
from atomtug.core.systems.valences import species
from atomtug.vr_client.xr.snapshot import Snapshot

INTERVAL = 0.4
"""Seconds between two points of the energy, and between two updates of the panel's figures."""
POINTS = 50
"""Number of points that are kept: the last 20 s."""


class History:
    """The history of the run that is seen. Used from one thread."""

    def __init__(self) -> None:
        self._number, self._elements = (0, 0), np.zeros(0, dtype=np.int64)
        self._bonds: Ints = np.zeros((0, 2), dtype=np.int64)
        self._start = ""
        self._energies: deque[float] = deque(maxlen=POINTS)
        self._read = -np.inf
        self.reaction = ""
        """The molecules at the start, and those that became of them, e.g. ``CH4 + CN → CH3 + HCN``."""

    @property
    def energies(self) -> tuple[float, ...]:
        """The last energies, kJ/mol, oldest first."""
        return tuple(self._energies)

    def add(self, snapshot: Snapshot, now: float) -> None:
        """Add the newest frame; one that was added before changes nothing.

        Args:
            snapshot: the frame
            now: seconds
        """
        number = (snapshot.connection, snapshot.number)
        if number == self._number:
            return
        again = snapshot.connection != self._number[0] or snapshot.begins
        self._number = number
        if again or len(snapshot.elements) != len(self._elements):
            self._start, self._read = "", -np.inf
            self._energies.clear()
            self.reaction = ""
        if now >= self._read + INTERVAL and np.isfinite(snapshot.energy):
            self._read = now
            self._energies.append(round(snapshot.energy, 1))
        if self.reaction and np.array_equal(snapshot.bonds, self._bonds):
            return
        self._bonds, self._elements = snapshot.bonds, snapshot.elements
        molecules = " + ".join(snapshot.molecules or species(self._elements, self._bonds))
        self._start = self._start or molecules
        self.reaction = molecules if molecules == self._start else f"{self._start} → {molecules}"
