"""Running downhill: a structure optimizer that takes one step at a time, also while hands move the minimum.

L-BFGS without line search: Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 7.4. Pairs of moves and
changes of the forces along which the energy surface is not convex are left out, so that it always goes downhill.
"""

from collections import deque

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.server.dynamics.integrators import Force, Motion

MEMORY = 30
"""Steps whose pairs are kept."""
STIFFNESS = 70.0
"""eV/angstrom^2 that is assumed where nothing is known: somewhat above that of the stiffest bonds."""
FARTHEST = 0.1
"""Angstrom that an atom moves in a step, at most."""


class DownhillOptimizer:
    """The optimizer's memory."""

    def __init__(self) -> None:
        self._pairs: deque[tuple[Floats, Floats]] = deque(maxlen=MEMORY)
        """(N, 3) moves and by how much the forces became less, oldest first."""

    def forget(self) -> None:
        """The atoms were moved, or the forces are of another engine: begin again."""
        self._pairs.clear()

    def step(self, motion: Motion, force: Force) -> Motion:
        """One step; ``force`` is evaluated once, at its end. The atoms are at rest before and after.

        Args:
            motion: positions and total forces at the step's start
            force: of all that acts
        """
        move = self._direction(motion.forces)
        farthest = float(np.max(np.linalg.norm(move, axis=1)))
        if farthest > FARTHEST:
            move = move * (FARTHEST / farthest)
        positions = motion.positions + move
        forces = force(positions)
        less = motion.forces - forces
        curvature = float(np.sum(move * less))
        if curvature > 1e-6 * float(np.sum(move * move)):
            self._pairs.append((move, less))
        elif farthest > 0.0:
            self.forget()
        return Motion(positions, np.zeros_like(positions), forces)

    def _direction(self, forces: Floats) -> Floats:
        """(N, 3) angstrom: the forces times the inverse of the Hessian, as far as it is known."""
        move = forces.copy()
        shares = []
        for moved, less in reversed(self._pairs):
            share = float(np.sum(moved * move)) / float(np.sum(moved * less))
            shares.append(share)
            move -= share * less
        if self._pairs:
            moved, less = self._pairs[-1]
            move *= float(np.sum(moved * less)) / float(np.sum(less * less))
        else:
            move /= STIFFNESS
        for (moved, less), share in zip(self._pairs, reversed(shares), strict=True):
            move += (share - float(np.sum(less * move)) / float(np.sum(moved * less))) * moved
        return move
