"""How far the members of a committee are apart in the force on each atom.

An atom's share of the energy has no reference: members divide the energy among the atoms as they like. Forces have
one. Instead of each member by itself, the committee is evaluated with its members weighted otherwise, so that what is
compiled for the mean serves for this, too.
"""

from collections.abc import Callable

import jax
import numpy as np

from atomtug.core.arrays import Floats
from atomtug.potential.model import Model
from atomtug.potential.network import LaterLayers, Network, Parameters

EVERY, LONG = 40, 400
"""MD steps: within the first nothing is evaluated anew, after the second everything."""
Forces = Callable[[LaterLayers, Floats], Floats]
"""From layers in place of a model's, and positions (N, 3) angstrom, to forces (N, 3) eV/angstrom."""


def contrasts(members: int) -> Floats:
    """(M - 1, M) orthonormal rows, each of which adds up to 0.

    For values x of the members, the squares of ``contrasts @ x`` add up to those of the deviations from the mean
    (Helmert's matrix).
    """
    rows = np.tril(np.ones((members, members)), -1)[1:]
    rows[np.arange(members - 1), np.arange(1, members)] = -np.arange(1, members)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float64)


def weighted(parameters: Parameters, weights: Floats) -> LaterLayers:
    """Layers with which the mean is the sum of the members' energies times ``weights`` (M,)."""
    factors = len(weights) * weights

    def one(network: Network) -> Network:
        _, *hidden, last = network
        scale = factors.astype(np.asarray(last.bias).dtype)
        last = last._replace(weight=last.weight * scale[:, None, None], bias=last.bias * scale[:, None])
        return (*hidden, last)

    return tuple(one(network) for network in parameters)


class ForceSpread:
    """The spread of the forces of a committee of at least two, at one geometry or along a trajectory.

    Args:
        model: the committee
        forces: evaluates it with other layers after the first
    """

    def __init__(self, model: Model, forces: Forces) -> None:
        members = model.architecture.members
        parameters = jax.tree.map(np.asarray, model.parameters)
        # The mean goes along in each, and is subtracted: what is not the networks' is in both.
        self._layers = jax.device_put([weighted(parameters, 1 / members + row) for row in contrasts(members)])
        self._forces = forces
        self._factor, self._floor = model.force_spread_factor, model.force_floor
        self._squares: list[Floats] = []
        self._next = 0
        self._step = 0

    def at(self, positions: Floats, mean: Floats) -> Floats:
        """(N,) eV/angstrom: the standard deviation of the members' forces on each atom, as the model is calibrated.

        It takes M - 1 evaluations.

        Args:
            positions: (N, 3) angstrom
            mean: (N, 3) eV/angstrom, the forces of the committee there
        """
        self._squares = [self._square(index, positions, mean) for index in range(len(self._layers))]
        return self._result()

    def follow(self, step: int, positions: Floats, mean: Floats) -> Floats:
        """The same along a trajectory, for less: one contrast of the members is evaluated anew in a call, and none
        within :data:`EVERY` steps; the others are as they were.

        Args:
            step: MD steps of the trajectory so far
            positions, mean: as for :meth:`at`
        """
        since = step - self._step
        if not self._squares or not 0 <= since < LONG:
            self._step = step
            return self.at(positions, mean)
        if since >= EVERY:
            self._step = step
            self._squares[self._next] = self._square(self._next, positions, mean)
            self._next = (self._next + 1) % len(self._layers)
        return self._result()

    def _square(self, index: int, positions: Floats, mean: Floats) -> Floats:
        difference = self._forces(self._layers[index], positions) - mean
        return np.asarray(np.sum(difference**2, axis=1))

    def _result(self) -> Floats:
        return np.asarray(np.sqrt(self._factor**2 * np.mean(self._squares, axis=0) + self._floor**2))
