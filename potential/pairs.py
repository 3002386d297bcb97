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


def find_pairs(positions: Array, rows: Rows, layout: Layout, r_cut: float) -> Pairs:
    """All pairs within the cutoff, or all pairs if the layout is complete.

    Args:
        positions: (N, 3) angstrom, by rows
        rows: their molecules and candidates
        layout: the sizes
        r_cut: the cutoff, angstrom
    """
    if layout.complete:
        return _every_pair(positions, layout)
    total, width = rows.candidates.shape
    capacity = layout.pairs
    # The set of pairs is not a smooth function of the positions: only the vectors below are differentiated.
    fixed = jax.lax.stop_gradient(positions)
    candidates = jnp.asarray(rows.candidates)
    difference = _gather(fixed, candidates) - fixed[:, None, :]
    near = jnp.sum(difference * difference, axis=-1) < r_cut * r_cut
    near &= (candidates < total) & (candidates != jnp.arange(total)[:, None])
    flat = near.ravel()
    place = jnp.cumsum(flat.astype(jnp.int32))
    source = jnp.full(capacity, total * width, jnp.int32)
    source = source.at[jnp.where(flat, place - 1, capacity)].set(
        jnp.arange(total * width, dtype=jnp.int32), mode="drop", unique_indices=True
    )
    real = source < total * width
    centre = jnp.where(real, source // width, total)
    other = jnp.where(real, _gather(candidates.ravel(), source), total)
    element = _gather(jnp.asarray(layout.element_of_row), other)
    # An unused entry is a pair at the cutoff: it contributes nothing, and no division by zero occurs.
    spare = jnp.array([r_cut, 0.0, 0.0], positions.dtype)
    vector = jnp.where(real[:, None], _gather(positions, other) - _gather(positions, centre), spare)
    return Pairs(centre, other, element, vector, place[-1])


def within(pairs: Pairs, layout: Layout, r_cut: float) -> Pairs:
    """Those pairs of a list that are within a shorter cutoff, in a list as long; a complete list stays as it is.

    Args:
        pairs: the neighbour list
        layout: the sizes
        r_cut: the cutoff, angstrom
    """
    if layout.complete:
        return pairs
    total, capacity = layout.atoms, layout.pairs
    fixed = jax.lax.stop_gradient(pairs.vector)
    near = (jnp.sum(fixed * fixed, axis=-1) < r_cut * r_cut) & (pairs.centre < total)
    place = jnp.cumsum(near.astype(jnp.int32))
    source = jnp.full(capacity, capacity, jnp.int32)
    source = source.at[jnp.where(near, place - 1, capacity)].set(
        jnp.arange(capacity, dtype=jnp.int32), mode="drop", unique_indices=True
    )
    real = source < capacity
    spare = jnp.array([r_cut, 0.0, 0.0], pairs.vector.dtype)
    return Pairs(
        jnp.where(real, _gather(pairs.centre, source), total),
        jnp.where(real, _gather(pairs.other, source), total),
        _gather(jnp.asarray(layout.element_of_row), jnp.where(real, _gather(pairs.other, source), total)),
        jnp.where(real[:, None], _gather(pairs.vector, source), spare),
        pairs.needed,
    )


def _every_pair(positions: Array, layout: Layout) -> Pairs:
    """The set of pairs is constant here; only the vectors are computed."""
    one, two = np.nonzero(~np.eye(layout.atoms, dtype=bool))
    with jax.ensure_compile_time_eval():
        constants = (one, two, layout.element_of_row[two])
        centre, other, element = (jnp.asarray(x, jnp.int32) for x in constants)
        count = jnp.int32(len(one))
    return Pairs(centre, other, element, _gather(positions, other) - _gather(positions, centre), count)


def _gather(values: Array, index: Array) -> Array:
    """``values[index]``, the last one where the index is past the end."""
    return values.at[jnp.minimum(index, values.shape[0] - 1)].get(mode="promise_in_bounds")
