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
from jax.lax import Precision, optimization_barrier
from numpy.typing import NDArray

from atomtug.potential.layout import Layout
from atomtug.potential.pairs import Pairs
from atomtug.potential.radial import polar
from atomtug.potential.symmetry import SymmetryFunctions, pair_count
from atomtug.potential.triples import TripleList, list_triples

_IN_BOUNDS: Mapping[str, Any] = {"mode": "promise_in_bounds", "wrap_negative_indices": False}
_SMALLEST_COSINE = 1e-6
"""Smallest cosine of half an angle. Below it, the function is 0 in any precision; its logarithm must stay finite."""


class _ForwardPass(NamedTuple):
    """Intermediate results that the backward pass needs.

    ``one``, ``two`` (C, T, 5) unit vector, length and fc of a triple's pairs; ``mean`` length, ``cos``, ``sin`` of
    half the angle (C, T); ``radial``, ``angular`` (C, n, T).
    """

    vector: Array
    triples: TripleList
    one: Array
    two: Array
    mean: Array
    cos: Array
    sin: Array
    radial: Array
    angular: Array


def angular_features(symmetry: SymmetryFunctions, pairs: Pairs, layout: Layout) -> tuple[Array, Array]:
    """Angular features G_A of every row, see :mod:`atomtug.potential.symmetry` for the formula.

    Args:
        symmetry: the descriptor
        pairs: the neighbour list
        layout: the sizes

    Returns:
        (N, element pairs * n * n) features, radial centre before angular centre; and () the number of chunks
    """
    # A complete list is made once, when this is compiled.
    with jax.ensure_compile_time_eval() if layout.complete else nullcontext():
        triples = list_triples(pairs, layout)
    blocks = layout.atoms * pair_count(len(layout.rows))
    sums = _sums(symmetry, blocks, pairs.vector, triples)
    return sums.reshape(layout.atoms, -1), triples.needed


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _sums(symmetry: SymmetryFunctions, blocks: int, vector: Array, triples: TripleList) -> Array:
    """(blocks, n * n) sums over triples, from pair vectors (P, 3)."""
    return _forward(symmetry, blocks, vector, triples)[0]


def _forward(
    symmetry: SymmetryFunctions, blocks: int, vector: Array, triples: TripleList
) -> tuple[Array, _ForwardPass]:
    kept = _factors(symmetry, vector, triples)
    products = jnp.einsum("cmt,cnt->cmn", kept.radial, kept.angular, precision=Precision.HIGHEST)
    sums = jnp.zeros((blocks, symmetry.n_basis**2), vector.dtype)
    flat = products.reshape(len(triples.block), -1)
    return sums.at[triples.block].add(flat, mode="drop", indices_are_sorted=True), kept


def _factors(symmetry: SymmetryFunctions, vector: Array, triples: TripleList) -> _ForwardPass:
    """Each triple's radial vector (with both cutoffs and a factor of 2) and angular vector."""
    length, unit, cutoff = polar(vector, symmetry.angular_cutoff)
    # The barriers keep the compiler from working the same thing out again in every loop that uses it.
    table = optimization_barrier(jnp.concatenate([unit, length[:, None], cutoff[:, None]], axis=1))
    one, two = (table.at[pair].get(**_IN_BOUNDS) for pair in (triples.first, triples.second))
    weight = jnp.where(triples.real, 2.0 * one[..., 4] * two[..., 4], 0.0)
    mean = 0.5 * (one[..., 3] + two[..., 3])
    cos = _half_length(one[..., :3] + two[..., :3])
    sin = _half_length(one[..., :3] - two[..., :3])
    weight, mean, cos, sin = optimization_barrier((weight, mean, cos, sin))
    centres = jnp.asarray(symmetry.centres, vector.dtype)[:, None]
    radial = weight[:, None, :] * jnp.exp(-symmetry.eta * (mean[:, None, :] - centres) ** 2)
    angular = jnp.exp((2.0 * symmetry.zeta) * jnp.log(_half_cosines(symmetry, cos, sin)))
    return _ForwardPass(vector, triples, one, two, mean, cos, sin, radial, angular)


def _half_length(vector: Array) -> Array:
    """|vector| / 2, kept above 0, where the direction is undefined and a force of zero is right."""
    tiny = 1e-12 if vector.dtype == jnp.float32 else 1e-24
    return 0.5 * jnp.sqrt(vector[..., 0] ** 2 + vector[..., 1] ** 2 + vector[..., 2] ** 2 + tiny)


