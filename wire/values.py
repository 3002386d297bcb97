"""Types of the values that travel over the wire."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray


class Null(Enum):
    """A key of the shared state that is there and has the value null.

    WebSocket clients may write it. To gRPC clients null means that a key is removed, so they don't see such a key.
    """

    NULL = "null"


NULL = Null.NULL

Value: TypeAlias = "bool | int | float | str | bytes | Sequence[Value] | Mapping[str, Value] | Null | None"
"""A value of the shared state, or an argument or result of a command: what JSON can hold, and infinite numbers.

In the shared state there may be bytes as well, which gRPC clients get as base64 text.
"""

Changes: TypeAlias = Mapping[str, Value]
"""Changes of the shared state: new values by key; None removes a key."""

FrameValue: TypeAlias = NDArray[np.generic] | Sequence[str] | bool | int | float | str
"""A value of a frame: a flat array of numbers, a list of text, a number, a truth value or text."""

FrameValues: TypeAlias = Mapping[str, FrameValue]
"""Values of a frame by key."""

MAX_DEPTH = 32
"""The most levels that maps and lists may have within each other; the protocol's own values have four."""
