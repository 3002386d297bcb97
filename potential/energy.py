"""Energies and forces of molecules in a layout, as pure functions of parameters and positions.

All of it can be traced by JAX: differentiated with respect to the parameters, put into a loop, compiled. The
layout and the architecture are static. Energies are without the reference energies of the elements (see
:class:`atomtug.potential.model.ReferenceEnergies`), so that single precision suffices.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from atomtug.potential.architecture import Architecture
from atomtug.potential.descriptor import Lists, lists_of, pair_features, present_features
from atomtug.potential.layout import Layout, Rows
from atomtug.potential.network import Fused, Parameters, atomic_energies, fuse, narrow
from atomtug.potential.pairs import find_pairs
from atomtug.potential.repulsion import by_row


class Energies(NamedTuple):
    """Energies by member: ``molecular`` (M, B) and ``atomic`` (M, N), eV; ``lists`` tells whether they are valid."""

    molecular: Array
    atomic: Array
    lists: Lists


class Evaluated(NamedTuple):
    """``energies``, and ``forces``: (N, 3) of the committee's mean, or (M, N, 3) by member; eV/angstrom."""

    energies: Energies
    forces: Array


def energies(
    architecture: Architecture, fused: Fused, positions: Array, rows: Rows, layout: Layout
) -> Energies:
    """Energies by every member of the committee.

    Args:
        architecture: of the potential
        fused: the networks, see :func:`atomtug.potential.network.fuse`; narrowed before, they need not be here
        positions: (N, 3) angstrom, by rows; in double precision they give single precision its last digits, too
        rows: their molecules and candidates
        layout: the sizes
    """
    features, repulsion, lists = _inputs(architecture, positions, rows, layout, fused[0].bias.dtype)
    fused = narrow(fused, present_features(architecture.symmetry, layout))
    atomic = atomic_energies(fused, architecture.activation, features, layout.rows) + repulsion
    return Energies(_by_molecule(atomic, rows, layout, positions.dtype), atomic, lists)


def energy_and_forces(
    architecture: Architecture, fused: Fused, positions: Array, rows: Rows, layout: Layout
) -> Evaluated:
    """Energies by every member and forces of their mean, with one backward pass for the whole committee.

    Arguments as for :func:`energies`.
    """

    def mean(x: Array) -> tuple[Array, Energies]:
        result = energies(architecture, fused, x, rows, layout)
        return jnp.sum(jnp.mean(result.molecular, axis=0)), result

    gradient, result = jax.grad(mean, has_aux=True)(positions)
    return Evaluated(result, -gradient)


def member_forces(
    architecture: Architecture, parameters: Parameters, positions: Array, rows: Rows, layout: Layout
) -> Evaluated:
    """Energies and forces (M, N, 3) by every member, as training needs them.

    Args:
        architecture: of the potential
        parameters: the weights
        positions: (N, 3) angstrom, by rows
        rows: their molecules and candidates
        layout: the sizes
    """

    def inputs(x: Array) -> tuple[tuple[Array, Array], Lists]:
        features, repulsion, lists = _inputs(architecture, x, rows, layout, parameters[0][0].bias.dtype)
        return (features, repulsion), lists

    (features, repulsion), back, lists = jax.vjp(inputs, positions, has_aux=True)

    def one(parameters: Parameters) -> tuple[Array, Array]:
        fused = narrow(
            fuse(jax.tree.map(lambda x: x[None], parameters)), present_features(architecture.symmetry, layout)
        )
        atomic, by_feature = jax.vjp(
            lambda f: atomic_energies(fused, architecture.activation, f, layout.rows)[0], features
        )
        return atomic + repulsion, -back((by_feature(jnp.ones_like(atomic))[0], jnp.ones_like(repulsion)))[0]

    atomic, forces = jax.vmap(one)(parameters)
    return Evaluated(Energies(_by_molecule(atomic, rows, layout, positions.dtype), atomic, lists), forces)


def spread(values: Array) -> Array:
    """The sample standard deviation over the members (first axis); 0 for a single one."""
    return jnp.std(values, axis=0, ddof=1) if values.shape[0] > 1 else jnp.zeros_like(values[0])


def _inputs(
    architecture: Architecture,
    positions: Array,
    rows: Rows,
    layout: Layout,
    dtype: np.dtype[np.floating],
) -> tuple[Array, Array, Lists]:
    """Of each row the features (N, K) that can be other than 0, and the repulsion (N,) eV; and the lists."""
    symmetry = architecture.symmetry
    pairs = find_pairs(positions, rows, layout, symmetry.r_cut, dtype)
    features, chunks = pair_features(symmetry, pairs, layout)
    if architecture.repulsion is None:
        repulsion = jnp.zeros(layout.atoms, dtype)
    else:
        repulsion = by_row(architecture.repulsion, architecture.elements, pairs, layout)
    return features, repulsion, lists_of(pairs, chunks)


def _by_molecule(atomic: Array, rows: Rows, layout: Layout, precision: np.dtype[np.floating]) -> Array:
    """Sums over the atoms of each molecule: (M, N) to (M, molecules), added up in at least this precision."""
    sums = jnp.zeros((atomic.shape[0], layout.molecules), jnp.promote_types(atomic.dtype, precision))
    return sums.at[:, jnp.asarray(rows.molecule)].add(atomic, mode="drop").astype(atomic.dtype)
