"""GPU4PySCF, where it is installed (the ``[gpu]`` extra) and finds a card."""

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray


@cache
def available() -> bool:
    """Whether labels can be computed on a GPU here."""
    try:
        import_module("gpu4pyscf")
        return bool(import_module("cupy").cuda.runtime.getDeviceCount() > 0)
    except Exception:  # not installed, no driver, no card: all the same to us
        return False


def moved(mean_field: Any) -> tuple[Any, bool]:
    """The same calculation on the GPU, and whether it could be moved there."""
    if not available():
        return mean_field, False
    try:
        return mean_field.to_gpu(), True
    except NotImplementedError:  # what GPU4PySCF does not have, the processor does
        return mean_field, False


def fetched(array: Any) -> NDArray[np.float64]:
    """An array of the GPU's or the processor's memory, in the latter."""
    get = getattr(array, "get", None)
    return np.asarray(get() if callable(get) else array)
