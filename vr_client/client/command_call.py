"""A command that a script or a controller wants to run on the server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CommandCall:
    """A command and its arguments.

    Args:
        name: the command's name on the server, e.g. ``playback/reset``
        arguments: argument name -> value
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
