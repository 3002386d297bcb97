"""How NanoVer packs a frame's values in WebSocket messages and recordings: arrays as raw bytes.

The bytes are little-endian, in C order, without a header. Other values travel as plain MessagePack.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from atomtug.wire.frame_keys import FRAME_KEYS
from atomtug.wire.values import FrameValue

PACKED: Mapping[str, str] = {key.name: key.packing for key in FRAME_KEYS if key.packing}
"""The number type of each packed array, by frame key."""

Packed: TypeAlias = bytes | bool | int | float | str | Sequence[str]


def pack(key: str, value: FrameValue) -> Packed:
    """One value of a frame as MessagePack takes it.

    Args:
        key: its frame key
        value: an array, a list of text, a number, a truth value or text
    """
    if key in PACKED:
        return np.ascontiguousarray(value, dtype=PACKED[key]).tobytes()
    if isinstance(value, np.ndarray | np.generic):
        plain: Packed = value.tolist()
        return plain
    return value
