"""Normal modes of a geometry, by finite differences of forces. Units are ASE's; wavenumbers in 1/cm."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import HBAR, WAVENUMBER

DISPLACEMENT = 0.01
"""angstrom that each coordinate is moved by, to both sides."""
INDEPENDENT = 0.01
"""Least root of a moment of inertia, relative to the largest, that makes a rotation. A linear molecule has two only,
also where it was relaxed to some 0.01 angstrom: a third, about its axis, would take the place of a bending vibration
(HCN's zero-point energy was 1.4 kcal/mol too low)."""


class Modes(NamedTuple):
    """Normal modes without translation and rotation of the whole; K modes, N atoms.

    ``frequencies`` (K,) angular, 1/ASE time unit, negative for imaginary ones, ascending; ``vectors`` (K, N, 3) of
    mass-weighted displacements, orthonormal; ``rotations`` (2 or 3, N, 3) of the whole, likewise.
    """

    frequencies: Floats
    vectors: Floats
    rotations: Floats

    @property
    def wavenumbers(self) -> Floats:
        """(K,) 1/cm, negative for imaginary ones."""
        return self.frequencies * (HBAR / WAVENUMBER)


def hessian(forces: Callable[[Floats], Floats], positions: Floats) -> Floats:
    """(3 N, 3 N) second derivatives of the energy, eV/angstrom^2, from 6 N evaluations.

    Args:
        forces: (N, 3) angstrom -> (N, 3) eV/angstrom
        positions: (N, 3) angstrom
    """
    size = positions.size
    columns = np.empty((size, size))
    for place in range(size):
        shift = np.zeros(size)
        shift[place] = DISPLACEMENT
        moved = shift.reshape(positions.shape)
        columns[:, place] = (forces(positions - moved) - forces(positions + moved)).ravel()
    columns /= 2 * DISPLACEMENT
    symmetric: Floats = 0.5 * (columns + columns.T)
    return symmetric


def normal_modes(second_derivatives: Floats, positions: Floats, masses: Floats) -> Modes:
    """The modes of a Hessian, translation and rotation of the whole projected out.

    Wilson, Decius & Cross, Molecular Vibrations (1955), chapter 2; the projection as in Miller, Handy & Adams,
    J. Chem. Phys. 72, 99 (1980), eq. 2.

    Args:
        second_derivatives: (3 N, 3 N) eV/angstrom^2
        positions: (N, 3) angstrom
        masses: (N,) amu
    """
    translations, rotations = rigid_motions(positions, masses)
    outer = np.concatenate([translations, rotations]).reshape(-1, positions.size)
    projector = np.eye(positions.size) - outer.T @ outer
    roots = np.repeat(np.sqrt(masses), 3)
    values, vectors = np.linalg.eigh(projector @ (second_derivatives / np.outer(roots, roots)) @ projector)
    # Of each eigenvector, how much is internal: 1, or 0 for those that were projected out.
    internal = np.sum((projector @ vectors) ** 2, axis=0) > 0.5
    kept = values[internal]
    return Modes(
        np.sign(kept) * np.sqrt(np.abs(kept)),
        vectors[:, internal].T.reshape(-1, *positions.shape),
        rotations,
    )


def rigid_motions(positions: Floats, masses: Floats) -> tuple[Floats, Floats]:
    """Orthonormal mass-weighted displacements that move (3, N, 3) and turn (0, 2 or 3, N, 3) the whole.

    Args:
        positions: (N, 3) angstrom
        masses: (N,) amu
    """
    roots = np.sqrt(masses)[:, None]
    moves = [roots * axis / np.linalg.norm(roots) for axis in np.eye(3)]
    arms = positions - (masses[:, None] * positions).sum(axis=0) / masses.sum()
    turns = np.array([(roots * np.cross(axis, arms)).ravel() for axis in np.eye(3)])
    _, sizes, vectors = np.linalg.svd(turns, full_matrices=False)
    real = sizes > INDEPENDENT * max(float(sizes[0]), 1e-12)
    return np.array(moves), vectors[real].reshape(-1, *positions.shape)
