"""Hands, heads and pulling lines, made of spheres and capsules."""

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.vr_client.xr.controls import HandName
from atomtug.vr_client.xr.draw_list import Color, DrawList, linear
from atomtug.vr_client.xr.haptics import FULL_FORCE
from atomtug.vr_client.xr.poses import UP, Pose

OWN: Color = tuple(linear(np.array([0.62, 0.68, 0.78])))
_SLACK, _TAUT = linear(np.array([1.0, 0.86, 0.35])), linear(np.array([1.0, 0.16, 0.10]))
_COILS, _TURNS = 56, 9.0
"""Number of pieces and of turns of a pulling line's coil."""
_ANGLES = np.linspace(0.0, 2.0 * np.pi * _TURNS, _COILS)
_ALONG = np.linspace(0.0, 1.0, _COILS)
_FADE = np.minimum(1.0, 6.0 * np.minimum(_ALONG, 1.0 - _ALONG))

# A right hand in the axes of its grip, which it is closed around: metres; x is mirrored for a left one.
_ARM = np.array([[0.010, -0.040, 0.150], [0.006, -0.020, 0.085]])
_PALM = [
    np.array([[0.007, -0.008, 0.058], [0.006, 0.022, 0.000]]),
    np.array([[0.009, -0.018, 0.056], [0.008, 0.004, -0.004]]),
    np.array([[0.009, -0.028, 0.054], [0.007, -0.014, -0.002]]),
    np.array([[0.007, -0.036, 0.052], [0.004, -0.030, 0.004]]),
]
_CURLED = [
    np.array(
        [[0.006, 0.004, -0.006], [-0.004, 0.004, -0.042], [-0.028, -0.004, -0.038], [-0.028, -0.006, -0.016]]
    ),
    np.array(
        [
            [0.006, -0.014, -0.004],
            [-0.006, -0.014, -0.038],
            [-0.028, -0.020, -0.032],
            [-0.028, -0.020, -0.012],
        ]
    ),
    np.array(
        [[0.004, -0.030, 0.002], [-0.006, -0.032, -0.026], [-0.025, -0.036, -0.022], [-0.025, -0.036, -0.006]]
    ),
]
_FOREFINGER = np.array([[0.006, 0.022, 0.000], [0.010, 0.042, -0.034]])
_THUMB = np.array([[-0.002, -0.004, 0.044], [-0.030, 0.012, 0.012]])
_BONES = [(_ARM, 0.026), *((bone, 0.0165) for bone in _PALM), *((finger, 0.0095) for finger in _CURLED)]
_BONES += [(_FOREFINGER, 0.0090), (_THUMB, 0.0105)]
_BEGINS = np.vstack([*(points[:-1] for points, _ in _BONES), _FOREFINGER[-1], _THUMB[-1]])
_ENDS = np.vstack([*(points[1:] for points, _ in _BONES), np.zeros((2, 3))])
_RADII = np.repeat(
    [*(radius for _, radius in _BONES), 0.0090, 0.0105], [*(len(p) - 1 for p, _ in _BONES), 1, 1]
)
"""A hand's capsules; the last two, to the tips of forefinger and thumb, end where these are."""
_TIPS = np.array([[0.002, 0.007, 0.003], [-0.002, -0.007, 0.004]])
_SIDES = {"left": np.array([-1.0, 1.0, 1.0]), "right": np.ones(3)}


def hand(
    draw_list: DrawList,
    name: HandName,
    grip: Pose,
    pinch: Floats,
    closed: float,
    color: Color = OWN,
    glow: float = 0.0,
) -> None:
    """Add a hand whose thumb and forefinger meet at ``pinch`` (3,) where ``closed`` is 1."""
    side, count = _SIDES[name], len(_RADII)
    gap = 0.018 * (1.0 - min(max(closed, 0.0), 1.0))
    points = np.concatenate([_BEGINS, _ENDS])
    points[-2:] = grip.within(pinch) * side + _TIPS
    points[-2, 1] += gap
    points[-1, 1] -= gap
    placed = grip.of(points * side)
    rows = draw_list.more_capsules(count)
    rows[:, :3], rows[:, 4:7] = placed[:count], placed[count:]
    rows[:, 3], rows[:, 7], rows[:, 8:11], rows[:, 11:14] = _RADII, glow, color, color


def line(draw_list: DrawList, hand_at: Floats, atom: Floats, force: float, thin: float = 1.0) -> None:
    """Add a spring from a hand to an atom; it gets redder and thinner as the force grows.

    Args:
        draw_list: what the line is added to
        hand_at: (3,) room
        atom: (3,) room
        force: kJ/mol/nm
        thin: part of the usual thickness
    """
    way = atom - hand_at
    length = float(np.linalg.norm(way))
    if length < 1e-4:
        return
    strain = min(1.0, force / FULL_FORCE)
    color = _SLACK + (_TAUT - _SLACK) * strain
    ahead = way / length
    side = np.cross(ahead, UP if abs(ahead[1]) < 0.9 else np.array([1.0, 0.0, 0.0]))
    side /= np.linalg.norm(side)
    # The wire is as long as ever: a coil that is drawn out is narrow.
    width = 0.011 * float(np.clip(0.10 / length, 0.25, 1.0)) * _FADE
    around = np.outer(np.cos(_ANGLES) * width, side) + np.outer(
        np.sin(_ANGLES) * width, np.cross(ahead, side)
    )
    points = hand_at + np.outer(_ALONG, way) + around
    draw_list.tube(points, 0.0021 * thin, (color[0], color[1], color[2]), 0.35 + 0.65 * strain)


def head(draw_list: DrawList, pose: Pose, color: Color) -> None:
    """Add the head of another client, with a headset."""
    draw_list.sphere(pose.of(np.array([0.0, -0.01, 0.08])), 0.10, color)
    visor = np.array([[-0.065, 0.0, -0.02], [0.065, 0.0, -0.02]])
    draw_list.tube(pose.of(visor), 0.045, (0.02, 0.02, 0.03))
