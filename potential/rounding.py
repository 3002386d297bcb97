"""Where single precision is not enough.

What is rounded in a triple is another error for each, and in the sum they cancel. What is rounded in a constant, or
in a pair that takes part in a dozen triples, is the same error for many: in a large molecule's energy they add up.
So constants keep what is rounded away, and the little that is done for each pair is done in double precision.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array, dtypes
from numpy.typing import NDArray

from atomtug.core.arrays import Floats


def split(values: Floats, dtype: np.dtype[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """The values rounded, and what was rounded away."""
    rounded = values.astype(dtype)
    return rounded, (values - rounded).astype(dtype)


def widened(values: Array) -> Array:
    """The values in double precision, where JAX has that (:func:`jax.enable_x64`)."""
    return values.astype(dtypes.canonicalize_dtype(np.float64))


def lengths(vector: Array) -> Array:
    """(P,) of vectors (P, 3), widened."""
    x, y, z = (widened(vector[:, k]) for k in range(3))
    return jnp.sqrt(x * x + y * y + z * z)


def in_steps(length: Array, first: float, last: float, count: int) -> Array:
    """Where lengths (P,) are among ``count`` equally distant centres: 0 at the first, ``count`` - 1 at the last.

    The centres are integers then, in which nothing is rounded.
    """
    return (length - first) * ((count - 1) / (last - first))
