"""Who attacks what: the attacking atom and its molecule, the atom that is attacked, and what that has to let go."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from ase.data import covalent_radii

from atomtug.core.arrays import Floats, Ints

Kind = Literal["abstract", "add", "substitute", "associate", "graze"]

FORMED, KEPT, GONE = 0.28, 0.63, 0.43
"""angstrom over the sum of two covalent radii: a bond has formed when its atoms come as near as the first, is kept up
to the second (it starts out hot), and one that was there has gone beyond the third. C-H: 1.35, 1.70 and 1.50."""
AHEAD = 0.15
"""angstrom by which a new partner must be nearer than the old one, both counted from their covalent radii."""


@dataclass(frozen=True)
class Attack:
    """What two molecules are to do with each other.

    Args:
        kind: what happens to the target: it is taken over (``abstract``), bonded to (``add``, ``associate``), bonded
            to while it lets go of ``partner`` (``substitute``), or only visited (``graze``)
        body: indices of the attacking molecule's atoms, the attacking atom first
        ends: those of them that may bond to the target, the attacking atom first
        target: index of the atom that is attacked
        partner: index of what the target leaves or lets go; None where it keeps all
    """

    kind: Kind
    body: tuple[int, ...]
    ends: tuple[int, ...]
    target: int
    partner: int | None = None

    @property
    def head(self) -> int:
        """The attacking atom."""
        return self.body[0]

    @property
    def anchor(self) -> int:
        """The atom that is held still meanwhile: what a hydrogen is taken from, otherwise the target."""
        return (
            self.partner if self.kind in ("abstract", "graze") and self.partner is not None else self.target
        )

    def gap(self, numbers: Ints, positions: Floats) -> float:
        """Distance of the nearest end from the target beyond the sum of their covalent radii, angstrom."""
        return min(_gap(numbers, positions, end, self.target) for end in self.ends)

    def succeeded(self, numbers: Ints, positions: Floats) -> bool:
        """Whether the target is the attacker's, and what it was to let go has gone."""
        gap = self.gap(numbers, positions)
        if gap >= KEPT or self.partner is None:
            return gap < KEPT
        old = _gap(numbers, positions, self.partner, self.target)
        return gap + AHEAD < old and (self.kind != "substitute" or old > GONE)

    def other_taken(self, numbers: Ints, positions: Floats) -> int | None:
        """The atom that the attacker has bonded to in place of the target; None where there is none."""
        others = [
            a for a in range(len(numbers)) if a not in self.body and a not in (self.target, self.partner)
        ]
        if self.kind in ("abstract", "graze"):
            others = [atom for atom in others if numbers[atom] == numbers[self.target]]
        for atom in others:
            if min(_gap(numbers, positions, end, atom) for end in self.ends) < FORMED:
                return atom
        return None


def bond_reach(first: int, second: int) -> float:
    """The sum of the covalent radii of two elements, angstrom."""
    return float(covalent_radii[first] + covalent_radii[second])


def _gap(numbers: Ints, positions: Floats, i: int, j: int) -> float:
    distance = float(np.linalg.norm(positions[i] - positions[j]))
    return distance - bond_reach(int(numbers[i]), int(numbers[j]))
