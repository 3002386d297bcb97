"""The list of ordered pairs within the cutoff, made inside the compiled function.

Candidates are reduced to the exact neighbours at these positions, so the lists are always up to date and a loop of
many steps needs nothing from outside. All sizes are fixed; unused entries have no effect.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from atomtug.potential.layout import Layout, Rows
from atomtug.potential.running import running_sum

_RUN = 32
"""Entries that are counted by one row of a matrix product."""
_MARK = np.float32(4096.0)
"""More than are counted by a row."""


class Pairs(NamedTuple):
    """P ordered pairs, sorted by centre, then by the neighbour's row (and so by its element).

    ``centre`` and ``other`` (P,) rows, N where the list has ended; ``element`` (P,) of the neighbour;
    ``vector`` (P, 3) from centre to neighbour, angstrom; ``needed`` () the number of pairs, more than P if
    the list is too short.
    """

    centre: Array
    other: Array
    element: Array
    vector: Array
    needed: Array


def find_pairs(
    positions: Array, rows: Rows, layout: Layout, r_cut: float, dtype: np.dtype[np.floating] | None = None
) -> Pairs:
    """All pairs within the cutoff, or all pairs if the layout is complete.

    Args:
        positions: (N, 3) angstrom, by rows
        rows: their molecules and candidates
        layout: the sizes
        r_cut: the cutoff, angstrom
        dtype: of the vectors, that of the positions by default. Positions in double precision give vectors of which
            every digit is right: those far from the origin would have lost some
    """
    dtype = dtype or positions.dtype
    if layout.complete:
        return _every_pair(positions, layout, dtype)
    total, capacity = layout.atoms, layout.pairs
    # The set of pairs is not a smooth function of the positions: only the vectors below are differentiated.
    fixed = jax.lax.stop_gradient(positions).astype(dtype)
    if rows.candidates is None:
        # Whole runs, an axis of their own: a loop over them needs no division, and is vectorised.
        width = -(-total // _RUN) * _RUN
        of_candidate = [jnp.pad(fixed[:, k], (0, width - total)).reshape(-1, _RUN) for k in range(3)]
        column = np.arange(width, dtype=np.int32).reshape(-1, _RUN)
        near = (column < total) & (column != np.arange(total)[:, None, None])
    else:
        candidates = jnp.asarray(rows.candidates)
        width = candidates.shape[1]
        of_candidate = [_gather(fixed[:, k], candidates) for k in range(3)]
        near = (candidates < total) & (candidates != jnp.arange(total)[:, None])
    own = [fixed[:, k].reshape(-1, *[1] * (near.ndim - 1)) for k in range(3)]
    near &= sum((of_candidate[k] - own[k]) ** 2 for k in range(3)) < r_cut * r_cut
    source, needed = _places(near.ravel(), capacity)
    real = source < total * width
    centre = jnp.where(real, jax.lax.div(source, jnp.int32(width)), total)
    if rows.candidates is None:
        other = jnp.where(real, jax.lax.rem(source, jnp.int32(width)), total)
    else:
        other = jnp.where(real, _gather(candidates.ravel(), source), total)
    element = _gather(jnp.asarray(layout.element_of_row), other)
    # An unused entry is a pair at the cutoff: it contributes nothing, and no division by zero occurs.
    spare = jnp.array([r_cut, 0.0, 0.0], dtype)
    vector = jnp.where(real[:, None], _vectors(positions, centre, other, dtype), spare)
    return Pairs(centre, other, element, vector, needed)


def within(pairs: Pairs, r_cut: float) -> Array:
    """Which pairs of a list are within a shorter cutoff: (P,) their places in it, ascending, P after the last one.

    Args:
        pairs: the neighbour list; unused entries are beyond the cutoff
        r_cut: the cutoff, angstrom
    """
    fixed = jax.lax.stop_gradient(pairs.vector)
    near = jnp.asarray(sum(fixed[:, k] ** 2 for k in range(3))) < r_cut * r_cut
    return _places(near, len(pairs.centre))[0]


def _every_pair(positions: Array, layout: Layout, dtype: np.dtype[np.floating]) -> Pairs:
    """The set of pairs is constant here; only the vectors are computed."""
    one, two = np.nonzero(~np.eye(layout.atoms, dtype=bool))
    with jax.ensure_compile_time_eval():
        constants = (one, two, layout.element_of_row[two])
        centre, other, element = (jnp.asarray(x, jnp.int32) for x in constants)
        count = jnp.int32(len(one))
    return Pairs(centre, other, element, _vectors(positions, centre, other, dtype), count)


def _vectors(positions: Array, centre: Array, other: Array, dtype: np.dtype[np.floating]) -> Array:
    return (_gather_rows(positions, other) - _gather_rows(positions, centre)).astype(dtype)


def _gather(values: Array, index: Array) -> Array:
    """``values[index]``, the last one where the index is past the end."""
    return values.at[jnp.minimum(index, values.shape[0] - 1)].get(mode="promise_in_bounds")


def _gather_rows(values: Array, index: Array) -> Array:
    """The same of vectors (M, 3). Rows of four are fetched, and their derivatives summed up, three times as fast."""
    return _gather(jnp.pad(values, ((0, 0), (0, 1))), index)[:, :3]


def _places(chosen: Array, capacity: int) -> tuple[Array, Array]:
    """Where the entries that are ``chosen`` (M,) are: (capacity,) ascending, M after the last one; and how many."""
    size = chosen.shape[0]
    rows = -(-size // _RUN)
    table = jnp.pad(chosen.astype(jnp.float32), (0, rows * _RUN - size)).reshape(rows, _RUN)
    # Counted by matrix products: exact, and faster than a cumulative sum of thousands. What is chosen itself has a
    # mark beside the count, so that XLA need not work out again what is chosen.
    counting = np.triu(np.ones((_RUN, _RUN), np.float32)) + _MARK * np.eye(_RUN, dtype=np.float32)
    counted = jnp.matmul(table, jnp.asarray(counting))
    ends = jnp.where(counted[:, -1] < _MARK, counted[:, -1], counted[:, -1] - _MARK)
    before = running_sum(ends) - ends
    place = jnp.where(counted < _MARK, np.float32(capacity), counted + (before[:, None] - (_MARK + 1.0)))
    found = jnp.full(capacity, size, jnp.int32)
    found = found.at[place.ravel().astype(jnp.int32)].set(
        jnp.arange(rows * _RUN, dtype=jnp.int32),
        mode="drop",
        unique_indices=True,
        wrap_negative_indices=False,
    )
    return found, (before[-1] + ends[-1]).astype(jnp.int32)
