"""Where trajectories begin: a geometry with fresh velocities. Units are ASE's."""

from typing import Literal, NamedTuple, get_args

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import BOLTZMANN, HBAR
from atomtug.server.dynamics.integrators import draw_velocities, without_drift
from atomtug.swarm.modes import Modes

VelocityKind = Literal["thermal", "modes"]
VELOCITIES: tuple[VelocityKind, ...] = get_args(VelocityKind)
STIFF = 200.0
"""1/cm; modes from here on are given quanta. Softer ones, imaginary ones and rotation are classical."""


class Start(NamedTuple):
    """``positions`` (N, 3) angstrom and ``velocities`` (N, 3) of a trajectory at its beginning."""

    positions: Floats
    velocities: Floats


def thermal_start(
    positions: Floats, masses: Floats, temperature: float, random: np.random.Generator
) -> Start:
    """The geometry itself, with velocities of the Maxwell-Boltzmann distribution; the whole rests.

    Args:
        positions: (N, 3) angstrom
        masses: (N,) amu
        temperature: K
        random: source of the velocities
    """
    column = masses[:, None]
    return Start(positions, without_drift(draw_velocities(column, temperature, random), column))


def quasi_classical_start(
    positions: Floats, masses: Floats, modes: Modes, temperature: float, random: np.random.Generator
) -> Start:
    """Quanta in the stiff modes, with their zero-point energy; the rest classical.

    Normal-mode sampling, also where the geometry is no minimum: Peslherbe, Wang & Hase, Adv. Chem. Phys. 105, 171
    (1999). Each stiff mode gets a number of quanta from
    Boltzmann's distribution, the energy (n + 1/2) h nu, and a phase at random, which says what of it is displacement
    from the geometry and what is velocity. All other motion but the translation of the whole has thermal velocities
    and no displacement.

    Args:
        positions: (N, 3) angstrom, about which the modes oscillate
        masses: (N,) amu
        modes: of that geometry
        temperature: K
        random: source of quanta, phases and velocities
    """
    frequencies = modes.frequencies
    stiff = modes.wavenumbers >= STIFF
    phases = random.uniform(0.0, 2 * np.pi, len(frequencies))
    chances = random.uniform(size=len(frequencies))
    classical = np.sqrt(BOLTZMANN * temperature) * random.standard_normal(
        len(frequencies) + len(modes.rotations)
    )
    omega = np.where(stiff, frequencies, 1.0)
    amplitudes = np.sqrt(2.0 * HBAR * omega * (quanta(omega, temperature, chances) + 0.5))
    displacements = np.where(stiff, amplitudes / omega * np.sin(phases), 0.0)
    momenta = np.where(stiff, amplitudes * np.cos(phases), classical[: len(frequencies)])
    roots = np.sqrt(masses)[:, None]
    moved = np.tensordot(displacements, modes.vectors, axes=1)
    moving = np.tensordot(momenta, modes.vectors, axes=1)
    moving = moving + np.tensordot(classical[len(frequencies) :], modes.rotations, axes=1)
    return Start(positions + moved / roots, moving / roots)


def quanta(frequencies: Floats, temperature: float, chances: Floats) -> Floats:
    """Numbers of quanta from Boltzmann's distribution, P(n or more) = exp(-n h nu / kT).

    Args:
        frequencies: angular, positive, 1/ASE time unit
        temperature: K; all are 0 at 0 K
        chances: uniform in [0, 1), of the same shape
    """
    if temperature <= 0.0:
        return np.zeros_like(frequencies)
    return np.asarray(np.floor(-np.log1p(-chances) * BOLTZMANN * temperature / (HBAR * frequencies)))
