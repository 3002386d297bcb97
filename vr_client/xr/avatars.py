"""Head and hands as others see them: ``avatar.<player id>`` in the shared state (Narupa's convention)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from atomtug.vr_client.xr.box import Box
from atomtug.vr_client.xr.controls import Controls
from atomtug.vr_client.xr.poses import Pose, normalized
from atomtug.wire import state_keys

AVATAR = state_keys.AVATAR_PREFIX
INTERVAL = 1 / 30
"""Seconds between two updates."""
COLORS = (
    (1.0, 0.71, 0.33),
    (0.37, 0.78, 0.75),
    (0.56, 0.62, 1.0),
    (0.98, 0.52, 0.62),
    (0.6, 0.85, 0.45),
    (0.83, 0.6, 0.98),
)
"""The colours of people, sRGB, as on the browser page."""
UNKNOWN = (0.6, 0.7, 0.8)
"""Of people who say none that makes sense."""


@dataclass(frozen=True, eq=False)
class Avatar:
    """The head and hands of another client.

    Args:
        name: what they call themselves
        color: (3,) 0..1
        parts: ``headset``, ``hand.left``, ``hand.right`` -> pose in server space
    """

    name: str
    color: tuple[float, float, float]
    parts: Mapping[str, Pose]


def color_of(player: str) -> tuple[float, float, float]:
    """The colour of a person, by their id."""
    return COLORS[crc32(player.encode()) % len(COLORS)]


def avatar_value(player: str, name: str, controls: Controls, box: Box) -> dict[str, Any]:
    """The value of our avatar: the poses that are tracked, in server space."""
    parts = [
        ("headset", controls.head),
        ("hand.left", controls.left.grip),
        ("hand.right", controls.right.grip),
    ]
    components = []
    for part, pose in parts:
        if pose is not None:
            placed = box.to_server(pose)
            components.append(
                {
                    "name": part,
                    "position": placed.position.tolist(),
                    "rotation": placed.orientation.tolist(),
                }
            )
    return {"playerid": player, "name": name, "color": [*color_of(player), 1.0], "components": components}


def read_avatar(value: Any) -> Avatar | None:
    """The avatar of a value; None if it is malformed."""
    if not isinstance(value, Mapping) or not isinstance(value.get("components"), list):
        return None
    parts = {}
    for component in value["components"]:
        try:
            position = np.array(component["position"], dtype=np.float64)
            rotation = np.array(component["rotation"], dtype=np.float64)
            part = str(component["name"])
        except (KeyError, TypeError, ValueError):
            continue
        if position.shape == (3,) and rotation.shape == (4,) and np.isfinite([*position, *rotation]).all():
            parts[part] = Pose(position, normalized(rotation))
    return Avatar(str(value.get("name", "")), _color(value.get("color")), parts)


def _color(value: Any) -> tuple[float, float, float]:
    try:
        red, green, blue = (min(max(float(part), 0.0), 1.0) for part in value[:3])
    except (KeyError, TypeError, ValueError):  # KeyError: of a map, from Python 3.12 on
        return UNKNOWN
    return (red, green, blue) if np.isfinite([red, green, blue]).all() else UNKNOWN
