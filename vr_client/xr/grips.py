"""Moving the simulation's box with the grips: one hand moves and turns it, two scale it as well."""

from dataclasses import dataclass, replace

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.vr_client.xr.box import LARGEST, SMALLEST, Box
from atomtug.vr_client.xr.poses import (
    Pose,
    conjugate,
    multiply,
    normalized,
    rotate,
    turn_about,
    turn_between,
)


@dataclass(frozen=True, eq=False)
class OneGrip:
    """One hand on the box: it stays as it is in the hand.

    Args:
        box: as it was when the hand took it
        hand: room
    """

    box: Box
    hand: Pose

    def moved(self, hand: Pose) -> Box:
        """The box now that the hand is there."""
        before, after = self.box.to_server(self.hand), self.box.to_server(hand)
        pose = after.then(before.inverse()).then(self.box.pose)
        return replace(self.box, pose=Pose(pose.position, normalized(pose.orientation)))


@dataclass(frozen=True, eq=False)
class TwoGrips:
    """Both hands on the box: it keeps its place between them, and turns with the wrists about the line between them.

    Args:
        box: as it was when they took it
        left: room
        right: room
    """

    box: Box
    left: Pose
    right: Pose

    def moved(self, left: Pose, right: Pose) -> Box:
        """The box now that the hands are there: moved, turned and scaled with the line between them."""
        a, b, c, d = (self.box.to_server(hand) for hand in (self.left, self.right, left, right))
        before, after = b.position - a.position, d.position - c.position
        swing = turn_between(before, after)
        axis = before / max(float(np.linalg.norm(before)), 1e-9)
        angles = [twist(multiply(conjugate(swing), _from_to(*pair)), axis) for pair in ((a, c), (b, d))]
        # The mean direction, as angles begin again after a whole turn.
        turn = multiply(swing, turn_about(axis, float(np.angle(np.exp(1j * np.array(angles)).sum()))))
        stretch = float(np.linalg.norm(after) / max(float(np.linalg.norm(before)), 1e-3))
        size = self.box.size
        stretch = float(np.clip(stretch, SMALLEST / size, LARGEST / size))
        middle = rotate(turn, self.box.pose.position - (a.position + b.position) / 2) * stretch
        pose = Pose(
            (c.position + d.position) / 2 + middle, normalized(multiply(turn, self.box.pose.orientation))
        )
        return replace(self.box, pose=pose, scale=self.box.scale * stretch)


def twist(turn: Floats, axis: Floats) -> float:
    """The part of a turn that is about an axis (3,), radians."""
    return float(2.0 * np.arctan2(turn[:3] @ axis, turn[3]))


def _from_to(before: Pose, after: Pose) -> Floats:
    return multiply(after.orientation, conjugate(before.orientation))
