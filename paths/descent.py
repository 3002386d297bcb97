"""The way down from a saddle in mass-weighted coordinates: Fukui's intrinsic reaction coordinate.

Each step follows the steepest descent on the local quadratic surface: Page & McIver, J. Chem. Phys. 88, 922 (1988).
Second derivatives are those of the saddle, updated from step to step.
"""

from typing import Literal

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.systems import System
from atomtug.paths.hessians import updated
from atomtug.paths.saddle import SaddlePoint
from atomtug.paths.surface import PathPoint, point_at
from atomtug.server.engines import Engine

KICK = 0.1
"""angstrom sqrt(amu), of the first step, along the imaginary mode."""
STEP = 0.15
"""angstrom sqrt(amu), of the others."""
SHORTEST = 0.02
"""angstrom sqrt(amu); where even such a step leads uphill, the descent ends."""
MOST_STEPS = 150
FLAT = 0.015
"""eV/angstrom, the largest force on an atom where it ends."""
PIECES = 150
"""Of a step, in which the quadratic surface's steepest descent is integrated."""


def descend(
    system: System, engine: Engine, saddle: SaddlePoint, direction: Literal[-1, 1]
) -> list[PathPoint]:
    """Points downhill from a saddle (not included).

    Args:
        system: the atoms
        engine: made for them
        saddle: with one imaginary mode
        direction: to which side along that mode

    Raises:
        EngineError: the engine has no result
    """
    roots = np.sqrt(system.masses)[:, None]
    scale = np.repeat(roots.ravel(), 3)
    second = saddle.second_derivatives / np.outer(scale, scale)
    kick = direction * KICK * saddle.modes.vectors[0]
    point = point_at(engine, saddle.point.positions + kick / roots)
    points = [point]
    length = STEP
    while len(points) < MOST_STEPS and point.largest_force > FLAT:
        way = quadratic_descent(second, -(point.forces / roots).ravel(), length)
        after = point_at(engine, point.positions + way.reshape(-1, 3) / roots)
        second = updated(second, way, -((after.forces - point.forces) / roots).ravel())
        if after.energy >= point.energy:
            length /= 2
            if length < SHORTEST:
                break
            continue
        length = min(STEP, 1.5 * length)
        point = after
        points.append(point)
    return points


def quadratic_descent(second: Floats, gradient: Floats, length: float) -> Floats:
    """(n,) the way along the steepest descent of a quadratic surface, of a length or to where it ends.

    Args:
        second: (n, n) second derivatives
        gradient: (n,) at the beginning
        length: of the way
    """
    values, vectors = np.linalg.eigh(second)
    slopes = vectors.T @ gradient
    size = float(np.linalg.norm(slopes))
    if size < 1e-12:
        return np.zeros_like(gradient)
    # In the time t that belongs to dx/dt = -gradient, each slope is its first times exp(-value t). Steps in time such
    # that the way in each is about the same.
    way, gone = np.zeros_like(slopes), 0.0
    curved = np.abs(values) > 1e-9
    soonest = 1.0 / max(float(-values.min()), 1e-9)  # where the slope along a ridge grows by e
    for _ in range(PIECES):
        pace = float(np.linalg.norm(slopes))
        if pace < 1e-4 * size:
            break
        time = min(min(length / PIECES, length - gone) / pace, soonest)
        moved = -slopes * np.where(curved, -np.expm1(-values * time) / np.where(curved, values, 1.0), time)
        way += moved
        gone += float(np.linalg.norm(moved))
        slopes = slopes * np.exp(-values * time)
        if gone >= length:
            break
    return np.asarray(vectors @ way)
