"""The descriptor's four parameters, and everything that follows from them.

Smith's form of the atom-centred symmetry functions (Smith, Isayev, Roitberg, Chem. Sci. 2017, 8, 3192, eqs 3
and 4), with widths chosen so that neighbouring functions cross at 1/tau of their height:

    G_R(s)    = sum_j exp(-eta (R_ij - s)^2) fc(R_ij)
    G_A(t, s) = 2^(1-zeta) sum_{j<k} (1 + cos(theta - t))^zeta exp(-eta ((R_ij + R_ik)/2 - s)^2) fc(R_ij) fc(R_ik)
    fc(R)     = (1 + cos(pi R / r_cut)) / 2
"""

from dataclasses import dataclass
from functools import cached_property
from math import cos, isfinite, log, pi

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError


@dataclass(frozen=True)
class SymmetryFunctions:
    """The parameters of a descriptor.

    Args:
        n_basis: number of radial centres, and of angular ones
        r_min: the first radial centre, angstrom
        r_cut: the last one, and the cutoff, angstrom
        tau: width; midway between two centres both functions have fallen to 1/tau

    Raises:
        InputError: a parameter is out of its range
    """

    n_basis: int = 16
    r_min: float = 0.8
    r_cut: float = 3.1
    tau: float = 1.7612

    def __post_init__(self) -> None:
        numbers = (self.r_min, self.r_cut, self.tau)
        if not (
            2 <= self.n_basis <= 64
            and all(isfinite(x) for x in numbers)
            and 0 <= self.r_min < self.r_cut <= 20
            and 1 < self.tau <= 100
        ):
            raise InputError(
                f"No symmetry functions follow from n_basis {self.n_basis}, r_min {self.r_min}, r_cut {self.r_cut} "
                f"and tau {self.tau}: n_basis must be 2 to 64, r_min below r_cut (at most 20 angstrom), tau above 1."
            )

    @cached_property
    def eta(self) -> float:
        """Exponent of the radial Gaussians, 1/angstrom^2; it follows from ``tau`` and the distance of the centres."""
        return 4.0 * log(self.tau) * ((self.n_basis - 1) / (self.r_cut - self.r_min)) ** 2

    @cached_property
    def zeta(self) -> float:
        """Exponent of the angular functions; it follows from ``tau`` and the distance of the centres."""
        return -log(self.tau) / (2.0 * log(cos(pi / (4 * self.n_basis - 4))))

    @cached_property
    def centres(self) -> Floats:
        """(n,) radial centres, angstrom."""
        return np.linspace(self.r_min, self.r_cut, self.n_basis)

    @cached_property
    def angles(self) -> Floats:
        """(n,) angular centres, radian."""
        return np.linspace(0.0, pi, self.n_basis)

    def size(self, elements: int) -> int:
        """The number of features of an atom, for a number of elements."""
        return elements * self.n_basis + pair_count(elements) * self.n_basis**2


def pair_count(elements: int) -> int:
    """The number of unordered pairs of elements, an element with itself included."""
    return elements * (elements + 1) // 2


def element_pairs(elements: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The pairs of elements in the order of the features: (0,0) (0,1) ... (1,1) ..., as two columns."""
    first, second = np.triu_indices(elements)
    return tuple(map(int, first)), tuple(map(int, second))