def _half_cosines(symmetry: SymmetryFunctions, cos: Array, sin: Array) -> Array:
    """(C, n, T) cos((theta - t)/2)."""
    ct, st = _half_angles(symmetry, cos.dtype)
    return jnp.maximum(cos[:, None, :] * ct[:, None] + sin[:, None, :] * st[:, None], _SMALLEST_COSINE)


def _half_angles(
    symmetry: SymmetryFunctions, dtype: np.dtype[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """(n,) cosines and sines of half the angular centres."""
    half = 0.5 * symmetry.angles
    return np.cos(half).astype(dtype), np.sin(half).astype(dtype)


def _backward(
    symmetry: SymmetryFunctions, blocks: int, kept: _ForwardPass, cotangent: Array
) -> tuple[Array, None]:
    """The cotangent (P, 3) of the pair vectors from that of the sums (blocks, n * n)."""
    n, triples, vector = symmetry.n_basis, kept.triples, kept.vector
    # An idle chunk gets some block's cotangent; its radial vectors are 0, and nothing comes of it.
    block = jnp.minimum(triples.block, blocks - 1)
    g = cotangent.at[block].get(**_IN_BOUNDS).reshape(-1, n, n)
    g = optimization_barrier(g)
    # Matrix products, written as sums: the compiler vectorises them over the triples of a chunk.
    of_radial = sum(g[:, :, k, None] * kept.angular[:, None, k, :] for k in range(n))
    of_angular = sum(g[:, k, :, None] * kept.radial[:, k, None, :] for k in range(n))
    by_radial = of_radial * kept.radial
    by_angle = of_angular * kept.angular / _half_cosines(symmetry, kept.cos, kept.sin)
    by_radial, by_angle = optimization_barrier((by_radial, by_angle))
    centres = symmetry.centres.astype(vector.dtype)
    ct, st = _half_angles(symmetry, vector.dtype)
    # d/d length of either pair; d/d ln fc, the same for both pairs; d/d cos and d/d sin over 4 cos and 4 sin.
    by_length = -symmetry.eta * sum((kept.mean - centres[m]) * by_radial[:, m] for m in range(n))
    by_cutoff = sum(by_radial[:, m] for m in range(n))
    scale = 0.5 * symmetry.zeta
    by_cos = scale * sum(ct[k] * by_angle[:, k] for k in range(n)) / kept.cos
    by_sin = scale * sum(st[k] * by_angle[:, k] for k in range(n)) / kept.sin
    same, cross, by_length, by_cutoff = optimization_barrier(
        (by_cos + by_sin, by_cos - by_sin, by_length, by_cutoff)
    )
    u, v = kept.one[..., :3], kept.two[..., :3]
    both = jnp.stack([by_length, by_cutoff], axis=-1)
    same, cross = same[..., None], cross[..., None]
    of_pair = jnp.zeros((len(vector), 5), vector.dtype)
    of_first = jnp.concatenate([same * u + cross * v, both], axis=-1)
    of_second = jnp.concatenate([cross * u + same * v, both], axis=-1)
    of_pair = of_pair.at[triples.first].add(of_first, **_IN_BOUNDS)
    of_pair = of_pair.at[triples.second].add(of_second, **_IN_BOUNDS)
    return _to_vector(symmetry, vector, of_pair), None


def _to_vector(symmetry: SymmetryFunctions, vector: Array, of_pair: Array) -> Array:
    """From cotangents (P, 5) of unit vector, length and ln fc to those of the vector (P, 3)."""
    length = jnp.sqrt(jnp.sum(vector * vector, axis=-1, keepdims=True))
    unit = vector / length
    by_unit, by_length, by_cutoff = of_pair[:, :3], of_pair[:, 3:4], of_pair[:, 4:5]
    # d ln fc / dR = -(pi / r_cut) tan(pi R / 2 r_cut); at the cutoff fc is 0, and so is what it multiplies.
    r_cut = symmetry.angular_cutoff
    inside = jnp.minimum(length, r_cut * (1.0 - 4.0 * float(np.finfo(vector.dtype).eps)))
    by_length -= by_cutoff * (np.pi / r_cut) * jnp.tan((0.5 * np.pi / r_cut) * inside)
    across = by_unit - unit * jnp.sum(by_unit * unit, axis=-1, keepdims=True)
    return across / length + by_length * unit


_sums.defvjp(_forward, _backward)
