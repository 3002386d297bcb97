"""Where the simulation's box stands: the key ``scene``, and ``transform.simulation``, which says the same. No I/O."""

from collections.abc import Mapping
from typing import TypeGuard

from atomtug.wire.state_keys import SCENE, TRANSFORM
from atomtug.wire.values import Changes, Value

PARENT = {"parent": "root"}
X_SCALE = 7
"""Place of the x scale among the ten numbers; its sign differs between the two keys."""


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
