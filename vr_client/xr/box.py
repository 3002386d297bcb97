"""The pose of the simulation box in the room, and moving it with both hands.

Three spaces (their conventions are Narupa's):

- *simulation*: nm, right-handed; atoms and interactions
- *server*: metres, left-handed, y up, floor at 0; avatars, and the pose of the simulation's box, which is shared
  under ``scene`` as ten numbers (position, quaternion, scale). One nm is a metre, with x mirrored, if it is identity.
- *room*: metres, right-handed, y up; OpenXR's stage. It is server space with z mirrored, seen from our own place
  (``user-origin.*``, where someone has put the players in a ring).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.vr_client.xr.poses import NO_TURN, Pose, multiply, normalized, rotate, turn_between

SMALLEST, LARGEST = 0.05, 50.0
"""Limits of the scale, metres per nm."""
COMFORTABLE = np.array([0.0, 1.25, 0.6])
"""Server space, metres: before the chest of a person who stands at the origin."""
_MIRROR_X = np.diag([-1.0, 1.0, 1.0, 1.0])
_MIRROR_Z = np.diag([1.0, 1.0, -1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Box:
    """The pose of the simulation.

    Args:
        pose: of its origin, server space
        scale: (3,) metres a nm
        origin: our own place in server space
    """

    pose: Pose = field(default_factory=Pose)
    scale: Floats = field(default_factory=lambda: np.ones(3))
    origin: Pose = field(default_factory=Pose)

    @classmethod
    def from_scene(cls, value: Any, origin: Pose | None = None) -> "Box | None":
        """The box of the shared key ``scene``; None if it is malformed."""
        if not isinstance(value, Sequence) or len(value) != 10:
            return None
        try:
            numbers = np.array(value, dtype=np.float64)
        except (TypeError, ValueError):
            return None
        if not np.all(np.isfinite(numbers)) or np.any(np.abs(numbers[7:]) < 1e-6):
            return None
        pose = Pose(numbers[:3], normalized(numbers[3:7]))
        return cls(pose, numbers[7:], Pose() if origin is None else origin)

    @classmethod
    def around(cls, positions: Floats, origin: Pose | None = None) -> "Box":
        """A box that puts atoms at (N, 3) nm at a comfortable place and size, where the server gives none."""
        if len(positions) == 0:
            return cls(Pose(COMFORTABLE.copy(), NO_TURN.copy()), origin=Pose() if origin is None else origin)
        low, high = positions.min(axis=0), positions.max(axis=0)
        scale = float(np.clip(0.8 / max(float(np.max(high - low)), 1e-3), 0.3, 1.5))
        middle = (low + high) / 2 * [-scale, scale, scale]
        place = Pose() if origin is None else origin
        return cls(Pose(place.of(COMFORTABLE) - middle, NO_TURN.copy()), np.full(3, scale), place)

    def to_scene(self) -> list[float]:
        """The box as the ten numbers of ``scene``."""
        return [*map(float, self.pose.position), *map(float, self.pose.orientation), *map(float, self.scale)]

    @property
    def size(self) -> float:
        """The mean scale for radii, metres per nm."""
        return float(np.abs(np.prod(self.scale)) ** (1 / 3))

    @cached_property
    def matrix(self) -> Floats:
        """(4, 4) simulation, nm -> room, metres."""
        scaled = self.pose.matrix() @ np.diag([*self.scale, 1.0])
        matrix: Floats = _MIRROR_Z @ self.origin.inverse().matrix() @ scaled @ _MIRROR_X
        return matrix

    @cached_property
    def _inverse(self) -> Floats:
        inverse: Floats = np.linalg.inv(self.matrix).astype(np.float64)
        return inverse

    def to_room(self, points: Floats) -> Floats:
        """(..., 3) simulation, nm -> room, metres."""
        placed: Floats = points @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return placed

    def to_simulation(self, points: Floats) -> Floats:
        """(..., 3) room, metres -> simulation, nm."""
        placed: Floats = points @ self._inverse[:3, :3].T + self._inverse[:3, 3]
        return placed

    def to_server(self, pose: Pose) -> Pose:
        """A pose in the room -> in server space."""
        return self.origin.then(pose.mirrored())

    def from_server(self, pose: Pose) -> Pose:
        """A pose in server space -> in the room."""
        return self.origin.inverse().then(pose).mirrored()


@dataclass(frozen=True, eq=False)
class TwoGrips:
    """Both hands on the box: it keeps its place between them.

    Args:
        box: as it was when they took it
        left: (3,) where the left hand was, room
        right: (3,) where the right hand was, room
    """

    box: Box
    left: Floats
    right: Floats

    def moved(self, left: Floats, right: Floats) -> Box:
        """The box now that the hands are there: moved, turned and scaled with the line between them."""
        mirror = np.array([1.0, 1.0, -1.0])
        a, b, c, d = (self.box.origin.of(p * mirror) for p in (self.left, self.right, left, right))
        before, after = b - a, d - c
        turn = turn_between(before, after)
        stretch = float(np.linalg.norm(after) / max(float(np.linalg.norm(before)), 1e-3))
        size = self.box.size
        stretch = float(np.clip(stretch, SMALLEST / size, LARGEST / size))
        middle = rotate(turn, self.box.pose.position - (a + b) / 2) * stretch
        pose = Pose((c + d) / 2 + middle, normalized(multiply(turn, self.box.pose.orientation)))
        return replace(self.box, pose=pose, scale=self.box.scale * stretch)
