"""Integrators of Newton's and Langevin's equations of motion, with one force evaluation a step.

Units are ASE's: angstrom, eV, amu, and the time and velocity that follow.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError
from atomtug.core.units import BOLTZMANN

Force = Callable[[Floats], Floats]
"""(N, 3) positions -> (N, 3) forces."""


class Motion(NamedTuple):
    """Positions, velocities and total forces of the atoms, each (N, 3)."""

    positions: Floats
    velocities: Floats
    forces: Floats


MAX_DISPLACEMENT = 0.5
"""No atom may move farther than this in one step, angstrom: what does is an explosion, not dynamics."""


def displacement_error(displacement: float) -> EngineError:
    """The error for a step in which an atom moved by ``displacement`` angstrom."""
    return EngineError(
        f"An atom moved by {displacement:.2g} angstrom in one step: the pull was too violent or the time step is too "
        f"long. Play on from the last good frame with a gentler pull, or reset."
    )


def velocity_verlet(motion: Motion, force: Force, timestep: float, masses: Floats) -> Motion:
    """One step at constant energy (Swope et al., J. Chem. Phys. 76, 637 (1982)).

    Args:
        motion: at the step's start
        force: evaluated once, at the step's end
        timestep: ASE time units
        masses: (N, 1) amu
    """
    half = motion.velocities + motion.forces * (timestep / 2 / masses)
    positions = motion.positions + timestep * half
    forces = force(positions)
    return Motion(positions, half + forces * (timestep / 2 / masses), forces)


def langevin_baoab(
    motion: Motion,
    force: Force,
    timestep: float,
    masses: Floats,
    temperature: float,
    friction: float | Floats,
    random: np.random.Generator,
) -> Motion:
    """One step at constant temperature, splitting BAOAB (Leimkuhler & Matthews, AMRX 2013, 34 (2013)).

    Args:
        motion: at the step's start
        force: evaluated once, at the step's end
        timestep: ASE time units
        masses: (N, 1) amu
        temperature: K
        friction: 1/ASE time unit, of all atoms or (N, 1) of each
        random: source of the noise
    """
    velocities = motion.velocities + motion.forces * (timestep / 2 / masses)
    positions = motion.positions + (timestep / 2) * velocities
    kept = np.exp(-friction * timestep)
    noise = np.sqrt((1 - kept * kept) * BOLTZMANN * temperature / masses)
    velocities = kept * velocities + noise * random.standard_normal(positions.shape)
    positions = positions + (timestep / 2) * velocities
    forces = force(positions)
    return Motion(positions, velocities + forces * (timestep / 2 / masses), forces)


def kinetic_energy(velocities: Floats, masses: Floats) -> float:
    """eV, of velocities (N, 3) and masses (N, 1)."""
    return float(0.5 * np.sum(masses * velocities * velocities))


def temperature_of(energy: float, freedom: int) -> float:
    """Temperature (K) of so many degrees of freedom with this kinetic energy (eV) in all."""
    return 2.0 * energy / (freedom * BOLTZMANN)


def draw_velocities(masses: Floats, temperature: float, random: np.random.Generator) -> Floats:
    """(N, 3) velocities from the Maxwell-Boltzmann distribution at ``temperature`` (K), masses (N, 1)."""
    velocities: Floats = np.sqrt(BOLTZMANN * temperature / masses) * random.standard_normal((len(masses), 3))
    return velocities


def without_drift(velocities: Floats, masses: Floats) -> Floats:
    """The same velocities in the frame where the centre of mass rests."""
    moving: Floats = velocities - (masses * velocities).sum(axis=0) / masses.sum()
    return moving
