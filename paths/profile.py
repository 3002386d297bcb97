"""The energy along a path, and where it has a maximum: points, and a curve through their energies and forces."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from atomtug.core.arrays import Floats
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.paths.surface import PathPoint

RISE = 0.1
"""kcal/mol; a smaller rise along a path is no barrier."""
SAMPLES = 20
"""Of the curve between two points."""


class EnergyCurve(NamedTuple):
    """A curve through the points of a path: ``places`` (P,) angstrom along it and ``energies`` (P,) eV."""

    places: Floats
    energies: Floats


class Maximum(NamedTuple):
    """A maximum of a path.

    ``place`` angstrom along it, ``energy`` eV, the ``point`` before or at it, the inner point that is the ``nearest``
    in energy, and the ``rise`` (kcal/mol) that it is above the lowest points on both of its sides, at least.
    """

    place: float
    energy: float
    point: int
    nearest: int
    rise: float


def path_lengths(points: Sequence[PathPoint]) -> Floats:
    """(K,) angstrom along a path: the sum of the roots of the summed squares of the atoms' ways."""
    steps = [np.linalg.norm(b.positions - a.positions) for a, b in pairwise(points)]
    return np.concatenate([[0.0], np.cumsum(steps)])


def energies_along(points: Sequence[PathPoint]) -> Floats:
    """(K,) eV."""
    return np.array([point.energy for point in points])


def curve_through(points: Sequence[PathPoint]) -> EnergyCurve:
    """A cubic curve through the points' energies, with slopes from their forces."""
    places, energies = path_lengths(points), energies_along(points)
    xs, ys = [places[:1]], [energies[:1]]
    for k, (one, two) in enumerate(pairwise(points)):
        length = places[k + 1] - places[k]
        if length < 1e-9:
            continue
        way = (two.positions - one.positions) / length
        slopes = [-float(np.sum(point.forces * way)) for point in (one, two)]
        x = np.linspace(places[k], places[k + 1], SAMPLES + 1)[1:]
        xs.append(x)
        ys.append(CubicHermiteSpline(places[k : k + 2], energies[k : k + 2], slopes)(x))
    return EnergyCurve(np.concatenate(xs), np.concatenate(ys))


def find_maximum(points: Sequence[PathPoint]) -> Maximum | None:
    """The maximum between the ends that stands out most; None where the energy falls, or rises, all the way.

    It is above the lowest points on both of its sides by more than :data:`RISE`.
    """
    curve = curve_through(points)
    energies = curve.energies * KCALMOL_PER_EV
    before = np.minimum.accumulate(energies)
    after = np.minimum.accumulate(energies[::-1])[::-1]
    stands_out = np.minimum(energies - before, energies - after)
    at = int(np.argmax(stands_out))
    if stands_out[at] <= RISE:
        return None
    place = float(curve.places[at])
    below = int(np.searchsorted(path_lengths(points), place, side="right")) - 1
    point = min(max(below, 0), len(points) - 2)
    inner = [each for each in (point, point + 1) if 0 < each < len(points) - 1] or [point]
    nearest = max(inner, key=lambda each: points[each].energy)
    return Maximum(place, float(curve.energies[at]), point, nearest, float(stands_out[at]))


def resample(points: Sequence[PathPoint], count: int) -> list[Floats]:
    """``count`` geometries (N, 3) evenly along a path, ends included, on straight lines between its points."""
    places, track = path_lengths(points), np.array([point.positions for point in points])
    wanted = np.linspace(0.0, places[-1], count)
    columns = [np.interp(wanted, places, column) for column in track.reshape(len(track), -1).T]
    return list(np.array(columns).T.reshape(count, *track.shape[1:]))


def thinned(points: Sequence[PathPoint], count: int, keep: int) -> list[int]:
    """Indices of about ``count`` points spread evenly along a path, with its ends and the point ``keep``."""
    lengths = path_lengths(points)
    wanted = np.linspace(0.0, lengths[-1], count)
    nearest = np.abs(lengths[:, None] - wanted[None]).argmin(axis=0)
    return sorted({0, keep, len(points) - 1, *map(int, nearest)})
