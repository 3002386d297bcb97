"""Running sums and maxima of short lists, entry by entry.

XLA's own (:func:`jax.numpy.cumsum`) are made of five loops each, which take some 6 microseconds for the few hundred
entries of a molecule's lists. One entry after the other takes 1 on a processor; on other devices XLA's are faster.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array


def running_sum(values: Array) -> Array:
    """(n,) of each of the values (n,) the sum of those up to it."""

    def by_entry(values: Array) -> Array:
        return _running(jnp.add, jnp.zeros((), values.dtype), values)

    result: Array = jax.lax.platform_dependent(values, cpu=by_entry, default=jnp.cumsum)
    return result


def running_max(values: Array) -> Array:
    """(n,) of each of the values (n,), none of them negative, the largest up to it."""

    def by_entry(values: Array) -> Array:
        return _running(jnp.maximum, jnp.zeros((), values.dtype), values)

    result: Array = jax.lax.platform_dependent(values, cpu=by_entry, default=jax.lax.cummax)
    return result


def _running(combine: Callable[[Array, Array], Array], start: Array, values: Array) -> Array:
    def one(before: Array, value: Array) -> tuple[Array, Array]:
        result = combine(before, value)
        return result, result

    return jax.lax.scan(one, start, values)[1]
