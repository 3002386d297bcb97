"""Types of arrays, for signatures. A shape is given in the docstring, as (N, 3)."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Double precision numbers."""
Ints = NDArray[np.int64]
"""Indices and counts."""
