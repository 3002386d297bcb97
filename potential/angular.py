"""Angular symmetry functions and their derivatives, which take most of the time of an evaluation.

A triple contributes the outer product of a radial vector (n,) and an angular vector (n,) to its block of features.
The products are never stored: the sum over a chunk of triples is one matrix product, and the derivative is two (with
the block's cotangent), which are written out with :func:`jax.custom_vjp`.

No arccos is needed. With unit vectors u, v to the two neighbours, cos(theta/2) = |u + v|/2 and
sin(theta/2) = |u - v|/2, both exact at every angle, and

    2^(1-zeta) (1 + cos(theta - t))^zeta = 2 cos((theta - t)/2)^(2 zeta)

with cos((theta - t)/2) = cos(theta/2) cos(t/2) + sin(theta/2) sin(t/2). So three atoms in a line need no
special treatment, neither for the value nor for the gradient.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.lax import Precision

from atomtug.core.arrays import Floats
from atomtug.potential.keeping import Keeping, shared_exp
from atomtug.potential.layout import CHUNK, Layout
from atomtug.potential.pairs import Pairs, within
from atomtug.potential.powers import power
from atomtug.potential.radial import NOTHING, log_cutoff
from atomtug.potential.rounding import in_steps, lengths, split, widened
from atomtug.potential.symmetry import SymmetryFunctions
from atomtug.potential.triples import TripleList, list_triples

_IN_BOUNDS: Mapping[str, Any] = {"mode": "promise_in_bounds", "wrap_negative_indices": False}
_SMALLEST_COSINE = 1e-6
"""Smallest cosine of half an angle. Below it, the function is 0 in any precision; what divides by it stays finite."""


class _ForwardPass(NamedTuple):
    """Intermediate results that the backward pass needs.

    ``table`` (P + 1, 8) what :func:`_tabulate` gives; ``one``, ``two`` (C, T, 8) its rows of a triple's pairs;
    ``mean`` (C, T) of their places; ``cos``, ``sin`` (C, T, 1) of half the angle; ``radial`` (C, n, T);
    ``slope`` (C, n, T) the derivative of the angular functions by cos((theta - t)/2), over 2 zeta: times that cosine
    it is the functions themselves.
    """

    table: Array
    triples: TripleList
    one: Array
    two: Array
    mean: Array
    cos: Array
    sin: Array
    radial: Array
    slope: Array


def angular_features(symmetry: SymmetryFunctions, pairs: Pairs, layout: Layout) -> tuple[Array, Array]:
    """Angular features G_A of every row, see :mod:`atomtug.potential.symmetry` for the formula.

    Args:
        symmetry: the descriptor
        pairs: the neighbour list
        layout: the sizes

    Returns:
        (N, pairs of elements * n * n) features, radial centre before angular centre, of the pairs in
        ``layout.neighbour_elements``; and () the number of chunks
    """
    if not layout.neighbour_elements:
        return jnp.zeros((layout.atoms, 0), pairs.vector.dtype), jnp.int32(0)
    # A complete list is made once, when this is compiled.
    with jax.ensure_compile_time_eval() if layout.complete else nullcontext():
        apart = symmetry.angular_cutoff < symmetry.r_cut and not layout.complete
        near = within(pairs, symmetry.angular_cutoff) if apart else None
        triples = list_triples(pairs, near, layout)
    blocks = layout.atoms * len(layout.neighbour_elements)
    sums = _sums(symmetry, blocks, pairs.vector, triples)
    return sums.reshape(layout.atoms, -1), triples.needed


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _sums(symmetry: SymmetryFunctions, blocks: int, vector: Array, triples: TripleList) -> Array:
    """(blocks, n, n) sums over triples, from pair vectors (P, 3)."""
    return _forward(symmetry, blocks, vector, triples)[0]


def _forward(
    symmetry: SymmetryFunctions, blocks: int, vector: Array, triples: TripleList
) -> tuple[Array, _ForwardPass]:
    angular, kept = _factors(symmetry, vector, triples)
    n = symmetry.n_basis
    if n % 8:
        products = jnp.einsum("cmt,ctn->cmn", kept.radial, angular, precision=Precision.HIGHEST)
    else:
        # The same in half the time: the compiler vectorises it over n.
        products = jnp.asarray(sum(kept.radial[:, :, t, None] * angular[:, None, t] for t in range(CHUNK)))
    sums = jnp.zeros((blocks, symmetry.n_basis, symmetry.n_basis), vector.dtype)
    return sums.at[triples.block].add(products, mode="drop", indices_are_sorted=True), kept


def _tabulate(symmetry: SymmetryFunctions, vector: Array) -> Array:
    """(P + 1, 8) of each pair unit vector, where its length is among the centres, ln fc, its derivative, the length,
    and by how much the square of the rounded unit vector is more than 1. The last row is of a pair beyond the cutoff,
    for unused slots."""
    dtype = vector.dtype
    length = lengths(vector)
    logarithm, slope = log_cutoff(length, symmetry.angular_cutoff, dtype)
    place = in_steps(length, symmetry.r_min, symmetry.angular_cutoff, symmetry.n_basis)
    unit = [(widened(vector[:, k]) / length).astype(dtype) for k in range(3)]
    excess = jnp.asarray(sum(widened(each) ** 2 for each in unit)) - 1.0
    others = (place, logarithm, slope, length, excess)
    rows = jnp.stack([*unit, *(each.astype(dtype) for each in others)], axis=1)
    unused = jnp.array([[1.0, 0.0, 0.0, 0.0, NOTHING, 0.0, 1.0, 0.0]], dtype)
    return jnp.concatenate([rows, unused])


def _factors(symmetry: SymmetryFunctions, vector: Array, triples: TripleList) -> tuple[Array, _ForwardPass]:
    """Each triple's angular vector (C, T, n), with a factor of 2; its radial one, with both cutoffs, and the rest."""
    table = _tabulate(symmetry, vector)
    one, two = (table.at[pair].get(**_IN_BOUNDS) for pair in (triples.first, triples.second))
    kept = Keeping(triples.unknown)
    mean = kept(0.5 * (one[..., 3] + two[..., 3]))
    logarithm = kept(one[..., 4] + two[..., 4])
    # Makes up for unit vectors that are not quite: the power would multiply that by its exponent.
    too_long = 0.25 * (one[..., 7:] + two[..., 7:])
    # With an axis of their own. Of the same shape as what is divided by them, they would be overwritten in that
    # loop, which is not vectorised then.
    x, y = ([each[..., k : k + 1] for k in range(3)] for each in (one, two))
    cos, sin = (
        kept(half - half * too_long)
        for half in (
            _half_length(*(a + b for a, b in zip(x, y, strict=True))),
            _half_length(*(a - b for a, b in zip(x, y, strict=True))),
        )
    )
    centres = np.arange(symmetry.n_basis, dtype=vector.dtype)[:, None]
    radial = shared_exp(logarithm[:, None, :] - symmetry.sharpness * (mean[:, None, :] - centres) ** 2)
    # Each by a polynomial of its own, with its axes as they are needed: turning one round would be slower.
    angular = kept(2.0 * power(_half_cosines(symmetry.angles, cos, sin), symmetry.zeta))
    across = _half_cosines(symmetry.angles[:, None], cos[:, None, :, 0], sin[:, None, :, 0])
    slope = kept(2.0 * power(across, symmetry.zeta - 0.5))
    return angular, _ForwardPass(table, triples, one, two, mean, cos, sin, radial, slope)


