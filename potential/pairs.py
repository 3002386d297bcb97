"""The list of ordered pairs within the cutoff, made inside the compiled function.

Candidates are narrowed down to the exact neighbours of this instant, so lists never go stale and a loop over
many steps needs no help from outside. All sizes are fixed; what is left over points to nothing.
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
    ``vector`` (P, 3) from centre to neighbour, angstrom; ``needed`` () how many there are, more than P if the
    list is too short.
    """

    centre: Array
    other: Array
    element: Array
    vector: Array
    needed: Array


def find_pairs(positions: Array, rows: Rows, layout: Layout, r_cut: float) -> Pairs:
    """All pairs nearer than ``r_cut``, or all there are if the layout is complete; ``positions`` (N, 3) angstrom."""
    if layout.complete:
        return _every_pair(positions, layout)
    total, width = rows.candidates.shape
    capacity = layout.pairs
    # Which pairs there are is no smooth function of the positions: only the vectors below are differentiated.
    fixed = jax.lax.stop_gradient(positions)
    candidates = jnp.asarray(rows.candidates)
    difference = _take(fixed, candidates) - fixed[:, None, :]
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
    other = jnp.where(real, _take(candidates.ravel(), source), total)
    element = _take(jnp.asarray(layout.element_of_row), other)
    # An entry past the end is a pair at the cutoff: it counts for nothing, and nothing is divided by zero.
    spare = jnp.array([r_cut, 0.0, 0.0], positions.dtype)
    vector = jnp.where(real[:, None], _take(positions, other) - _take(positions, centre), spare)
    return Pairs(centre, other, element, vector, place[-1])


def _every_pair(positions: Array, layout: Layout) -> Pairs:
    """Which pairs there are is a constant here; only the vectors are worked out."""
    one, two = np.nonzero(~np.eye(layout.atoms, dtype=bool))
    with jax.ensure_compile_time_eval():
        constants = (one, two, layout.element_of_row[two])
        centre, other, element = (jnp.asarray(x, jnp.int32) for x in constants)
        count = jnp.int32(len(one))
    return Pairs(centre, other, element, _take(positions, other) - _take(positions, centre), count)


def _take(values: Array, index: Array) -> Array:
    """``values[index]``, the last one where the index is past the end."""
    return values.at[jnp.minimum(index, values.shape[0] - 1)].get(mode="promise_in_bounds")
