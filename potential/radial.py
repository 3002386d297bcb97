"""Cutoff and radial symmetry functions."""

from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.lax import Precision
from numpy.polynomial.chebyshev import cheb2poly, chebfit

from atomtug.potential.layout import Layout
from atomtug.potential.pairs import Pairs
from atomtug.potential.symmetry import SymmetryFunctions

NOTHING = -1e4
"""Logarithm of a number that is 0 in any precision."""


_DEGREES = {4: 7, 8: 13}
"""Of the polynomials in the cutoff function, by the bytes of a number: their error is that of its last digit."""


def log_cutoff(length: Array, r_cut: float) -> tuple[Array, Array]:
    """ln fc and its derivative (1/angstrom) at lengths (P,) in angstrom.

    The cutoff function of :mod:`atomtug.potential.symmetry` is fc = cos^2(pi R / 2 r_cut), and the derivative of its
    logarithm -(pi / r_cut) tan(pi R / 2 r_cut). From the cutoff on the first is :data:`NOTHING`, the second 0.
    """
    u = length * (1.0 / r_cut)
    squared = u * u
    inside = squared < 1.0
    rest = jnp.where(inside, 1.0 - squared, 1.0).astype(length.dtype)
    by_rest, by_u = (_polynomial(squared, each) for each in _quarter_wave(_DEGREES[length.dtype.itemsize]))
    cosine = rest * by_rest
    logarithm = jnp.where(inside, 2.0 * jnp.log(cosine), NOTHING)
    return logarithm, jnp.where(inside, (-np.pi / r_cut) * u * by_u / cosine, 0.0)


@lru_cache
def _quarter_wave(degree: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Coefficients in 2 u^2 - 1, u in 0 to 1, of cos(pi u / 2) / (1 - u^2) and of sin(pi u / 2) / u.

    Polynomials are vectorised, and the cosine keeps its digits near its zero.
    """
    nodes = np.cos(np.pi * (np.arange(64) + 0.5) / 64)
    u = np.sqrt(0.5 * (nodes + 1.0))
    values = np.cos(0.5 * np.pi * u) / (1.0 - u * u), np.sin(0.5 * np.pi * u) / u
    cosine, sine = (cheb2poly(chebfit(nodes, each, degree)) for each in values)
    return tuple(map(float, cosine)), tuple(map(float, sine))


def _polynomial(squared: Array, coefficients: tuple[float, ...]) -> Array:
    moved = 2.0 * squared - 1.0
    result = jnp.full_like(squared, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = result * moved + coefficient
    return result


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
