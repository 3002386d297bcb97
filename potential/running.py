"""Running sums and maxima."""

import jax
import jax.numpy as jnp
from jax import Array


def running_sum(values: Array) -> Array:
    def one(total, value):
        total = total + value
        return total, total

    return jax.lax.scan(one, jnp.zeros((), values.dtype), values)[1]


def running_max(values: Array) -> Array:
    def one(most, value):
        most = jnp.maximum(most, value)
        return most, most

    return jax.lax.scan(one, values[0], values)[1]
