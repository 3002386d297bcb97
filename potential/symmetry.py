"""The descriptor's four parameters, and everything that follows from them.

Smith's form of the atom-centred symmetry functions (Smith, Isayev, Roitberg, Chem. Sci. 2017, 8, 3192, eqs 3
and 4), with widths chosen so that neighbouring functions cross at 1/tau of their height:

    G_R(s)    = sum_j exp(-eta (R_ij - s)^2) fc(R_ij)
    G_A(t, s) = 2^(1-zeta) sum_{j<k} (1 + cos(theta - t))^zeta exp(-eta ((R_ij + R_ik)/2 - s)^2) fc(R_ij) fc(R_ik)
    fc(R)     = (1 + cos(pi R / r_cut)) / 2

Radial functions may reach further than angular ones, as in that work (5.2 and 3.5 angstrom): a pair costs far less
than a triple. Then G_A has a cutoff and centres of its own.
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
        r_angular: the cutoff of G_A and the last of its radial centres, angstrom; None for ``r_cut``
        n_radial: number of centres of G_R; None for ``n_basis``

    Raises:
        InputError: a parameter is out of its range
    """

    n_basis: int = 16
    r_min: float = 0.8
    r_cut: float = 3.1
    tau: float = 1.7612
    r_angular: float | None = None
    n_radial: int | None = None

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
        if not (self.r_min < self.angular_cutoff <= self.r_cut and 2 <= self.radial_count <= 64):
            raise InputError(
                f"No symmetry functions follow from r_angular {self.r_angular} and n_radial {self.n_radial}: "
                f"r_angular must be above r_min and at most r_cut, n_radial 2 to 64."
            )

    @property
    def angular_cutoff(self) -> float:
        """The cutoff of G_A, angstrom."""
        return self.r_cut if self.r_angular is None else self.r_angular

    @property
    def radial_count(self) -> int:
        """The number of centres of G_R."""
        return self.n_basis if self.n_radial is None else self.n_radial

    @property
    def sharpness(self) -> float:
        """``eta`` and ``radial_eta`` times the square of the distance between two centres."""
        return 4.0 * log(self.tau)

    @cached_property
    def radial_eta(self) -> float:
        """Exponent of the Gaussians of G_R, 1/angstrom^2."""
        return self.sharpness * ((self.radial_count - 1) / (self.r_cut - self.r_min)) ** 2

    @cached_property
    def radial_centres(self) -> Floats:
        """(n_radial,) centres of G_R, angstrom."""
        return np.linspace(self.r_min, self.r_cut, self.radial_count)

    @cached_property
    def eta(self) -> float:
        """Exponent of the Gaussians of G_A, 1/angstrom^2; it follows from ``tau`` and the distance of the centres."""
        return self.sharpness * ((self.n_basis - 1) / (self.angular_cutoff - self.r_min)) ** 2

    @cached_property
    def zeta(self) -> float:
        """Exponent of the angular functions; it follows from ``tau`` and the distance of the centres."""
        return -log(self.tau) / (2.0 * log(cos(pi / (4 * self.n_basis - 4))))

    @cached_property
    def centres(self) -> Floats:
        """(n,) radial centres of G_A, angstrom."""
        return np.linspace(self.r_min, self.angular_cutoff, self.n_basis)

    @cached_property
    def angles(self) -> Floats:
        """(n,) angular centres, radian."""
        return np.linspace(0.0, pi, self.n_basis)

    def size(self, elements: int) -> int:
        """The number of features of an atom, for a number of elements."""
        return elements * self.radial_count + pair_count(elements) * self.n_basis**2


def pair_count(elements: int) -> int:
    """The number of unordered pairs of elements, an element with itself included."""
    return elements * (elements + 1) // 2


def element_pairs(elements: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The pairs of elements in the order of the features: (0,0) (0,1) ... (1,1) ..., as two columns."""
    first, second = np.triu_indices(elements)
    return tuple(map(int, first)), tuple(map(int, second))
