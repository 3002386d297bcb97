"""Cutoff and radial symmetry functions."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from atomtug.potential.layout import Layout
from atomtug.potential.pairs import Pairs
from atomtug.potential.symmetry import SymmetryFunctions


class Polar(NamedTuple):
    """Pairs by length and direction: ``length`` (P,) angstrom, ``unit`` (P, 3) vector, ``cutoff`` (P,) fc."""

    length: Array
    unit: Array
    cutoff: Array


def polar(vector: Array, r_cut: float) -> Polar:
    """Length, direction and cutoff function of pair vectors (P, 3), angstrom.

    The cutoff function of :mod:`atomtug.potential.symmetry` is computed as fc = cos^2(pi R / 2 r_cut), which keeps
    its relative precision near the cutoff.
    """
    length = jnp.sqrt(jnp.sum(vector * vector, axis=-1))
    cutoff = jnp.cos(jnp.minimum(length, r_cut) * (0.5 * np.pi / r_cut)) ** 2
    return Polar(length, vector / length[:, None], cutoff)


def radial_features(symmetry: SymmetryFunctions, pairs: Pairs, layout: Layout) -> Array:
    """Radial features G_R of every row, see :mod:`atomtug.potential.symmetry` for the formula.

    Args:
        symmetry: the descriptor
        pairs: the neighbour list
        layout: the sizes

    Returns:
        (N, elements * n_radial): for each element of the neighbour, the centres
    """
    atoms, elements = layout.atoms, len(layout.rows)
    length, _, cutoff = polar(pairs.vector, symmetry.r_cut)
    centres = jnp.asarray(symmetry.radial_centres, length.dtype)
    terms = cutoff[:, None] * jnp.exp(-symmetry.radial_eta * (length[:, None] - centres) ** 2)
    group = jnp.where(pairs.centre < atoms, pairs.centre * elements + pairs.element, atoms * elements)
    sums = jnp.zeros((atoms * elements, symmetry.radial_count), length.dtype)
    return sums.at[group].add(terms, mode="drop", indices_are_sorted=True).reshape(atoms, -1)
