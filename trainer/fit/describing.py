"""Descriptors of many geometries and their derivatives, worked out once before training.

What depends on positions alone does not change while a network learns. With the components of every atom
(:class:`~atomtug.trainer.fit.projection.Projection`) and their derivatives by every position at hand, energy and
forces of a geometry are matrix products, and no epoch lists a neighbour or a triple.

The formulas are those of :mod:`atomtug.potential.symmetry`, in NumPy: lists are as long as they are, nothing is
compiled, and all triples of one kind (element of the centre, elements of the neighbours) are one matrix product
with the projection.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from atomtug.core.arrays import Floats
from atomtug.potential import SymmetryFunctions
from atomtug.potential.symmetry import element_pairs
from atomtug.trainer.fit.neighbours import Neighbours, find
from atomtug.trainer.fit.projection import Projection
from atomtug.trainer.fit.samples import Sample

Singles = NDArray[np.float32]

TOGETHER = 1000
"""Atoms described at once; a larger molecule is done by itself."""


class Described(NamedTuple):
    """One geometry of n atoms: ``inputs`` (n, K) components of each atom; ``jacobian`` (3n, n * K) their derivatives
    by the positions, 1/angstrom, None if not asked for."""

    sample: int
    inputs: Singles
    jacobian: Singles | None


def raw_features(
    symmetry: SymmetryFunctions, samples: Sequence[Sample], elements: Sequence[int]
) -> list[Singles]:
    """(n, F) features of all atoms of each element."""
    size = symmetry.size(len(elements))
    found: list[list[Singles]] = [[np.empty((0, size), np.float32)] for _ in elements]
    for group in _groups(samples):
        near = find([samples[index] for index in group], elements, symmetry)
        features = _features(symmetry, near)
        for element, parts in enumerate(found):
            parts.append(features[near.element == element])
    return [np.concatenate(parts) for parts in found]


def describe_all(
    symmetry: SymmetryFunctions,
    samples: Sequence[Sample],
    elements: Sequence[int],
    projection: Projection,
    derivatives: bool = True,
) -> Iterator[Described]:
    """Each sample's components and, if asked for, their derivatives, in order."""

    def describe(group: list[int]) -> list[Described]:
        near = find([samples[index] for index in group], elements, symmetry)
        if derivatives:
            inputs, by_vector = _components(symmetry, near, projection)
        else:
            inputs, by_vector = projection.apply(_features(symmetry, near), near.element), None
        return [
            Described(
                index,
                inputs[start:end],
                None if by_vector is None else _jacobian(near, int(start), int(end), by_vector),
            )
            for index, start, end in zip(group, near.starts[:-1], near.starts[1:], strict=True)
        ]

    # NumPy lets other threads run while it computes.
    threads = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(threads) as pool:
        groups = list(_groups(samples))
        for start in range(0, len(groups), 2 * threads):  # no more at once: derivatives take memory
            for described in pool.map(describe, groups[start : start + 2 * threads]):
                yield from described


def _groups(samples: Sequence[Sample]) -> Iterator[list[int]]:
    group: list[int] = []
    atoms = 0
    for index, sample in enumerate(samples):
        if group and atoms + len(sample.numbers) > TOGETHER:
            yield group
            group, atoms = [], 0
        group.append(index)
        atoms += len(sample.numbers)
    if group:
        yield group


class _Cutoff(NamedTuple):
    """fc and its derivative by the length, (P,)."""

    value: Floats
    slope: Floats


def _cutoff(r_cut: float, length: Floats) -> _Cutoff:
    x = np.pi * length / r_cut
    return _Cutoff(0.5 * (1.0 + np.cos(x)), -0.5 * np.pi / r_cut * np.sin(x))


def _gaussians(eta: float, centres: Floats, length: Floats) -> tuple[Floats, Floats]:
    """(P, n) without the cutoff, and their slopes."""
    away = length[:, None] - centres
    value = np.exp(-eta * away**2)
    return value, -2.0 * eta * away * value


