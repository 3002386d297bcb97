"""The state of a headset and its controllers at one moment."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from atomtug.vr_client.xr.poses import Pose

HandName = Literal["left", "right"]
HANDS: tuple[HandName, HandName] = ("left", "right")

PINCH = np.array([0.0, 0.0, -0.03])
"""Where thumb and forefinger meet, metres in the axes of the pointing pose."""


@dataclass(frozen=True, eq=False)
class HandControls:
    """One controller.

    Args:
        grip: where the hand's palm is, room; None: it is not tracked
        aim: where it points from, room
        trigger: how far it is pressed, 0..1
        squeeze: how far the grip is pressed, 0..1
        primary: the lower button (A, X, menu)
        secondary: the upper button (B, Y)
        stick: the thumbstick, pressed
        lever: the thumbstick, pushed away (1) or pulled near (-1)
    """

    grip: Pose | None = None
    aim: Pose | None = None
    trigger: float = 0.0
    squeeze: float = 0.0
    primary: bool = False
    secondary: bool = False
    stick: bool = False
    lever: float = 0.0

    @property
    def pinch(self) -> NDArray[np.float64] | None:
        """(3,) the point that grabs, room; None while the hand is not tracked."""
        pose = self.aim or self.grip
        return None if pose is None else pose.of(PINCH)

    @property
    def fist(self) -> Pose | None:
        """What a grip moves along, room: the point that grabs, turned as the hand is."""
        pose = self.aim or self.grip
        return None if pose is None else Pose(pose.of(PINCH), pose.orientation)


@dataclass(frozen=True, eq=False)
class Controls:
    """Head and hands.

    Args:
        head: where it is in the room; None: it is not tracked
        left, right: the hands
        recentred: whether the runtime has moved the room's origin, as a person asks it to
    """

    head: Pose | None = None
    left: HandControls = field(default_factory=HandControls)
    right: HandControls = field(default_factory=HandControls)
    recentred: bool = False

    def hand(self, name: HandName) -> HandControls:
        """One of the two."""
        return self.left if name == "left" else self.right
