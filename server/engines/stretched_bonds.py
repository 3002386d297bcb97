"""Which geometries may hide a lower electronic state: those with a bond between its usual length and broken."""

from collections.abc import Callable

import numpy as np
from ase.data import covalent_radii

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import FORM_TOLERANCE

STRETCHED = 0.40
"""A bond is stretched once it is longer than the sum of its atoms' covalent radii plus this, angstrom (C-H: 1.47).
A closed shell becomes unstable further out: H2 from 1.35, C-H from 1.75, C-C from 2.2 angstrom with PM6."""
SHORTENED = 0.10
"""A bond shorter than the sum minus this, angstrom, may be a double or triple one: the engine's order tells."""
MULTIPLE, SINGLE = 1.6, 1.3
"""Orders from which on a bond counts as a multiple one, and below which no more."""
STRETCHED_MULTIPLE = -0.02
"""A multiple bond is stretched once it is longer than the sum plus this, angstrom (C=C: 1.50): its pi electrons part
long before it breaks."""
BROKEN = 2.4
"""Beyond the sum plus this, angstrom, the two parts hardly feel each other and the bond is forgotten."""
MOVED = 0.04
"""A stretched bond that has changed by this since the last search is a reason for another, angstrom."""
MOVED_AT_MOST = 0.16
"""The same after several searches that found nothing beside the state that an earlier one had found."""


class StretchedBonds:
    """Follows the bonds of a set of atoms and says when one of them has been stretched further.

    A bond counts from when it forms until it is :data:`BROKEN`, however long that takes.

    Args:
        numbers: (N,) atomic numbers
    """

    def __init__(self, numbers: Ints) -> None:
        self._first, self._second = np.triu_indices(len(numbers), k=1)
        radii = covalent_radii[numbers]
        self._sums = radii[self._first] + radii[self._second]
        self._forms = (self._sums + FORM_TOLERANCE) ** 2
        self._stretches = (self._sums + STRETCHED) ** 2
        self._stretches_multiple = (self._sums + STRETCHED_MULTIPLE) ** 2
        self._whole = (self._sums + FORM_TOLERANCE) ** 2
        self._multiple = np.zeros(len(self._sums), dtype=bool)
        self._short = (self._sums - SHORTENED) ** 2
        self._heavy = (numbers[self._first] > 1) & (numbers[self._second] > 1)
        self._breaks = (self._sums + BROKEN) ** 2
        self._bonded = np.zeros(len(self._sums), dtype=bool)
        self._lengths: dict[int, float] = {}
        """Of each stretched bond, by its pair's index: its length when a search was last due."""
        self._tolerance = MOVED
        self.found = False
        """Whether a search has found a better state for the bonds that are stretched now."""

    def forget(self) -> None:
        """The next geometry has nothing to do with those before."""
        self._bonded[:] = False
        self._multiple[:] = False
        self._lengths = {}
        self._tolerance, self.found = MOVED, False

    def searched(self, found: bool) -> None:
        """A search is over. Once one has found a state, those that find nothing make the next ones rarer.

        Args:
            found: whether it found a better state
        """
        if found:
            self._tolerance, self.found = MOVED, True
        elif self.found:
            self._tolerance = min(2.0 * self._tolerance, MOVED_AT_MOST)

    def moved(self, positions: Floats, order: Callable[[int, int], float] = lambda *_: 1.0) -> bool:
        """Whether a bond has become stretched, or a stretched one has changed by :data:`MOVED` or more.

        Args:
            positions: (N, 3) angstrom, a few steps after those of the last call
            order: the engine's order of the bond of two atoms; it is asked for short and multiple bonds alone
        """
        apart = positions[self._first] - positions[self._second]
        squared = np.einsum("pk,pk->p", apart, apart)
        self._bonded |= squared < self._forms
        self._bonded &= squared < self._breaks
        # A multiple bond that became a single one, such as ethene's in ethyl, is not a stretched one.
        multiple = self._multiple & (squared < self._whole)
        for pair in np.flatnonzero(self._heavy & ((squared < self._short) | multiple)):
            known = order(int(self._first[pair]), int(self._second[pair]))
            if known > MULTIPLE:
                self._multiple[pair] = True
            elif known < SINGLE:
                self._multiple[pair] = False
        limits = np.where(self._multiple, self._stretches_multiple, self._stretches)
        stretched = np.flatnonzero(self._bonded & (squared > limits))
        now = {int(pair): float(np.sqrt(squared[pair])) for pair in stretched}
        if any(pair not in self._lengths for pair in now):
            self._tolerance, self.found = MOVED, False
        moved = any(
            abs(length - self._lengths.get(pair, 0.0)) >= self._tolerance for pair, length in now.items()
        )
        self._lengths = now if moved else {pair: self._lengths[pair] for pair in now}
        return moved

    @property
    def any_stretched(self) -> bool:
        """Whether the last geometry seen had a stretched bond."""
        return bool(self._lengths)
