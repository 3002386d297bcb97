"""The descriptor: from positions to the features of each atom."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from atomtug.potential.angular import angular_features
from atomtug.potential.layout import Layout, Rows
from atomtug.potential.pairs import Pairs, find_pairs
from atomtug.potential.radial import radial_features
from atomtug.potential.symmetry import SymmetryFunctions, element_pairs


class Lists(NamedTuple):
    """How long the neighbour lists were. If they exceed the layout's capacity, the result must not be used.

    ``pairs`` and ``chunks`` () counts; ``closest`` () the shortest distance, angstrom.
    """

    pairs: Array
    chunks: Array
    closest: Array


def describe(
    symmetry: SymmetryFunctions, positions: Array, rows: Rows, layout: Layout
) -> tuple[Array, Lists]:
    """Features of every row; :mod:`atomtug.potential.symmetry` has the formulas and their source.

    Args:
        symmetry: the descriptor
        positions: (N, 3) angstrom, by rows
        rows: their molecules and candidates
        layout: the sizes

    Returns:
        (N, F) features, those of spare rows 0: radial by element, then angular by pair of elements, see
        :func:`atomtug.potential.symmetry.element_pairs`; and the length of the lists.
    """
    pairs = find_pairs(positions, rows, layout, symmetry.r_cut)
    present, chunks = pair_features(symmetry, pairs, layout)
    features = jnp.zeros((layout.atoms, symmetry.size(len(layout.rows))), present.dtype)
    return features.at[:, present_features(symmetry, layout)].set(present), lists_of(pairs, chunks)


def present_features(symmetry: SymmetryFunctions, layout: Layout) -> NDArray[np.intp]:
    """(K,) which of the F features can be other than 0: for the others there are not atoms enough."""
    elements, block = len(layout.rows), symmetry.n_basis**2
    columns = np.arange(symmetry.size(elements))
    radial, angular = np.split(columns, [elements * symmetry.radial_count])
    present = [pair in layout.neighbour_elements for pair in zip(*element_pairs(elements), strict=True)]
    return np.concatenate([radial, angular.reshape(-1, block)[present].ravel()])


def lists_of(pairs: Pairs, chunks: Array) -> Lists:
    """How long these lists are."""
    x, y, z = pairs.vector[:, 0], pairs.vector[:, 1], pairs.vector[:, 2]
    return Lists(pairs.needed, chunks, jnp.sqrt(jnp.min(x * x + y * y + z * z)))


def pair_features(symmetry: SymmetryFunctions, pairs: Pairs, layout: Layout) -> tuple[Array, Array]:
    """Those of :func:`present_features`, from a list of pairs.

    Args:
        symmetry: the descriptor
        pairs: the neighbour list
        layout: the sizes

    Returns:
        (N, K) features; and () the number of chunks of triples
    """
    radial = radial_features(symmetry, pairs, layout)
    angular, chunks = angular_features(symmetry, pairs, layout)
    return jnp.concatenate([radial, angular], axis=1), chunks
