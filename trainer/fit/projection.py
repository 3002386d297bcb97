"""From an atom's features to the few numbers a network is trained on.

Neighbouring symmetry functions overlap, so an atom's thousand or more features move along a few hundred
directions only. Training takes the principal components of each element's features, scaled to similar size:
its steps are shorter and better conditioned, and the derivative of every component by every position can be
kept in memory. Being linear, all this is folded into the first layer's weights afterwards: the model
file holds the network of the plain features, and whoever uses it knows nothing of components.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.potential import Layer, Parameters


@dataclass(frozen=True)
class Projection:
    """Of E elements; F features, K components.

    Args:
        mean: (E, F) of the training set's atoms
        matrix: (E, F, K) so that ``(features - mean) @ matrix`` are the components
    """

    mean: Floats
    matrix: Floats

    @property
    def components(self) -> int:
        """K."""
        return int(self.matrix.shape[2])

    @classmethod
    def fit(cls, features: Sequence[NDArray[np.float32]], components: int, floor: float) -> "Projection":
        """Principal components.

        Args:
            features: (n, F) of each element's atoms
            components: K; an element with fewer directions gets empty ones
            floor: a component's standard deviation is scaled to 1 if it is much larger than this times the
                largest, and ever less below: nothing tiny is blown up
        """
        size = features[0].shape[1]
        mean = np.zeros((len(features), size))
        matrix = np.zeros((len(features), size, components))
        for element, values in enumerate(features):
            mean[element] = values.mean(axis=0)
            centred = np.asarray(values - mean[element], dtype=np.float64)
            kept = min(components, size)
            variance, vectors = np.linalg.eigh(centred.T @ centred / max(len(values), 1))
            variance, vectors = np.maximum(variance[::-1][:kept], 0.0), vectors[:, ::-1][:, :kept]
            scale = 1.0 / np.sqrt(variance + floor**2 * max(variance[0], 1e-12))
            matrix[element, :, :kept] = vectors * scale
        return cls(mean, matrix)

    def apply(self, features: NDArray[np.float32], element: NDArray[np.int64]) -> NDArray[np.float32]:
        """(A, K) components of features (A, F) of atoms whose elements are ``element`` (A,)."""
        result = np.empty((len(features), self.components), np.float32)
        for index, (mean, matrix) in enumerate(zip(self.mean, self.matrix, strict=True)):
            mine = element == index
            result[mine] = (features[mine] - mean.astype(np.float32)) @ matrix.astype(np.float32)
        return result

    def fold(self, parameters: Parameters, remainder: Sequence[Floats] | None = None) -> Parameters:
        """Networks of components to networks of features; ``remainder`` see :meth:`remainder`."""
        networks = []
        for element, (first, *rest) in enumerate(parameters):
            inner = np.asarray(first.weight, dtype=np.float64)
            weight = self.matrix[element] @ inner
            if remainder is not None:
                weight = weight + remainder[element]
            bias = np.asarray(first.bias, dtype=np.float64) - self.mean[element] @ weight
            networks.append((Layer(jnp.asarray(weight, jnp.float32), jnp.asarray(bias, jnp.float32)), *rest))
        return tuple(networks)

    def remainder(self, parameters: Parameters) -> list[Floats]:
        """What first layers (M, F, H) of features do that no component sees.

        The geometries that the components are of hardly move along it, so training can leave it alone. Put back by
        :meth:`fold`, it keeps what a model knew of others.
        """
        return [
            np.asarray(network[0].weight, dtype=np.float64)
            - self.matrix[element] @ np.asarray(inner[0].weight, dtype=np.float64)
            for element, (network, inner) in enumerate(zip(parameters, self.unfold(parameters), strict=True))
        ]

    def unfold(self, parameters: Parameters) -> Parameters:
        """The reverse, as well as components can: to go on with the training of a model."""
        networks = []
        for element, (first, *rest) in enumerate(parameters):
            outer = np.asarray(first.weight, dtype=np.float64)
            norm = np.sum(self.matrix[element] ** 2, axis=0)
            back = self.matrix[element] / np.where(norm > 0, norm, 1.0)
            weight = np.einsum("fk,mfo->mko", back, outer)
            bias = np.asarray(first.bias, dtype=np.float64) + np.einsum(
                "f,mfo->mo", self.mean[element], outer
            )
            networks.append((Layer(jnp.asarray(weight, jnp.float32), jnp.asarray(bias, jnp.float32)), *rest))
        return tuple(networks)
