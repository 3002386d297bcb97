"""How NanoVer packs a frame's values (its WebSocket messages and its recordings): arrays as raw bytes.

The bytes are little-endian, in C order, without a header. What is not named here travels as plain MessagePack.
"""

from typing import Any

import numpy as np

PACKED = {
    "particle.positions": "<f4",
    "particle.velocities": "<f4",
    "particle.forces": "<f4",
    "particle.forces.system": "<f4",
    "forces.user.sparse": "<f4",
    "forces.user.index": "<u4",
    "system.box.vectors": "<f4",
    "particle.elements": "u1",
    "particle.residues": "<u4",
    "residue.chains": "<u4",
    "bond.pairs": "<u4",
    "bond.orders": "u1",
    "engine.uncertainty.atoms": "<f4",
}
"""The numbers' type, by frame key."""


def pack(key: str, value: Any) -> Any:
    """One value of a frame, as MessagePack takes it."""
    if key in PACKED:
        return np.ascontiguousarray(value, dtype=PACKED[key]).tobytes()
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
