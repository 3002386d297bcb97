"""Second derivatives carried along a path: an update from what the forces did over a step."""

import numpy as np

from atomtug.core.arrays import Floats


def updated(hessian: Floats, step: Floats, change: Floats) -> Floats:
    """Bofill's mixture of the updates of Murtagh and Sargent and of Powell, good about minima and saddles.

    Bofill, J. Comput. Chem. 15, 1 (1994), eqs. 13 to 15.

    Args:
        hessian: (n, n) before the step
        step: (n,)
        change: (n,) of the gradient over it
    """
    missed = change - hessian @ step
    along, square, length = float(missed @ step), float(missed @ missed), float(step @ step)
    if square < 1e-20 or length < 1e-20:
        return hessian
    share = along**2 / (square * length)
    symmetric_rank_one = np.outer(missed, missed) / along if abs(along) > 1e-12 else 0.0
    mixed = np.outer(missed, step)
    powell = (mixed + mixed.T) / length - along * np.outer(step, step) / length**2
    better: Floats = hessian + share * symmetric_rank_one + (1.0 - share) * powell
    return better
