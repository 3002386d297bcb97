"""Where the simulation's box stands: the key ``scene``, and ``transform.simulation``, which says the same. No I/O."""

from collections.abc import Mapping
from typing import TypeGuard

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.wire.state_keys import SCENE, TRANSFORM
from atomtug.wire.values import Changes, Value

PARENT = {"parent": "root"}
X_SCALE = 7
"""Place of the x scale among the ten numbers; its sign differs between the two keys."""

COMFORTABLE = (0.0, 1.25, 0.6)
"""Metres in the room (left-handed, y up, floor at 0): before the chest of a person who stands at its origin."""
EXTENT, SMALLEST, LARGEST = 0.8, 0.3, 1.5
"""Metres that a molecule should extend, and the least and greatest scale for that, metres per nm."""


def comfortable_scene(positions: Floats) -> list[float]:
    """A value for ``scene`` with the molecule at chest height, within arm's reach and of a size to take hold of.

    Args:
        positions: (N, 3) angstrom
    """
    low, high = positions.min(axis=0) * NM_PER_ANGSTROM, positions.max(axis=0) * NM_PER_ANGSTROM
    scale = float(np.clip(EXTENT / max(float(np.max(high - low)), 1e-3), SMALLEST, LARGEST))
    middle = (low + high) / 2 * [-scale, scale, scale]  # x is mirrored between molecule and room
    place = (np.array(COMFORTABLE) - middle).tolist()
    return [*place, 0.0, 0.0, 0.0, 1.0, scale, scale, scale]


def kept_in_step(changes: Changes) -> Changes:
    """The change of the other key that belongs to a client's change of one of the two; empty if there is none.

    Args:
        changes: new values by key; None removes. If both are in it, both stay as they are, and so does the other key
            when a value is not what its key should have.
    """
    if (SCENE in changes) == (TRANSFORM in changes):
        return {}
    if SCENE in changes:
        scene = changes[SCENE]
        if scene is None:
            return {TRANSFORM: None}
        return {TRANSFORM: {"transform": _flipped(scene), **PARENT}} if _is_ten_numbers(scene) else {}
    transform = changes[TRANSFORM]
    if transform is None:
        return {SCENE: None}
    numbers = transform.get("transform") if isinstance(transform, Mapping) else None
    return {SCENE: _flipped(numbers)} if _is_ten_numbers(numbers) else {}


def _flipped(numbers: list[float]) -> list[float]:
    return [*numbers[:X_SCALE], -numbers[X_SCALE], *numbers[X_SCALE + 1 :]]


def _is_ten_numbers(value: Value) -> TypeGuard[list[float]]:
    return (
        isinstance(value, list)
        and len(value) == 10
        and all(isinstance(x, int | float) and not isinstance(x, bool) for x in value)
    )
