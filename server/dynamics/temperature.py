"""The internal temperature: of vibration and rotation, without the flight of fragments."""

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import BondPerception, Pairs, fragments
from atomtug.server.dynamics.integrators import temperature_of


class InternalTemperature:
    """The temperature that a chemist means, of one set of atoms.

    The translation of each fragment's centre of mass is taken out, and with it three degrees of freedom a fragment:
    T = 2 (K - sum_f P_f^2 / 2 M_f) / (k_B sum_f (3 n_f - 3)), with a thermostat as without. So it is not raised by
    products that fly apart or by a molecule that a hand drags along. Rotation counts. A single atom has no internal
    motion; where there are only such, the temperature is 0.

    Fragments are those of the perceived bonds, which are kept with hysteresis from one call to the next; they are
    worked out again only when a bond changes.

    Args:
        numbers: (N,) atomic numbers
        masses: (N,) amu
    """

    def __init__(self, numbers: Ints, masses: Floats) -> None:
        self._perceive = BondPerception(numbers)
        self._masses = masses
        self._bonds: Pairs | None = None
        self._home = np.zeros(len(numbers), dtype=np.int64)
        self._fragment_masses: Floats = np.zeros(0)

    def forget(self) -> None:
        """The next geometry does not follow from the last one."""
        self._bonds = None

    def __call__(self, positions: Floats, velocities: Floats) -> float:
        """K, of positions (N, 3) angstrom and velocities (N, 3) ASE units."""
        bonds = self._perceive(positions, self._bonds)
        if self._bonds is None or not np.array_equal(bonds, self._bonds):
            self._bonds = bonds
            for number, atoms in enumerate(fragments(len(positions), bonds)):
                self._home[atoms] = number
            self._fragment_masses = np.bincount(self._home, self._masses).astype(np.float64)
        count = len(self._fragment_masses)
        freedom = 3 * (len(positions) - count)
        if not freedom:
            return 0.0
        momenta = self._masses[:, None] * velocities
        whole = np.stack([np.bincount(self._home, momenta[:, axis], count) for axis in range(3)])
        kinetic = 0.5 * (np.sum(momenta * velocities) - np.sum(whole**2 / self._fragment_masses))
        return temperature_of(max(float(kinetic), 0.0), freedom)
