"""A power with any exponent, without a logarithm where single precision suffices."""

from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.polynomial import Polynomial

_ERROR = 3e-9
"""Largest error of a power of numbers up to 1: a tenth of what single precision can tell apart at 1, for thousands of
them are summed up and have the same sign."""
_DEGREES = range(3, 12)


def power(x: Array, exponent: float) -> Array:
    """``x ** (2 * exponent)`` for x in 0 to 1, with an error of :data:`_ERROR` in single precision.

    There it is (x^2)^n p(x^2), where n is the integer in the exponent and p a polynomial.
    """
    found = _polynomial(exponent) if x.dtype == jnp.float32 else None
    if found is None:
        return jnp.exp((2.0 * exponent) * jnp.log(x))
    squared = x * x
    moved = 2.0 * squared - 1.0
    result = jnp.full_like(x, found[-1])
    for coefficient in reversed(found[:-1]):
        result = result * moved + coefficient
    factor, rest = squared, int(exponent)
    while rest:
        if rest & 1:
            result = result * factor
        factor, rest = factor * factor, rest >> 1
    return result


@lru_cache
def _polynomial(exponent: float) -> tuple[float, ...] | None:
    """Coefficients of p(y), y = 2 x - 1, with x^n p = x^exponent for x in 0 to 1; None if none is short and exact."""
    whole = int(exponent)
    y = np.cos(np.linspace(0.0, np.pi, 4001))
    x = 0.5 * (y + 1.0)
    weight, wanted = x**whole, x ** (exponent - whole)
    for degree in _DEGREES:
        coefficients = _fit(y, wanted, weight, degree)
        if np.max(np.abs(weight * (Polynomial(coefficients)(y) - wanted))) < _ERROR:
            return tuple(map(float, coefficients))
    return None


def _fit(y: np.ndarray, wanted: np.ndarray, weight: np.ndarray, degree: int) -> np.ndarray:
    return np.asarray(np.polynomial.polynomial.polyfit(y, wanted, degree, w=weight))
