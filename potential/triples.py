"""The list of triples (j, i, k), in chunks that belong to one centre and one pair of elements each.

All triples of a chunk are summed into the same (n, n) block of features, so the sum is one small matrix product
per chunk. A block's triples fill as many chunks as they need; only its last chunk has unused slots. Which two
pairs make the t-th triple of a block is computed by counting, so nothing is sorted or searched.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from atomtug.potential.keeping import Keeping, unknown_one
from atomtug.potential.layout import CHUNK, Layout
from atomtug.potential.pairs import Pairs
from atomtug.potential.running import running_max, running_sum


class TripleList(NamedTuple):
    """C chunks of T triples.

    ``first`` and ``second`` (C, T) the two pairs of each, the length of the list of pairs in an unused slot;
    ``block`` (C,) centre times the number of ``layout.neighbour_elements`` plus the place among them, ascending, past
    the last block where the list has ended; ``needed`` () the number of chunks, more than C if the list is too short;
    ``unknown`` () a 1 for :class:`atomtug.potential.keeping.Keeping`.
    """

    first: Array
    second: Array
    block: Array
    needed: Array
    unknown: Array


def list_triples(pairs: Pairs, near: Array | None, layout: Layout) -> TripleList:
    """Every two pairs with the same centre, once.

    Args:
        pairs: the neighbour list
        near: (P,) the places of those that take part, see :func:`atomtug.potential.pairs.within`; None for all
        layout: the sizes
    """
    atoms, elements = layout.atoms, len(layout.rows)
    group = jnp.where(pairs.centre < atoms, pairs.centre * elements + pairs.element, atoms * elements)
    if near is not None:
        group = group.at[near].get(mode="fill", fill_value=atoms * elements)
    size = jnp.zeros(atoms * elements, jnp.int32).at[group].add(1, mode="drop", indices_are_sorted=True)
    unknown = unknown_one(size)
    start = (running_sum(size) - size).reshape(atoms, elements)
    size = size.reshape(atoms, elements)
    columns = [
        (
            _triangle(size[:, a]) if a == b else size[:, a] * size[:, b],
            size[:, b],
            start[:, a],
            start[:, b],
            jnp.full(atoms, a == b, jnp.int32),
        )
        for a, b in layout.neighbour_elements
    ]
    triples, *rest = (jnp.stack(column, axis=1).ravel() for column in zip(*columns, strict=True))
    chunks = (triples + CHUNK - 1) // CHUNK
    end = running_sum(chunks)
    index = jnp.arange(layout.chunks, dtype=jnp.int32)
    # Blocks with chunks write their number where their first one is; from there on it is the largest until the next.
    number = jnp.arange(len(end), dtype=jnp.int32)
    begins = jnp.where(chunks > 0, end - chunks, layout.chunks)
    block = jnp.zeros(layout.chunks, jnp.int32).at[begins].set(number, mode="drop")
    block = jnp.where(index < end[-1], running_max(block), len(end))
    table = jnp.stack([triples, end - chunks, *rest], axis=1).astype(jnp.int32)
    row = table.at[block].get(mode="fill", fill_value=0)
    total, began, inner, start_one, start_two, same = (row[:, k, None] for k in range(6))
    place = (index[:, None] - began) * CHUNK + jnp.arange(CHUNK, dtype=jnp.int32)
    real = place < total
    i, j = _unequal(place, jnp.maximum(inner, 1))
    ti, tj = _equal(place)
    first = start_one + jnp.where(same > 0, ti, i)
    second = start_two + jnp.where(same > 0, tj, j)
    kept = Keeping(unknown)

    def place_in_list(pair: Array) -> Array:
        if near is not None:
            pair = near.at[jnp.where(real, pair, 0)].get(
                mode="promise_in_bounds", wrap_negative_indices=False
            )
        return kept(jnp.where(real, pair, layout.pairs).astype(jnp.float32)).astype(jnp.int32)

    first, second = map(place_in_list, (first, second))
    return TripleList(first, second, block, end[-1], unknown)


def _unequal(place: Array, inner: Array) -> tuple[Array, Array]:
    """The place-th of all (i, j), j < inner. In floating point: vectorised, and exact for numbers this small."""
    i = jnp.floor((place.astype(jnp.float32) + 0.5) / inner.astype(jnp.float32)).astype(jnp.int32)
    return i, place - i * inner


def _equal(place: Array) -> tuple[Array, Array]:
    """The place-th of all i < j, counted by rows of j; the square root may be off by one."""
    j = jnp.floor((1.0 + jnp.sqrt(1.0 + 8.0 * place.astype(jnp.float32))) * np.float32(0.5)).astype(jnp.int32)
    j = jnp.where(_triangle(j) > place, j - 1, j)
    j = jnp.where(_triangle(j + 1) <= place, j + 1, j)
    return place - _triangle(j), j


def _triangle(count: Array) -> Array:
    """The number of pairs among ``count`` things."""
    return jnp.right_shift(count * (count - 1), 1)