def _angular(symmetry: SymmetryFunctions, angle: Floats) -> tuple[Floats, Floats]:
    """2 cos((theta - t) / 2)^(2 zeta) (T, n), and its slope by theta."""
    half = 0.5 * (angle[:, None] - symmetry.angles)
    cos, sin = np.cos(half), np.sin(half)
    power = np.maximum(cos, 1e-6) ** (2.0 * symmetry.zeta - 1.0)
    return 2.0 * power * cos, -2.0 * symmetry.zeta * power * sin


def _products(one: Floats, two: Floats) -> Singles:
    """(T, n * n) every radial function times every angular one."""
    product = np.einsum("tm,tn->tmn", one.astype(np.float32), two.astype(np.float32))
    return np.asarray(product.reshape(len(one), one.shape[1] * two.shape[1]))


def _features(symmetry: SymmetryFunctions, near: Neighbours) -> Singles:
    """(A, F) of all atoms, as :func:`atomtug.potential.describe` has them."""
    n, elements = symmetry.radial_count, near.elements
    blocks = len(element_pairs(elements)[0])
    fc = _cutoff(symmetry.r_cut, near.length).value
    terms = fc[:, None] * _gaussians(symmetry.radial_eta, symmetry.radial_centres, near.length)[0]
    radial = np.zeros((near.atoms * elements, n), np.float32)
    group = near.centre * elements + near.element[near.other]
    radial[:] = _sums(group, np.ones(len(group)), near.atoms * elements) @ terms
    triples = near.triples
    mean = 0.5 * (near.length[triples.first] + near.length[triples.second])
    fc = _cutoff(symmetry.angular_cutoff, near.length).value
    gauss = _gaussians(symmetry.eta, symmetry.centres, mean)[0]
    products = _products(gauss, _angular(symmetry, triples.angle)[0])
    block = near.centre[triples.first] * blocks + triples.pair
    weight = fc[triples.first] * fc[triples.second]
    angular = _sums(block, weight, near.atoms * blocks) @ products
    return np.concatenate(
        [radial.reshape(near.atoms, -1), angular.reshape(near.atoms, -1).astype(np.float32)], axis=1
    )


def _components(
    symmetry: SymmetryFunctions, near: Neighbours, projection: Projection
) -> tuple[Singles, Singles]:
    """(A, K) components and (P, 3, K) their derivatives by each pair's vector (a pair's are of its centre)."""
    n, size = symmetry.n_basis, projection.components
    matrix = projection.matrix.astype(np.float32)
    radial = symmetry.radial_count
    split = near.elements * radial
    fc = _cutoff(symmetry.r_cut, near.length)
    gauss, slope = _gaussians(symmetry.radial_eta, symmetry.radial_centres, near.length)
    values = np.zeros((near.atoms, size), np.float32)
    along = np.zeros((len(near.centre), size), np.float32)
    """Derivatives by each pair's length; those by its direction follow below."""
    kind = near.element[near.centre] * near.elements + near.element[near.other]
    for element in range(near.elements):
        for other in range(near.elements):
            which = np.flatnonzero(kind == element * near.elements + other)
            block = matrix[element, other * radial : (other + 1) * radial]
            terms = (fc.value[which, None] * gauss[which]).astype(np.float32) @ block
            by_length = fc.slope[which, None] * gauss[which] + fc.value[which, None] * slope[which]
            along[which] = by_length.astype(np.float32) @ block
            values += _sums(near.centre[which], np.ones(len(which)), near.atoms) @ terms
    fc = _cutoff(symmetry.angular_cutoff, near.length)
    across = np.zeros((len(near.centre), 3, size), np.float32)
    pairs = len(element_pairs(near.elements)[0])
    of_centre = near.element[near.centre[near.triples.first]] * pairs + near.triples.pair
    for element in range(near.elements):
        for pair in range(pairs):
            block = matrix[element, split + pair * n * n : split + (pair + 1) * n * n]
            _add_triples(
                symmetry, near, fc, np.flatnonzero(of_centre == element * pairs + pair), block,
                values, along, across,
            )  # fmt: skip
    unit = near.unit.astype(np.float32)
    by_vector = across + unit[:, :, None] * along[:, None, :]
    for atoms in range(near.elements):
        mine = near.element == atoms
        values[mine] -= (projection.mean[atoms] @ projection.matrix[atoms]).astype(np.float32)
    return values, by_vector


