"""From a :class:`Frame` to the keys and units of the wire (nm, ps, kJ/mol). The one place that knows them."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.units import (
    KJMOL_NM_PER_FORCE,
    KJMOL_PER_EV,
    NM_PER_ANGSTROM,
    NM_PS_PER_VELOCITY,
    PS_PER_TIME,
)

Values = Mapping[str, Any]


def topology_values(system: System) -> Values:
    """What stays the same for as long as the system is simulated: atoms, residues, chains."""
    residues = system.residues
    residue_of = np.zeros(len(system.numbers), dtype=np.uint32)
    for index, members in enumerate(residues):
        residue_of[members] = index
    return {
        "particle.count": len(system.numbers),
        "particle.elements": system.numbers.astype(np.uint32),
        "particle.names": list(system.atom_names),
        "particle.residues": residue_of,
        "residue.count": len(residues),
        "residue.names": list(system.residue_names),
        "residue.ids": [str(index + 1) for index in range(len(residues))],
        "residue.chains": np.arange(len(residues), dtype=np.uint32),
        "chain.count": len(residues),
        "chain.names": [chr(ord("A") + index % 26) for index in range(len(residues))],
        "system.simulation.name": system.name,
    }


def bond_values(bonds: NDArray[np.int64]) -> Values:
    """Bonds (B, 2). Perceived from distances, so all of order one."""
    return {
        "bond.pairs": bonds.astype(np.uint32).reshape(-1),
        "bond.orders": np.ones(len(bonds), dtype=np.float32),
    }


def frame_values(frame: Frame) -> Values:
    """All that changes from frame to frame."""
    # A key that is left out keeps its last value: an engine that can't tell its uncertainty has to say so.
    doubt, doubts = frame.uncertainty, frame.atomic_uncertainty
    pulled = np.flatnonzero(np.any(frame.user_forces != 0.0, axis=1))
    return {
        "particle.positions": _flat(frame.positions, NM_PER_ANGSTROM),
        "particle.velocities": _flat(frame.velocities, NM_PS_PER_VELOCITY),
        "particle.forces": _flat(frame.total_forces, KJMOL_NM_PER_FORCE),
        "particle.forces.system": _flat(frame.forces, KJMOL_NM_PER_FORCE),
        "forces.user.index": pulled.astype(np.uint32),
        "forces.user.sparse": _flat(frame.user_forces[pulled], KJMOL_NM_PER_FORCE),
        "forces.user.work_done": frame.user_work * KJMOL_PER_EV,
        "energy.potential": frame.energy * KJMOL_PER_EV,
        "energy.kinetic": frame.kinetic_energy * KJMOL_PER_EV,
        "energy.user.total": frame.user_energy * KJMOL_PER_EV,
        "energy.wall": frame.wall_energy * KJMOL_PER_EV,
        "system.temperature": frame.temperature,
        "system.simulation.time": frame.time * PS_PER_TIME,
        "system.simulation.step": frame.step,
        "engine.name": frame.engine,
        "engine.energy_offset": frame.energy_offset * KJMOL_PER_EV,
        "engine.uncertainty": np.nan if doubt is None else doubt * KJMOL_PER_EV,
        "engine.uncertainty.atoms": _flat(np.empty(0) if doubts is None else doubts, KJMOL_PER_EV),
        "server.timestamp": time.monotonic(),
    }


def _flat(values: NDArray[np.float64], factor: float) -> NDArray[np.float32]:
    return (values * factor).astype(np.float32).reshape(-1)
