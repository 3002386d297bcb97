"""Have the compiler keep an array that several loops use.

XLA puts what is cheap (sums, products, gathers of a list) into every loop that uses it, and works it out again there;
for the index of a triple that costs more than everything that is done with it. It never repeats a division.
An optimisation barrier is gone before XLA decides that.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.lax import Precision


class Keeping:
    """Divides by 1, which the compiler doesn't know.

    Args:
        one: () from :func:`unknown_one`
    """

    def __init__(self, one: Array) -> None:
        self._one = one

    def __call__(self, values: Array) -> Array:
        """The same values."""
        return values / self._one.astype(values.dtype)


def unknown_one(counts: Array) -> Array:
    """() 1.0 in single precision, for which the compiler has to look.

    Args:
        counts: numbers that are not negative, as they come from a scatter: XLA would work anything else out again for
            every value that is divided
    """
    return jnp.where(counts[0] >= 0, np.float32(1.0), np.float32(2.0))


def shared_exp(values: Array) -> Array:
    """exp of numbers that are not positive, by all cores.

    XLA shares a loop among cores if it does more operations than it moves bytes, and counts none for the exponential
    itself; so there are two more here, which change nothing.
    """
    return jnp.exp(-jnp.abs(values))


def whole(values: Array) -> Array:
    """The same rows (M, n), as an array of their own where they are a part of a larger one.

    A loop that looks rows up would find the place of each number in the larger array, with a division.
    """
    return jnp.matmul(values, jnp.eye(values.shape[1], dtype=values.dtype), precision=Precision.HIGHEST)
