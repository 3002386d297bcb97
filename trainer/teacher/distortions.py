"""Random geometries of a reaction: whatever a hand can do to its molecules, also what none has done yet.

A geometry is made from one that is known: a molecule is turned at random and put near a random atom of the rest, a
hydrogen goes over from one to the other, bonds are pulled and pressed, all of it is squeezed or shaken. Everything
follows from the seed.
"""

from collections.abc import Sequence

import numpy as np
from ase.data import covalent_radii

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import fragments, perceive_bonds

NEAREST, FARTHEST = 0.95, 3.2
"""angstrom between an atom of the molecule that is moved and an atom of the rest."""
LARGEST_SHAKE = 0.12
"""angstrom, the standard deviation that atoms are shaken by at most."""
TOO_CLOSE = 0.6
"""Part of the sum of two covalent radii below which a geometry is thrown away."""
_TRIES = 40
_HYDROGEN = 1


class Distorter:
    """Makes distorted geometries of one set of atoms.

    Args:
        numbers: (N,) atomic numbers
        known: geometries (N, 3) to start from, angstrom
        random: the random numbers
    """

    def __init__(self, numbers: Ints, known: Sequence[Floats], random: np.random.Generator) -> None:
        self._numbers = numbers
        self._known = known
        self._random = random
        radii = covalent_radii[numbers]
        self._least = TOO_CLOSE * (radii[:, None] + radii)
        np.fill_diagonal(self._least, 0.0)

    def make(self) -> Floats:
        """The next geometry, (N, 3) angstrom, its centre at the origin."""
        while True:
            kind = self._random.random()
            positions = self._pick()
            if kind < 0.20:
                positions = self._transfer(positions)
            if kind < 0.55:
                positions = self._approach(positions)
            if 0.45 < kind < 0.80:
                positions = self._stretch(positions, 0.7, 2.6)
            if 0.76 < kind < 0.86:
                positions = self._stretch(positions, 0.7, 1.15)
            if 0.84 < kind < 0.90:
                positions = positions * self._random.uniform(0.88, 1.06)
            if 0.88 < kind < 0.94:
                positions = self._part(positions)
            shake = LARGEST_SHAKE * self._random.random() ** 2
            positions = positions + shake * self._random.standard_normal(positions.shape)
            if np.all(_distances(positions) >= self._least):
                return np.asarray(positions - positions.mean(axis=0))

    def _pick(self) -> Floats:
        return np.array(self._known[int(self._random.integers(len(self._known)))])

    def _mover(self, positions: Floats) -> tuple[Ints, Ints]:
        """The smaller of two molecules, or of the parts of one that is cut at a random bond; and the rest."""
        bonds = perceive_bonds(self._numbers, positions)
        parts = fragments(len(positions), bonds)
        if len(parts) == 1 and len(bonds):
            for cut in self._random.permutation(len(bonds)):
                parts = fragments(len(positions), np.delete(bonds, cut, axis=0))
                if len(parts) > 1:
                    break
        if len(parts) == 1:
            return np.arange(len(positions)), np.empty(0, np.int64)
        sizes = np.array([len(part) for part in parts])
        # Hydrogens apart are seldom what is meant: a molecule of several atoms is moved, if there is one besides.
        smallest = np.argsort(sizes + 100 * (sizes == 1), kind="stable")[0]
        mover = np.array(parts[int(smallest)])
        return mover, np.setdiff1d(np.arange(len(positions)), mover)

    def _approach(self, positions: Floats) -> Floats:
        """A molecule turned at random, one atom of it at a random distance from an atom of the rest."""
        mover, rest = self._mover(positions)
        if not len(rest):
            return positions
        random = self._random
        heavy = rest[self._numbers[rest] != _HYDROGEN]
        for _ in range(_TRIES):
            aim = heavy if len(heavy) and random.random() < 0.5 else rest
            target, atom = random.choice(aim), random.choice(mover)
            turned = (positions[mover] - positions[atom]) @ _rotation(random).T
            room = random.choice((1.15, 1.4))
            place = positions[target] + _direction(random) * random.uniform(NEAREST, FARTHEST)
            moved = positions.copy()
            moved[mover] = turned + place
            between = np.linalg.norm(moved[mover][:, None] - moved[rest], axis=-1)
            if np.all(between >= room * self._least[np.ix_(mover, rest)]):
                return moved
        return positions

    def _transfer(self, positions: Floats) -> Floats:
        """A hydrogen of the larger molecule bonded to an atom of the smaller one, or the reverse."""
        mover, rest = self._mover(positions)
        giving, taking = (mover, rest) if self._random.random() < 0.2 else (rest, mover)
        hydrogens = giving[self._numbers[giving] == _HYDROGEN]
        heavy = taking[self._numbers[taking] != _HYDROGEN]
        if not len(hydrogens) or not len(heavy) or len(mover) == len(positions):
            return positions
        hydrogen, partner = self._random.choice(hydrogens), self._random.choice(heavy)
        away = positions[partner] - positions[taking].mean(axis=0)
        norm = float(np.linalg.norm(away))
        outward = away / norm if norm > 0.3 else _direction(self._random)
        length = covalent_radii[_HYDROGEN] + covalent_radii[self._numbers[partner]]
        moved = positions.copy()
        moved[hydrogen] = positions[partner] + outward * length * self._random.uniform(0.9, 1.3)
        return moved

    def _stretch(self, positions: Floats, shortest: float, longest: float) -> Floats:
        """One side of a random bond moved along it, to this many times its length."""
        bonds = perceive_bonds(self._numbers, positions)
        if not len(bonds):
            return positions
        cut = int(self._random.integers(len(bonds)))
        parts = fragments(len(positions), np.delete(bonds, cut, axis=0))
        one, two = bonds[cut]
        side = next(part for part in parts if two in part)
        if one in side:  # a bond of a ring: only its atom
            side = [int(two)]
        if len(side) > len(positions) // 2 and self._random.random() < 0.7:
            side, one, two = next((p for p in parts if one in p), [int(one)]), two, one
        along = positions[two] - positions[one]
        moved = positions.copy()
        moved[side] += along * (self._random.uniform(shortest, longest) - 1.0)
        return moved

    def _part(self, positions: Floats) -> Floats:
        """Molecules far from each other."""
        mover, rest = self._mover(positions)
        if not len(rest):
            return positions
        moved = positions.copy()
        away = positions[mover].mean(axis=0) - positions[rest].mean(axis=0)
        norm = max(float(np.linalg.norm(away)), 1e-6)
        moved[mover] += away / norm * self._random.uniform(1.0, 5.0)
        return moved


def _distances(positions: Floats) -> Floats:
    return np.asarray(np.linalg.norm(positions[:, None] - positions, axis=-1))


def _direction(random: np.random.Generator) -> Floats:
    vector = random.standard_normal(3)
    return np.asarray(vector / np.linalg.norm(vector))


def _rotation(random: np.random.Generator) -> Floats:
    """A rotation matrix, all equally likely: from a random quaternion."""
    w, x, y, z = (q := random.standard_normal(4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
