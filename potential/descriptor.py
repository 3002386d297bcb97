"""From positions to features: pairs, triples, sums."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from atomtug.potential.angular import angular_features
from atomtug.potential.layout import Layout, Rows
from atomtug.potential.pairs import Pairs, find_pairs
from atomtug.potential.radial import radial_features
from atomtug.potential.symmetry import SymmetryFunctions


class Lists(NamedTuple):
    """How long the lists were: more than the layout's capacity means the result is not to be used.

    ``pairs`` and ``chunks`` () counts; ``closest`` () the shortest distance, angstrom.
    """

    pairs: Array
    chunks: Array
    closest: Array


def describe(
    symmetry: SymmetryFunctions, positions: Array, rows: Rows, layout: Layout
) -> tuple[Array, Lists]:
    """Features of every row.

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
    features, chunks = pair_features(symmetry, pairs, layout)
    closest = jnp.sqrt(jnp.min(jnp.sum(pairs.vector**2, axis=-1)))
    return features, Lists(pairs.needed, chunks, closest)


def pair_features(symmetry: SymmetryFunctions, pairs: Pairs, layout: Layout) -> tuple[Array, Array]:
    """The same features from a list of pairs, and how many chunks of triples that took."""
    radial = radial_features(symmetry, pairs, layout)
    angular, chunks = angular_features(symmetry, pairs, layout)
    return jnp.concatenate([radial, angular], axis=1), chunks
