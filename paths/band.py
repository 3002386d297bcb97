"""A climbing band about the maximum of a path: Henkelman, Uberuaga & Jónsson, J. Chem. Phys. 113, 9901 (2000)."""

import os
from collections.abc import Sequence

import numpy as np
from ase.mep import NEB
from ase.optimize import FIRE

from atomtug.core.units import KCALMOL_PER_EV
from atomtug.paths.profile import Maximum, find_maximum, resample
from atomtug.paths.surface import PathPoint, Surface, as_atoms, point_at

IMAGES = 7
"""Of the band, its ends included."""
SPRING = 1.0
"""eV/angstrom^2, between them."""
CONVERGED = 0.08
"""eV/angstrom, the largest force across the band; what remains is the saddle search's."""
MOST_STEPS = 60
AROUND = 4
"""Points of the path on each side of its maximum that the band spans, at most."""
DEEP = 4.0
"""kcal/mol below the maximum, where the band ends."""


def climb(surface: Surface, points: Sequence[PathPoint]) -> tuple[PathPoint, ...] | None:
    """A band about the maximum of a path, its highest image at the top.

    Args:
        surface: energies and forces
        points: the path

    Returns:
        The images; None where the maximum has vanished, or there was none.

    Raises:
        EngineError: the engine has no result
    """
    maximum = find_maximum(points)
    if maximum is None:
        return None
    window = _window(points, maximum)
    geometries = resample(window, IMAGES)
    engines = [surface.engine() for _ in geometries]
    images = [
        as_atoms(surface.system, positions, engine)
        for positions, engine in zip(geometries, engines, strict=True)
    ]
    band = NEB(images, k=SPRING, climb=True, method="improvedtangent")
    FIRE(band, logfile=os.devnull, maxstep=0.1).run(CONVERGED, MOST_STEPS)
    found = [
        point_at(engine, np.array(image.positions)) for engine, image in zip(engines, images, strict=True)
    ]
    return tuple(found) if find_maximum(found) is not None else None


def _window(points: Sequence[PathPoint], maximum: Maximum) -> Sequence[PathPoint]:
    """The points about a maximum, on each side to the first that is deep below it."""
    first, last = maximum.point, maximum.point + 1

    def is_deep(place: int) -> bool:
        return (maximum.energy - points[place].energy) * KCALMOL_PER_EV > DEEP

    while first > 0 and first > maximum.point + 1 - AROUND and not is_deep(first):
        first -= 1
    while last < len(points) - 1 and last < maximum.point + AROUND and not is_deep(last):
        last += 1
    return points[first : last + 1]
