"""Have the compiler keep an array that several loops use.

XLA puts what is cheap (sums, products, gathers of a list) into every loop that uses it, and works it out again there;
for the index of a triple that costs more than everything that is done with it. It never repeats a division.
An optimisation barrier is gone before XLA decides that.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array


class Keeping:
    """Divides by 1, which the compiler doesn't know.

    Args:
        count: () a number that is not negative
        dtype: of the arrays
    """

    def __init__(self, count: Array, dtype: np.dtype[np.floating]) -> None:
        self._one = jnp.where(count >= 0, 1.0, 2.0).astype(dtype)

    def __call__(self, values: Array) -> Array:
        """The same values."""
        return values / self._one
