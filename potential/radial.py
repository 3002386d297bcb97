"""Cutoff and radial symmetry functions."""

from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.polynomial import Chebyshev, Polynomial

from atomtug.potential.layout import Layout
from atomtug.potential.pairs import Pairs
from atomtug.potential.rounding import in_steps, lengths
from atomtug.potential.symmetry import SymmetryFunctions

NOTHING = -1e4
"""Logarithm of a number that is 0 in any precision."""


_DEGREES = {4: 6, 8: 12}
"""Of the polynomials in the cutoff function, by the bytes of a number: their error is that of its last digit."""


def log_cutoff(length: Array, r_cut: float, dtype: np.dtype[np.floating]) -> tuple[Array, Array]:
    """ln fc and its derivative (1/angstrom) at lengths (P,) in angstrom, widened; both in ``dtype``.

    The cutoff function of :mod:`atomtug.potential.symmetry` is fc = cos^2(pi R / 2 r_cut), and the derivative of its
    logarithm -(pi / r_cut) tan(pi R / 2 r_cut). From the cutoff on the first is :data:`NOTHING`, the second 0.
    """
    u = length * (1.0 / r_cut)
    inside = u < 1.0
    squared, rest = (jnp.where(inside, each, 1.0).astype(dtype) for each in (u * u, 1.0 - u * u))
    by_rest, by_u = (_polynomial(squared, each) for each in _quarter_wave(_DEGREES[dtype.itemsize]))
    cosine = rest * by_rest
    logarithm = jnp.where(inside, 2.0 * jnp.log(cosine), NOTHING)
    return logarithm, jnp.where(inside, (-np.pi / r_cut) * u.astype(dtype) * by_u / cosine, 0.0)


@lru_cache
def _quarter_wave(degree: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Coefficients in u^2, u in 0 to 1, of cos(pi u / 2) / (1 - u^2) and of sin(pi u / 2) / u.

    Polynomials are vectorised, and the cosine keeps its digits near its zero. Its first coefficient is 1, which no
    precision rounds.
    """
    squared = 0.5 + 0.5 * np.cos(np.pi * (np.arange(64) + 0.5) / 64)
    u = np.sqrt(squared)
    values = (np.cos(0.5 * np.pi * u) / (1.0 - squared) - 1.0) / squared, np.sin(0.5 * np.pi * u) / u
    cosine, sine = (
        Chebyshev.fit(squared, each, degree, domain=[0, 1]).convert(kind=Polynomial).coef for each in values
    )
    return (1.0, *map(float, cosine)), tuple(map(float, sine))


def _polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    result = jnp.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = result * x + coefficient
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
    dtype = vector.dtype
    length = lengths(vector)
    logarithm, slope = log_cutoff(length, symmetry.r_cut, dtype)
    place = in_steps(length, symmetry.r_min, symmetry.r_cut, symmetry.radial_count).astype(dtype)
    centres = np.arange(symmetry.radial_count, dtype=dtype)
    terms = jnp.exp(logarithm[:, None] - symmetry.sharpness * (place[:, None] - centres) ** 2)
    sums = jnp.zeros((groups, symmetry.radial_count), dtype)
    sums = sums.at[group].add(terms, mode="drop", indices_are_sorted=True)
    return sums, (vector, group, length.astype(dtype), place, slope, terms)


def _backward(
    symmetry: SymmetryFunctions, groups: int, kept: tuple[Array, ...], cotangent: Array
) -> tuple[Array, None]:
    """The cotangent (P, 3) of the pair vectors from that of the sums (groups, n_radial)."""
    vector, group, length, place, slope, terms = kept
    # A spare pair gets some group's cotangent; its terms are 0.
    g = cotangent.at[jnp.minimum(group, groups - 1)].get(mode="promise_in_bounds")
    count = symmetry.radial_count
    # Centre by centre: one loop over the pairs, which fetches each row once. A matrix product would be two more.
    by_centre = [g[:, m] * terms[:, m] for m in range(count)]
    total = jnp.asarray(sum(by_centre))
    moment = sum(m * by_centre[m] for m in range(1, count))
    steepness = 2.0 * symmetry.sharpness * (count - 1) / (symmetry.r_cut - symmetry.r_min)
    along = (slope * total + steepness * (moment - place * total)) / length
    return along[:, None] * vector, None


_sums.defvjp(_forward, _backward)
