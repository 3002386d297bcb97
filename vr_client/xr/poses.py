"""Where things are and how they are turned: points, quaternions, poses. Plain functions of numpy arrays.

Quaternions are x, y, z, w, as in OpenXR and on the wire. A pose's axes are OpenXR's: x right, y up, -z ahead.
"""

from dataclasses import dataclass, field

import numpy as np

from atomtug.core.arrays import Floats

UP = np.array([0.0, 1.0, 0.0])
AHEAD = np.array([0.0, 0.0, -1.0])
NO_TURN = np.array([0.0, 0.0, 0.0, 1.0])
_MIRROR_Z = np.array([1.0, 1.0, -1.0])
_MIRROR_Z_TURN = np.array([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Pose:
    """A place and an orientation.

    Args:
        position: (3,) metres
        orientation: (4,) unit quaternion
    """

    position: Floats = field(default_factory=lambda: np.zeros(3))
    orientation: Floats = field(default_factory=NO_TURN.copy)

    def of(self, point: Floats) -> Floats:
        """(..., 3) points given in this pose's axes -> where they are."""
        return self.position + rotate(self.orientation, point)

    def within(self, point: Floats) -> Floats:
        """(..., 3) points -> the same in this pose's axes."""
        return rotate(conjugate(self.orientation), np.asarray(point) - self.position)

    def then(self, inner: "Pose") -> "Pose":
        """The pose of what is at ``inner`` in this pose's axes."""
        return Pose(self.of(inner.position), multiply(self.orientation, inner.orientation))

    def inverse(self) -> "Pose":
        """The pose that undoes this one."""
        back = conjugate(self.orientation)
        return Pose(rotate(back, -self.position), back)

    def mirrored(self) -> "Pose":
        """The same pose in axes of the other hand: z points the other way. Its own inverse."""
        return Pose(self.position * _MIRROR_Z, self.orientation * _MIRROR_Z_TURN)

    def matrix(self) -> Floats:
        """(4, 4) that takes points in this pose's axes to where they are."""
        matrix = np.eye(4)
        matrix[:3, :3] = rotation_matrix(self.orientation)
        matrix[:3, 3] = self.position
        return matrix


def multiply(a: Floats, b: Floats) -> Floats:
    """The turn ``b`` followed by the turn ``a``."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return np.array(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ]
    )


def conjugate(q: Floats) -> Floats:
    """The turn back."""
    return np.array([-q[0], -q[1], -q[2], q[3]])


def normalized(q: Floats) -> Floats:
    """A quaternion of length one; that of no turn if there is nothing to go by."""
    length = float(np.sqrt(q @ q))
    return q / length if length > 1e-9 else NO_TURN.copy()


def rotation_matrix(q: Floats) -> Floats:
    """(3, 3) of a unit quaternion."""
    x, y, z, w = np.asarray(q).tolist()
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def rotate(q: Floats, point: Floats) -> Floats:
    """Turn (..., 3) points."""
    turned: Floats = np.asarray(point) @ rotation_matrix(q).T
    return turned


def turn_about(axis: Floats, angle: float) -> Floats:
    """The quaternion of a turn about a unit axis, radians."""
    return np.append(np.sin(angle / 2) * np.asarray(axis), np.cos(angle / 2))


def turn_between(a: Floats, b: Floats) -> Floats:
    """The shortest turn that takes the direction of ``a`` to that of ``b``."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    if lengths < 1e-12:
        return NO_TURN.copy()
    w = lengths + float(a @ b)
    if w < 1e-9 * lengths:  # opposite: half a turn about any axis across
        across = np.cross(a, [1.0, 0.0, 0.0] if abs(a[0]) < 0.6 * np.linalg.norm(a) else UP)
        return np.append(across / np.linalg.norm(across), 0.0)
    return normalized(np.append(np.cross(a, b), w))