def _add_triples(
    symmetry: SymmetryFunctions,
    near: Neighbours,
    fc: _Cutoff,
    which: NDArray[np.int64],
    block: Singles,
    values: Singles,
    along: Singles,
    across: Singles,
) -> None:
    """What the triples of one kind add; ``block`` (n * n, K) is their part of the projection."""
    if not len(which):
        return
    first, second = near.triples.first[which], near.triples.second[which]
    angle, cos = near.triples.angle[which], np.cos(near.triples.angle[which])
    mean = 0.5 * (near.length[first] + near.length[second])
    gauss, slope = _gaussians(symmetry.eta, symmetry.centres, mean)
    turn, turning = _angular(symmetry, angle)
    plain, stretched, turned = _products(gauss, turn), _products(slope, turn), _products(gauss, turning)
    both = fc.value[first] * fc.value[second]
    # Only the atoms and pairs that these triples have, and sums before the projection: there are fewer of them.
    centres, of_centre = np.unique(near.centre[first], return_inverse=True)
    values[centres] += (_sums(of_centre, both, len(centres)) @ plain) @ block
    pairs, of_pair = np.unique(np.r_[first, second], return_inverse=True)
    falling = np.r_[fc.slope[first] * fc.value[second], fc.value[first] * fc.slope[second]]
    by_length = _sums(of_pair, falling, len(pairs), len(which)) @ plain
    by_length += _sums(of_pair, np.r_[0.5 * both, 0.5 * both], len(pairs), len(which)) @ stretched
    along[pairs] += by_length @ block
    # d theta / d r_ij = (cos theta u_ij - u_ik) / (R_ij sin theta); in a line that has no direction, and 0 is right.
    sin = np.maximum(np.sin(angle), 1e-6)
    one, two = near.unit[first], near.unit[second]
    by_first = (cos[:, None] * one - two) * (both / (near.length[first] * sin))[:, None]
    by_second = (cos[:, None] * two - one) * (both / (near.length[second] * sin))[:, None]
    rows = np.concatenate([3 * of_pair + axis for axis in range(3)])
    by_axis = np.concatenate([by_first, by_second]).T.ravel()
    by_direction = (_sums(rows, by_axis, 3 * len(pairs), len(which)) @ turned) @ block
    across[pairs] += by_direction.reshape(len(pairs), 3, -1)


def _sums(row: NDArray[np.int64], weight: Floats, rows: int, columns: int | None = None) -> csr_matrix:
    """A sparse matrix that adds up weighted terms by row; ``columns`` if several go round the terms once each."""
    terms = len(row) if columns is None else columns
    column = np.arange(len(row)) % max(terms, 1)
    return csr_matrix((weight.astype(np.float32), (row, column)), shape=(rows, terms))


def _jacobian(near: Neighbours, start: int, end: int, by_vector: Singles) -> Singles:
    """(3n, n * K) of the molecule of atoms ``start`` to ``end``."""
    atoms, size = end - start, by_vector.shape[2]
    low, high = np.searchsorted(near.centre, [start, end])
    i, j = near.centre[low:high] - start, near.other[low:high] - start
    values = by_vector[low:high]
    result = np.zeros((atoms, 3, atoms, size), np.float32)
    if len(i):
        result[j, :, i] = values
        # A centre's own motion changes its features by minus what that of all its neighbours does.
        first = np.flatnonzero(np.r_[True, np.diff(i) != 0])
        result[i[first], :, i[first]] = -np.add.reduceat(values, first, axis=0)
    return result.reshape(3 * atoms, atoms * size)
