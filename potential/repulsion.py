"""A repulsion of atoms that are pressed together, underneath the networks.

A network has seen few geometries with atoms nearer than a bond, or none, and may say anything there. So each pair
closer than a bond length repels by the universal potential of Ziegler, Biersack and Littmark (The Stopping and Range
of Ions in Solids, 1985, eqs 2-60 and 2-61), whatever the networks say:

    V(R) = k Z_i Z_j / R phi(R / a) s(R),   a = 0.4685 A / (Z_i^0.23 + Z_j^0.23)
    phi(x) = 0.1818 e^(-3.2 x) + 0.5099 e^(-0.9423 x) + 0.2802 e^(-0.4029 x) + 0.02817 e^(-0.2016 x)

At a bond's length V would still be some eV, so s switches it off before: 1 up to half of ``outer``, 0 from there on,
with two continuous derivatives. The networks learn what remains.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from ase.data import covalent_radii
from jax import Array

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.potential.layout import Layout, element_indices
from atomtug.potential.pairs import Pairs
from atomtug.potential.symmetry import element_pairs

COULOMB = 14.399645
"""e^2 / (4 pi epsilon_0), eV angstrom."""
SCALE, OFFSET = 0.55, 0.30
"""The outer radius is this times the sum of the covalent radii plus that, angstrom: below the bond lengths, H-H 0.64,
C-H 0.89, C-N 1.11, C-C 1.14."""
_WEIGHTS = (0.1818, 0.5099, 0.2802, 0.02817)
_EXPONENTS = (3.2, 0.9423, 0.4029, 0.2016)
_Numbers = Any
"""An array of NumPy or of JAX."""


@dataclass(frozen=True)
class Repulsion:
    """Where the repulsion of each pair of elements ends.

    Args:
        outer: angstrom, for each pair in the order of :func:`atomtug.potential.symmetry.element_pairs`

    Raises:
        InputError: a distance is out of its range
    """

    outer: tuple[float, ...]

    def __post_init__(self) -> None:
        if not all(isfinite(radius) and 0.1 <= radius <= 10 for radius in self.outer):
            raise InputError(f"The repulsion can't end at {list(self.outer)}: it must be 0.1 to 10 angstrom.")

    @classmethod
    def inside_bonds(cls, elements: Sequence[int]) -> "Repulsion":
        """For these atomic numbers: it ends before their bonds begin."""
        radii = [float(covalent_radii[element]) for element in elements]
        pairs = zip(*element_pairs(len(elements)), strict=True)
        return cls(tuple(round(SCALE * (radii[a] + radii[b]) + OFFSET, 4) for a, b in pairs))

    def table(self, elements: Sequence[int]) -> tuple[Floats, Floats, Floats]:
        """By indices of two elements, (E, E) each: k Z_i Z_j (eV angstrom), a and ``outer`` (angstrom)."""
        charges = np.asarray(elements, dtype=np.float64)
        strength = COULOMB * charges[:, None] * charges
        length = 0.4685 / (charges[:, None] ** 0.23 + charges**0.23)
        outer = np.zeros((len(elements), len(elements)))
        one, two = map(list, element_pairs(len(elements)))
        outer[one, two] = outer[two, one] = self.outer
        return strength, length, outer


def by_row(repulsion: Repulsion, elements: Sequence[int], pairs: Pairs, layout: Layout) -> Array:
    """(N,) eV: each row's half of its pairs' repulsion.

    Args:
        repulsion: where it ends
        elements: the model's
        pairs: the neighbour list
        layout: the sizes
    """
    return _sums(repulsion, tuple(elements), layout, pairs.vector, pairs.centre, pairs.element)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def _sums(
    repulsion: Repulsion,
    elements: tuple[int, ...],
    layout: Layout,
    vector: Array,
    centre: Array,
    other: Array,
) -> Array:
    """(N,) eV from pair vectors (P, 3), the rows they begin at and the elements at their ends (P,)."""
    return _forward(repulsion, elements, layout, vector, centre, other)[0]


def _forward(
    repulsion: Repulsion,
    elements: tuple[int, ...],
    layout: Layout,
    vector: Array,
    centre: Array,
    other: Array,
) -> tuple[Array, tuple[Array, Array]]:
    """The sums; and what they change by with a vector (P, 3), with the rows."""
    x, y, z = vector[:, 0], vector[:, 1], vector[:, 2]
    distance = jnp.sqrt(x * x + y * y + z * z)
    nothing = jnp.zeros(layout.atoms, vector.dtype)
    kind = jnp.asarray(np.append(layout.element_of_row, 0))[centre] * len(elements) + other
    strength, length, outer = (jnp.asarray(x.ravel(), vector.dtype) for x in repulsion.table(elements))
    outer = outer[kind]

    def repelling(_: None) -> tuple[Array, Array]:
        values, slope = _energy(jnp, distance, strength[kind], length[kind], outer)
        sums = nothing.at[centre].add(0.5 * values, mode="drop", indices_are_sorted=True)
        return sums, (0.5 * slope / distance)[:, None] * vector

    # Unless something is pressed together there is nothing to work out.
    pressed = jnp.min(distance - outer) < 0.0
    sums, by_vector = jax.lax.cond(pressed, repelling, lambda _: (nothing, jnp.zeros_like(vector)), None)
    return sums, (by_vector, centre)


def _backward(
    repulsion: Repulsion,
    elements: tuple[int, ...],
    layout: Layout,
    kept: tuple[Array, Array],
    cotangent: Array,
) -> tuple[Array, None, None]:
    by_vector, centre = kept
    # A spare pair gets some row's cotangent; it is beyond what repels.
    weight = cotangent.at[jnp.minimum(centre, layout.atoms - 1)].get(mode="promise_in_bounds")
    return weight[:, None] * by_vector, None, None


_sums.defvjp(_forward, _backward)


def of_molecule(
    repulsion: Repulsion, elements: Sequence[int], numbers: Ints, positions: Floats
) -> tuple[float, Floats]:
    """Energy in eV and forces (N, 3) in eV/angstrom of one molecule, in double precision.

    Args:
        repulsion: where it ends
        elements: the model's
        numbers: (N,) atomic numbers
        positions: (N, 3) angstrom

    Raises:
        InputError: an element that the model has not seen
    """
    element = element_indices(numbers, elements)
    i, j = np.triu_indices(len(numbers), k=1)
    vector = positions[j] - positions[i]
    distance = np.linalg.norm(vector, axis=1)
    strength, length, outer = (x[element[i], element[j]] for x in repulsion.table(elements))
    energy, slope = _energy(np, distance, strength, length, outer)
    along = slope[:, None] * vector / distance[:, None]
    forces = np.zeros((len(numbers), 3))
    np.add.at(forces, i, along)
    np.add.at(forces, j, -along)
    return float(energy.sum()), forces


def _energy(
    xp: Any, distance: _Numbers, strength: _Numbers, length: _Numbers, outer: _Numbers
) -> tuple[_Numbers, _Numbers]:
    """V and dV/dR of pairs, with the functions of ``xp``: NumPy, or JAX's."""
    inner = 0.5 * outer
    t = xp.clip((distance - inner) / (outer - inner), 0.0, 1.0)
    switch = 1.0 - t**3 * (10.0 - 15.0 * t + 6.0 * t**2)
    switching = -30.0 * t**2 * (1.0 - t) ** 2 / (outer - inner)
    x = distance / length
    terms = [weight * xp.exp(-exponent * x) for weight, exponent in zip(_WEIGHTS, _EXPONENTS, strict=True)]
    screening = sum(terms)
    falling = -sum(exponent * term for term, exponent in zip(terms, _EXPONENTS, strict=True)) / length
    plain = strength / distance
    slope = plain * (falling * switch + screening * switching - screening * switch / distance)
    return plain * screening * switch, slope
