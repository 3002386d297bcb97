"""Energies of a reaction: of its molecules far apart, and the zero-point energy of their vibrations. In eV."""

from dataclasses import dataclass

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems import System
from atomtug.core.systems.bonds import fragments
from atomtug.core.units import HBAR
from atomtug.paths.recorded import as_pairs
from atomtug.recordings.reactions import Pair
from atomtug.server.engines import Engine
from atomtug.swarm.modes import Modes, hessian, normal_modes
from atomtug.swarm.shares import RelaxedApart


@dataclass(frozen=True)
class SeparateMolecules:
    """The molecules on one side of a reaction, relaxed and far apart.

    Args:
        positions: (N, 3) angstrom
        energy: eV
        zero_point: eV, of all vibrations of each; None where that was not asked for
    """

    positions: Floats
    energy: float
    zero_point: float | None = None


def separate(
    system: System, engine: Engine, positions: Floats, bonds: frozenset[Pair], zero_point: bool
) -> SeparateMolecules:
    """The molecules of a geometry, each relaxed and far from the others.

    Args:
        system: the atoms
        engine: made for them
        positions: (N, 3) angstrom
        bonds: which make molecules of them
        zero_point: whether to work out their vibrations

    Raises:
        EngineError: they can't be relaxed far apart, or the engine has no result
    """
    pairs = as_pairs(bonds)
    apart = RelaxedApart(system, engine, positions, pairs)
    total = None
    if zero_point:
        parts = [np.array(part) for part in fragments(len(system.numbers), pairs)]
        total = sum(zero_point_energy(_modes_of(system, engine, apart.positions, part)) for part in parts)
    return SeparateMolecules(apart.positions, apart.energy, total)


def zero_point_energy(modes: Modes) -> float:
    """eV, of all modes that are real; an imaginary one, along which the atoms pass a saddle, has none."""
    real = modes.frequencies[modes.frequencies > 0]
    return float(0.5 * HBAR * np.sum(real))


def _modes_of(system: System, engine: Engine, positions: Floats, part: Ints) -> Modes:
    """The modes of one molecule, the others far away."""
    whole = positions.copy()

    def forces(moved: Floats) -> Floats:
        whole[part] = moved
        return np.asarray(engine.evaluate(whole.copy()).forces[part])

    return normal_modes(hessian(forces, positions[part]), positions[part], system.masses[part])
