"""Cutoff and radial symmetry functions."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.lax import Precision

from atomtug.potential.layout import Layout
from atomtug.potential.pairs import Pairs
from atomtug.potential.symmetry import SymmetryFunctions

NOTHING = -1e4
"""Logarithm of a number that is 0 in any precision."""


def log_cutoff(length: Array, r_cut: float) -> tuple[Array, Array]:
    """ln fc and its derivative (1/angstrom) at lengths (P,) in angstrom.

    The cutoff function of :mod:`atomtug.potential.symmetry` is fc = cos^2(pi R / 2 r_cut), and the derivative of its
    logarithm -(pi / r_cut) tan(pi R / 2 r_cut). From the cutoff on the first is :data:`NOTHING`, the second 0.
    """
    inside = length < r_cut
    angle = jnp.where(inside, length, 0.0) * (0.5 * np.pi / r_cut)
    cosine = jnp.cos(angle)
    logarithm = jnp.where(inside, 2.0 * jnp.log(cosine), NOTHING)
    return logarithm, (-np.pi / r_cut) * jnp.sin(angle) / cosine


def radial_features(symmetry: SymmetryFunctions, pairs: Pairs, layout: Layout) -> Array:
    """Radial features G_R of every row, see :mod:`atomtug.potential.symmetry` for the formula.

    Args:
        symmetry: the descriptor
        pairs: the neighbour list
        layout: the sizes

    Returns:
        (N, elements * n_radial): for each element of the neighbour, the centres
    """
    atoms, elements = layout.atoms, len(layout.rows)
    group = jnp.where(pairs.centre < atoms, pairs.centre * elements + pairs.element, atoms * elements)
    return _sums(symmetry, atoms * elements, pairs.vector, group).reshape(atoms, -1)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _sums(symmetry: SymmetryFunctions, groups: int, vector: Array, group: Array) -> Array:
    """(groups, n_radial) sums over the pairs (P, 3) of each ``group`` (P,)."""
    return _forward(symmetry, groups, vector, group)[0]


def _forward(
    symmetry: SymmetryFunctions, groups: int, vector: Array, group: Array
) -> tuple[Array, tuple[Array, ...]]:
    x, y, z = vector[:, 0], vector[:, 1], vector[:, 2]
    length = jnp.sqrt(x * x + y * y + z * z)
    logarithm, slope = log_cutoff(length, symmetry.r_cut)
    centres = jnp.asarray(symmetry.radial_centres, vector.dtype)
    terms = jnp.exp(logarithm[:, None] - symmetry.radial_eta * (length[:, None] - centres) ** 2)
    sums = jnp.zeros((groups, symmetry.radial_count), vector.dtype)
    sums = sums.at[group].add(terms, mode="drop", indices_are_sorted=True)
    return sums, (vector, group, length, slope, terms)


def _backward(
    symmetry: SymmetryFunctions, groups: int, kept: tuple[Array, ...], cotangent: Array
) -> tuple[Array, None]:
    """The cotangent (P, 3) of the pair vectors from that of the sums (groups, n_radial)."""
    vector, group, length, slope, terms = kept
    # A spare pair gets some group's cotangent; its terms are 0.
    g = cotangent.at[jnp.minimum(group, groups - 1)].get(mode="promise_in_bounds")
    weighted = g * terms
    weights = np.stack([np.ones(symmetry.radial_count), symmetry.radial_centres], axis=1)
    both = jnp.matmul(weighted, jnp.asarray(weights, vector.dtype), precision=Precision.HIGHEST)
    total, moment = both[:, 0], both[:, 1]
    along = (slope * total + (2.0 * symmetry.radial_eta) * (moment - length * total)) / length
    return along[:, None] * vector, None


_sums.defvjp(_forward, _backward)
