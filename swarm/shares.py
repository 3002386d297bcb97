"""Where the energy of a trajectory went: translation, rotation and vibration of each molecule. Units are ASE's.

Kinetic energy is split exactly: about each molecule's centre of mass into its translation, its rotation with the
angular velocity that its angular momentum gives, and the rest (Wilson, Decius & Cross, Molecular Vibrations (1955),
chapter 11). The potential energy of a molecule's vibration is what the whole loses when that molecule alone relaxes,
all of them far apart. What is left is the energy between the molecules: it vanishes as they leave each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import EngineError
from atomtug.core.systems import System
from atomtug.core.systems.bonds import Pairs, fragments
from atomtug.server.dynamics.relaxation import relaxed
from atomtug.server.engines import Engine

GAP = 25.0
"""angstrom between molecules that are far apart."""
ENOUGH = 0.01
"""eV/angstrom, the largest force of a relaxed molecule."""
TOO_MUCH = 0.1
"""eV/angstrom, a component of a force from which on a molecule does not count as relaxed."""


class KineticParts(NamedTuple):
    """Kinetic energies of a molecule, eV."""

    translation: float
    rotation: float
    vibration: float


@dataclass(frozen=True)
class FragmentShare:
    """The energy of one molecule at the end of a trajectory.

    Args:
        atoms: their indices
        translation, rotation, vibration: eV; vibration with its potential energy, above the relaxed molecule
    """

    atoms: tuple[int, ...]
    translation: float
    rotation: float
    vibration: float

    @property
    def total(self) -> float:
        """eV."""
        return self.translation + self.rotation + self.vibration


@dataclass(frozen=True)
class Shares:
    """Where the energy is at the end of a trajectory.

    Args:
        fragments: the molecules
        between: eV, potential energy between them
        total: eV, what the trajectory began with, above the relaxed molecules far apart
    """

    fragments: tuple[FragmentShare, ...]
    between: float
    total: float

    @property
    def imbalance(self) -> float:
        """eV by which the shares are more than what the trajectory began with."""
        return sum(each.total for each in self.fragments) + self.between - self.total


def kinetic_parts(positions: Floats, velocities: Floats, masses: Floats) -> KineticParts:
    """The kinetic energy of one molecule, eV.

    Args:
        positions: (n, 3) angstrom
        velocities: (n, 3)
        masses: (n,) amu
    """
    column, whole = masses[:, None], masses.sum()
    drift = (column * velocities).sum(axis=0) / whole
    arms = positions - (column * positions).sum(axis=0) / whole
    moving = velocities - drift
    momentum = np.cross(arms, column * moving).sum(axis=0)
    inertia = np.eye(3) * np.sum(column * arms**2) - (column * arms).T @ arms
    rotation = 0.5 * float(momentum @ np.linalg.pinv(inertia, rcond=1e-6, hermitian=True) @ momentum)
    internal = 0.5 * float(np.sum(column * moving**2))
    return KineticParts(0.5 * float(whole * drift @ drift), rotation, internal - rotation)


class RelaxedApart:
    """The molecules of one outcome, each relaxed and far from the others: from here energies are counted.

    Args:
        system: the atoms
        engine: made for them
        positions: (N, 3) angstrom, an end of a trajectory
        bonds: (B, 2) at that end, which tell the molecules
        known: (N, 3) angstrom, the molecules relaxed far apart, where that was done before

    Raises:
        EngineError: the molecules can't be relaxed far apart
    """

    def __init__(
        self, system: System, engine: Engine, positions: Floats, bonds: Pairs, known: Floats | None = None
    ) -> None:
        self._engine, self._masses = engine, system.masses
        self._parts = [np.array(part) for part in fragments(len(system.numbers), bonds)]
        if known is None:
            apart = system.with_positions(_taken_apart(positions, self._parts))
            known = relaxed(apart, engine, ENOUGH, bonds).positions
        self.positions = known
        """(N, 3) angstrom"""
        result = engine.evaluate(known)
        if np.abs(result.forces).max() > TOO_MUCH:
            raise EngineError("The molecules of an outcome can't be relaxed far apart from each other.")
        self.energy = result.energy
        """eV"""
        self.vibrations = tuple(_vibrations(known[part]) for part in self._parts)
        """How many each molecule has: 3 n - 6, 3 n - 5 of a linear one, none of an atom."""

    def shares(self, positions: Floats, velocities: Floats, potential: float, total: float) -> Shares:
        """Where the energy is.

        Args:
            positions: (N, 3) angstrom at the end
            velocities: (N, 3) at the end
            potential: eV at the end
            total: eV, kinetic and potential, at the start

        Raises:
            EngineError: no result for a molecule alone
        """
        fragments, between = [], potential - self.energy
        for part in self._parts:
            kinetic = kinetic_parts(positions[part], velocities[part], self._masses[part])
            stretched = self.positions.copy()
            stretched[part] = superposed(positions[part], stretched[part])
            strain = self._engine.evaluate(stretched).energy - self.energy if len(part) > 1 else 0.0
            between -= strain
            fragments.append(
                FragmentShare(
                    tuple(map(int, part)), kinetic.translation, kinetic.rotation, kinetic.vibration + strain
                )
            )
        return Shares(tuple(fragments), between, total - self.energy)


def superposed(positions: Floats, onto: Floats) -> Floats:
    """A molecule (n, 3) moved and turned onto another geometry of it.

    Kabsch, Acta Cryst. A 32, 922 (1976). What an engine has kept from the other geometry then serves for this one.
    """
    here, there = positions.mean(axis=0), onto.mean(axis=0)
    left, _, right = np.linalg.svd((positions - here).T @ (onto - there))
    sign = np.sign(np.linalg.det(left @ right))
    turned: Floats = (positions - here) @ (left * [1.0, 1.0, sign]) @ right + there
    return turned


def _taken_apart(positions: Floats, parts: Sequence[Ints]) -> Floats:
    """The molecules side by side along an axis, about the origin."""
    apart, edge = positions.copy(), 0.0
    for part in parts:
        apart[part] -= positions[part].mean(axis=0)
        radius = float(np.linalg.norm(apart[part], axis=1).max())
        apart[part, 0] += edge + radius
        edge += 2 * radius + GAP
    apart[:, 0] -= (edge - GAP) / 2
    return apart


def _vibrations(positions: Floats) -> int:
    arms = positions - positions.mean(axis=0)
    sizes = np.linalg.svd(arms, compute_uv=False)
    rank = int(np.sum(sizes > 0.05))
    return 3 * len(positions) - 3 - {0: 0, 1: 2}.get(rank, 3)