def _half_length(x: Array, y: Array, z: Array) -> Array:
    """|vector| / 2, kept above 0, where the direction is undefined and a force of zero is right."""
    tiny = 1e-12 if x.dtype == jnp.float32 else 1e-24
    return 0.5 * jnp.sqrt(x * x + y * y + z * z + tiny)


def _half_cosines(angles: Floats, cos: Array, sin: Array) -> Array:
    """cos((theta - t)/2) of angles t, from cos and sin of half of each theta, with axes as these have together."""
    (ct, ct_rest), (st, st_rest) = (split(each(0.5 * angles), cos.dtype) for each in (np.cos, np.sin))
    # In this order what had been rounded away is added before anything is rounded.
    return jnp.maximum(cos * ct + (sin * st + (cos * ct_rest + sin * st_rest)), _SMALLEST_COSINE)


def _backward(
    symmetry: SymmetryFunctions, blocks: int, forward: _ForwardPass, cotangent: Array
) -> tuple[Array, None]:
    """The cotangent (P, 3) of the pair vectors from that of the sums (blocks, n, n)."""
    n, triples, dtype = symmetry.n_basis, forward.triples, forward.table.dtype
    kept = Keeping(triples.unknown)
    # An idle chunk gets some block's cotangent; its radial vectors are 0, and nothing comes of it.
    block = jnp.minimum(triples.block, blocks - 1)
    # Matrix products, written as sums: the compiler vectorises them over the triples of a chunk, unless it writes the
    # result onto a factor of the same shape. So nothing of that shape is multiplied by another here.
    by_angular, by_moment = (
        kept(jnp.asarray(sum(g[:, m, :, None] * forward.radial[:, m, None, :] for m in range(n))))
        for g in (
            blocks_of.at[block].get(**_IN_BOUNDS)
            for blocks_of in (cotangent, cotangent * np.arange(n, dtype=dtype)[:, None])
        )
    )
    half = (0.5 * symmetry.angles).astype(dtype)
    ct, st = np.cos(half), np.sin(half)
    cos, sin = forward.cos[..., 0], forward.sin[..., 0]
    of_angle = [by_angular[:, k] * forward.slope[:, k] for k in range(n)]
    # d/d cos and d/d sin over 2 zeta. Angular functions are homogeneous in both, so these give the sum of by_angular
    # times the functions, too: d/d ln fc, the same for both pairs.
    by_cos = sum(ct[k] * of_angle[k] for k in range(n))
    by_sin = sum(st[k] * of_angle[k] for k in range(n))
    by_cutoff = kept(cos * by_cos + sin * by_sin)
    # What is along the unit vector itself has no effect, see _to_vector.
    cross = kept((0.5 * symmetry.zeta) * (by_cos / cos - by_sin / sin))
    moment = sum((cos * ct[k] + sin * st[k]) * (by_moment[:, k] * forward.slope[:, k]) for k in range(n))
    # d/d length of either pair.
    steepness = symmetry.sharpness * (n - 1) / (symmetry.angular_cutoff - symmetry.r_min)
    by_length = kept(steepness * (moment - forward.mean * by_cutoff))
    is_length = np.arange(4) == 3

    def over_triples(pair: Array, own: Array, other: Array) -> Array:
        of_length = by_length + by_cutoff * own[..., 5]
        rows = jnp.where(is_length, of_length[..., None], cross[..., None] * other[..., :4])
        return jnp.zeros((len(forward.table), 4), dtype).at[pair].add(rows, **_IN_BOUNDS)

    # Two sums that are added afterwards: they don't wait for each other.
    of_pair = over_triples(triples.first, forward.one, forward.two) + over_triples(
        triples.second, forward.two, forward.one
    )
    return _to_vector(forward.table[:-1], of_pair[:-1]), None


def _to_vector(table: Array, of_pair: Array) -> Array:
    """From cotangents (P, 4) of unit vector and length to those of the vector (P, 3)."""
    unit, by_unit = ([rows[:, k] for k in range(3)] for rows in (table, of_pair))
    length = table[:, 6]
    along = sum(u * b for u, b in zip(unit, by_unit, strict=True))
    radial = of_pair[:, 3] - along / length
    return jnp.stack([b / length + radial * u for u, b in zip(unit, by_unit, strict=True)], axis=1)


_sums.defvjp(_forward, _backward)
