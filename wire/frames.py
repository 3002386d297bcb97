"""From a :class:`~atomtug.core.frame.Frame` to keys and values of the wire, and from ASE's units to its own."""

import time

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.electrons import ElectronicStructure
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
from atomtug.wire.values import FrameValue, FrameValues


def topology_values(system: System) -> FrameValues:
    """Atoms, residues and chains: what stays the same for as long as the system is simulated."""
    residues = system.residues
    residue_of = np.zeros(len(system.numbers), dtype=np.uint32)
    for index, members in enumerate(residues):
        residue_of[members] = index
    return {
        frame_keys.PARTICLE_COUNT: len(system.numbers),
        frame_keys.PARTICLE_ELEMENTS: system.numbers.astype(np.uint32),
        frame_keys.PARTICLE_MASSES: system.masses.astype(np.float32),
        frame_keys.PARTICLE_NAMES: list(system.atom_names),
        frame_keys.PARTICLE_RESIDUES: residue_of,
        frame_keys.RESIDUE_COUNT: len(residues),
        frame_keys.RESIDUE_NAMES: list(system.residue_names),
        frame_keys.RESIDUE_IDS: [str(index + 1) for index in range(len(residues))],
        frame_keys.RESIDUE_CHAINS: np.arange(len(residues), dtype=np.uint32),
        frame_keys.CHAIN_COUNT: len(residues),
        frame_keys.CHAIN_NAMES: [chr(ord("A") + index % 26) for index in range(len(residues))],
        frame_keys.SIMULATION_NAME: system.name,
        frame_keys.TOTAL_CHARGE: system.charge,
    }


def bond_values(bonds: Ints, electrons: ElectronicStructure | None = None) -> dict[str, FrameValue]:
    """Bonds, which are found by distance, and their orders; whole ones are at least one.

    Args:
        bonds: (B, 2) indices of atoms
        electrons: gives the orders; where it does not, all whole orders are one
    """
    matrix = None if electrons is None else electrons.bond_orders
    orders = np.empty(0) if matrix is None else matrix[bonds[:, 0], bonds[:, 1]]
    whole = np.ones(len(bonds)) if matrix is None else np.maximum(np.rint(orders), 1.0)
    return {
        frame_keys.BOND_PAIRS: bonds.astype(np.uint32).reshape(-1),
        frame_keys.BOND_ORDERS: whole.astype(np.float32),
        frame_keys.BOND_ORDERS_ENGINE: orders.astype(np.float32),
    }


def electron_values(electrons: ElectronicStructure | None) -> FrameValues:
    """Charges, spins and <S^2>. As a key that is absent keeps its last value, empty arrays and NaN say "unknown"."""
    charges, spins, _, spin_square = electrons or (np.empty(0), None, None, None)
    return {
        frame_keys.PARTICLE_CHARGES: charges.astype(np.float32),
        frame_keys.PARTICLE_SPINS: np.empty(0, np.float32) if spins is None else spins.astype(np.float32),
        frame_keys.ENGINE_SPIN_SQUARE: np.nan if spin_square is None else spin_square,
    }


def state_change_values(before: float, after: float, count: int) -> FrameValues:
    """The last change of electronic state.

    Args:
        before: energy of the state that was left, eV
        after: energy of the state that was found, at the same geometry, eV
        count: changes since the start
    """
    energies = np.array([before, after]) * KJMOL_PER_EV
    return {
        frame_keys.ENGINE_STATE_CHANGED: energies.astype(np.float32),
        frame_keys.ENGINE_STATE_CHANGES: count,
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
        frame_keys.ENGINE_UNCERTAINTY_ATOMS: _flat(
            np.empty(0) if spreads is None else spreads, KJMOL_NM_PER_FORCE
        ),
        **electron_values(frame.electrons),
        frame_keys.SERVER_TIMESTAMP: time.monotonic(),
    }


def _flat(values: Floats, factor: float) -> NDArray[np.float32]:
    return (values * factor).astype(np.float32).reshape(-1)
