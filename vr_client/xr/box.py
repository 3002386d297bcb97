"""The pose of the simulation box in the room.

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
from atomtug.vr_client.xr.poses import NO_TURN, UP, Pose, normalized, rotate, turn_about

SMALLEST, LARGEST = 0.05, 50.0
"""Limits of the scale, metres per nm."""
COMFORTABLE = np.array([0.0, 1.25, 0.6])
"""Server space, metres: before the chest of a person who stands at the origin."""
AHEAD_OF_HEAD, BELOW_HEAD = 0.45, 0.35
"""Where the middle of the simulation comes to stand: at arm's length and chest height, metres from the head."""
WALL_IN_ROOM = 0.33
"""Radius of the simulation's wall in the room: its far side is where a stretched arm still takes hold, metres."""
WALL_MARGIN = 0.5
"""Distance between the outermost atom and the wall that the server puts around a molecule by default, nm."""
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

    @classmethod
    def before(cls, head: Pose, middle: Floats, radius: float, origin: Pose) -> "Box":
        """A box that brings the simulation to a person, its wall within reach.

        Args:
            head: room
            middle: (3,) what comes before the chest, simulation, nm
            radius: of the wall around it, nm
            origin: the person's place in server space
        """
        scale = float(np.clip(WALL_IN_ROOM / radius, SMALLEST, LARGEST))
        turn = turn_about(UP, heading(origin.then(head.mirrored()).orientation))
        target = origin.of(before_chest(head) * [1.0, 1.0, -1.0])
        return cls(
            Pose(target - rotate(turn, middle * [-scale, scale, scale]), turn), np.full(3, scale), origin
        )

    def seen_from(self, head: Pose, middle: Floats, others: Sequence[Floats]) -> "Box":
        """The same box for a person who steps up to it where the gap between the others is widest.

        The box stays where it is for the others: the person's own place in server space changes.

        Args:
            head: room
            middle: (3,) of the simulation, nm
            others: (3,) the others' heads, server space
        """
        centre = self.pose.of(middle * self.scale * [-1.0, 1.0, 1.0])
        taken = np.sort([np.arctan2(*(other - centre)[[0, 2]]) for other in others])
        gaps = np.diff(np.append(taken, taken[0] + 2 * np.pi))
        widest = int(gaps.argmax())
        looks = taken[widest] + gaps[widest] / 2 + np.pi  # from there to the middle
        turn = turn_about(UP, looks - heading(head.mirrored().orientation))
        place = centre - rotate(turn, before_chest(head) * [1.0, 1.0, -1.0])
        return replace(self, origin=Pose(place, turn))

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


def before_chest(head: Pose) -> Floats:
    """(3,) where things are easy to reach for a person with this head, room."""
    angle = heading(head.mirrored().orientation)
    ahead = np.array([np.sin(angle), 0.0, -np.cos(angle)])
    place: Floats = head.position + AHEAD_OF_HEAD * ahead - BELOW_HEAD * UP
    return place


def heading(orientation: Floats) -> float:
    """The direction of a gaze in server space about the vertical, radians from +z to +x."""
    x, y, z = rotate(orientation, np.array([0.0, 0.0, 1.0]))
    if np.hypot(x, z) < 1e-3:  # straight up or down: the top of the head or the chin says where the face is
        x, _, z = rotate(orientation, np.array([0.0, -np.sign(y), 0.0]))
    return float(np.arctan2(x, z))


def extent(positions: Floats, masses: Floats) -> tuple[Floats, float]:
    """The middle (3,) of a simulation and the radius of its wall, nm.

    As the server's own default: around the centre of mass, with a margin beyond the outermost atom.

    Args:
        positions: (N, 3) nm, at least one
        masses: (N,) amu; empty where nobody says
    """
    middle: Floats = np.average(positions, axis=0, weights=masses if len(masses) == len(positions) else None)
    return middle, float(np.linalg.norm(positions - middle, axis=1).max()) + WALL_MARGIN
