"""Measuring the distance between two atoms that a hand touches."""

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import NM_PER_ANGSTROM


class Measure:
    """The two atoms whose distance is shown."""

    def __init__(self) -> None:
        self.active = False
        """Whether a trigger touches atoms instead of holding them."""
        self.atoms: tuple[int, ...] = ()
        """The atoms that were touched: none, one or two."""

    def toggle(self) -> None:
        """Begin to measure, or end it and forget the atoms."""
        self.active, self.atoms = not self.active, ()

    def touch(self, atom: int) -> None:
        """Touch an atom. The third begins again."""
        self.atoms = (*self.atoms, atom) if len(self.atoms) == 1 and atom not in self.atoms else (atom,)

    def keep(self, count: int) -> None:
        """Forget the atoms where a molecule of ``count`` atoms does not have them."""
        if any(atom >= count for atom in self.atoms):
            self.atoms = ()

    def text(self, positions: Floats) -> str:
        """The distance in the newest frame, angstrom; empty unless there are two atoms.

        Args:
            positions: (N, 3) nm
        """
        if len(self.atoms) < 2:
            return ""
        a, b = positions[list(self.atoms)]
        return f"{float(np.linalg.norm(a - b)) / NM_PER_ANGSTROM:.2f} Å"
