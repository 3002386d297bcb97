"""From a :class:`~atomtug.core.frame.Frame` to keys and values of the wire, and from ASE's units to its own."""

import time

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.units import (
    KJMOL_NM_PER_FORCE,
    KJMOL_PER_EV,
    NM_PER_ANGSTROM,
    NM_PS_PER_VELOCITY,
    PS_PER_TIME,
)
from atomtug.wire import frame_keys
from atomtug.wire.values import FrameValues


def topology_values(system: System) -> FrameValues:
    """Atoms, residues and chains: what stays the same for as long as the system is simulated."""
    residues = system.residues
    residue_of = np.zeros(len(system.numbers), dtype=np.uint32)
    for index, members in enumerate(residues):
        residue_of[members] = index
    return {
        frame_keys.PARTICLE_COUNT: len(system.numbers),
        frame_keys.PARTICLE_ELEMENTS: system.numbers.astype(np.uint32),
        frame_keys.PARTICLE_NAMES: list(system.atom_names),
        frame_keys.PARTICLE_RESIDUES: residue_of,
        frame_keys.RESIDUE_COUNT: len(residues),
        frame_keys.RESIDUE_NAMES: list(system.residue_names),
        frame_keys.RESIDUE_IDS: [str(index + 1) for index in range(len(residues))],
        frame_keys.RESIDUE_CHAINS: np.arange(len(residues), dtype=np.uint32),
        frame_keys.CHAIN_COUNT: len(residues),
        frame_keys.CHAIN_NAMES: [chr(ord("A") + index % 26) for index in range(len(residues))],
        frame_keys.SIMULATION_NAME: system.name,
    }


def bond_values(bonds: Ints) -> FrameValues:
    """Bonds, all of order one, since they are found by distance.

    Args:
        bonds: (B, 2) indices of atoms
    """
    return {
        frame_keys.BOND_PAIRS: bonds.astype(np.uint32).reshape(-1),
        frame_keys.BOND_ORDERS: np.ones(len(bonds), dtype=np.float32),
    }


def frame_values(frame: Frame) -> FrameValues:
    """What changes from frame to frame, without the keys that a session adds."""
    # A key that is absent keeps its last value: where there is no uncertainty, NaN and an empty array say so.
    spread, spreads = frame.uncertainty, frame.atomic_uncertainty
    pulled = np.flatnonzero(np.any(frame.user_forces != 0.0, axis=1))
    return {
        frame_keys.PARTICLE_POSITIONS: _flat(frame.positions, NM_PER_ANGSTROM),
        frame_keys.PARTICLE_VELOCITIES: _flat(frame.velocities, NM_PS_PER_VELOCITY),
        frame_keys.PARTICLE_FORCES: _flat(frame.total_forces, KJMOL_NM_PER_FORCE),
        frame_keys.PARTICLE_FORCES_SYSTEM: _flat(frame.forces, KJMOL_NM_PER_FORCE),
        frame_keys.USER_FORCES_INDEX: pulled.astype(np.uint32),
        frame_keys.USER_FORCES_SPARSE: _flat(frame.user_forces[pulled], KJMOL_NM_PER_FORCE),
        frame_keys.USER_WORK: frame.user_work * KJMOL_PER_EV,
        frame_keys.POTENTIAL_ENERGY: frame.energy * KJMOL_PER_EV,
        frame_keys.KINETIC_ENERGY: frame.kinetic_energy * KJMOL_PER_EV,
        frame_keys.USER_ENERGY: frame.user_energy * KJMOL_PER_EV,
        frame_keys.WALL_ENERGY: frame.wall_energy * KJMOL_PER_EV,
        frame_keys.TEMPERATURE: frame.temperature,
        frame_keys.SIMULATION_TIME: frame.time * PS_PER_TIME,
        frame_keys.SIMULATION_STEP: frame.step,
        frame_keys.ENGINE_NAME: frame.engine,
        frame_keys.ENGINE_ENERGY_OFFSET: frame.energy_offset * KJMOL_PER_EV,
        frame_keys.ENGINE_UNCERTAINTY: np.nan if spread is None else spread * KJMOL_PER_EV,
        frame_keys.ENGINE_UNCERTAINTY_ATOMS: _flat(np.empty(0) if spreads is None else spreads, KJMOL_PER_EV),
        frame_keys.SERVER_TIMESTAMP: time.monotonic(),
    }


def _flat(values: Floats, factor: float) -> NDArray[np.float32]:
    return (values * factor).astype(np.float32).reshape(-1)
