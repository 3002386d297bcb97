"""A saddle point from a guess, and its normal modes.

With second derivatives at hand, which the proof needs anyway, partitioned rational functions need a handful of steps:
Banerjee, Adams, Simons & Shepard, J. Phys. Chem. 89, 52 (1985).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.paths.hessians import updated
from atomtug.paths.surface import PathPoint, Surface, point_at
from atomtug.server.engines import Engine
from atomtug.swarm.modes import Modes, hessian, normal_modes, rigid_motions

CONVERGED = 0.005
"""eV/angstrom; largest force on an atom at a saddle."""
MOST_STEPS = 80
AFRESH = 12
"""Steps after which second derivatives are worked out again."""
TRUST, SHORTEST = 0.2, 0.02
"""angstrom, the longest step, where second derivatives hold, and where they do not."""
IMAGINARY = -30.0
"""1/cm; modes below it count as imaginary. Softer ones are turnings of molecules, and noise."""
MOST_TRIES = 3
ASIDE = 0.1
"""angstrom along an imaginary mode too many, before the next try."""


@dataclass(frozen=True)
class SaddlePoint:
    """A stationary point, which is a saddle if one mode is imaginary.

    Args:
        point: where it is
        second_derivatives: (3 N, 3 N) eV/angstrom^2
        modes: of them, the first in the direction of the path
    """

    point: PathPoint
    second_derivatives: Floats
    modes: Modes

    @property
    def imaginary(self) -> int:
        """How many modes are imaginary."""
        return int(np.sum(self.modes.wavenumbers < IMAGINARY))


def find_saddle(
    surface: Surface, guess: Floats, along: Floats, say: Callable[[str], object] = lambda _: None
) -> SaddlePoint | None:
    """Follow one mode up and all others down.

    Args:
        surface: energies and forces
        guess: (N, 3) angstrom
        along: (N, 3) the direction of the path there; the mode that is the most like it is followed
        say: called with what is being done

    Returns:
        The stationary point, with whatever modes it has; None where none was found.

    Raises:
        EngineError: the engine has no result
    """
    engine, positions = surface.engine(), guess
    found = None
    for _ in range(MOST_TRIES):
        say("searching the saddle")
        arrived = _follow(engine, positions, along)
        if arrived is None:
            break
        say("proving the saddle: second derivatives")
        derivatives = _second_derivatives(engine, arrived.positions)
        modes = normal_modes(derivatives, arrived.positions, surface.system.masses)
        weighted = along * np.sqrt(surface.system.masses)[:, None]
        onwards = 1.0 if np.sum(modes.vectors[0] * weighted) >= 0 else -1.0
        found = SaddlePoint(arrived, derivatives, modes._replace(vectors=onwards * modes.vectors))
        if found.imaginary < 2:
            break
        # Of two imaginary modes, symmetry hid the second: a step along it leads off the ridge.
        aside = modes.vectors[1] / np.sqrt(surface.system.masses)[:, None]
        positions = arrived.positions + ASIDE * aside / np.linalg.norm(aside)
    return found


def _second_derivatives(engine: Engine, positions: Floats) -> Floats:
    return hessian(lambda moved: engine.evaluate(moved).forces, positions)


def _follow(engine: Engine, positions: Floats, along: Floats) -> PathPoint | None:
    """The stationary point uphill along one mode, and downhill along all others; None where that does not end."""
    point, followed, trust = point_at(engine, positions), along.ravel(), TRUST
    second: Floats = np.empty(0)
    for number in range(MOST_STEPS):
        if point.largest_force < CONVERGED:
            return point
        if number % AFRESH == 0:
            second = _second_derivatives(engine, point.positions)
        step, followed = saddle_step(second, point, followed, trust)
        after = point_at(engine, point.positions + step)
        flat = step.ravel()
        expected = point.forces.ravel() - second @ flat
        missed = float(np.linalg.norm(after.forces.ravel() - expected))
        # The forces say better than the energy how far the second derivatives hold.
        trust = (
            min(TRUST, 1.5 * trust)
            if missed < 0.5 * np.linalg.norm(second @ flat)
            else max(SHORTEST, 0.5 * trust)
        )
        second = updated(second, flat, (point.forces - after.forces).ravel())
        point = after
    return point if point.largest_force < CONVERGED else None


def saddle_step(
    second: Floats, point: PathPoint, followed: Floats, longest: float = TRUST
) -> tuple[Floats, Floats]:
    """A step towards a saddle, (N, 3) angstrom, and the mode (3 N,) that it follows uphill.

    Args:
        second: (3 N, 3 N) eV/angstrom^2
        point: where it is, with forces
        followed: (3 N,) the mode followed is that which is the most like this
        longest: angstrom, of the step: the root of the summed squares of the atoms' ways
    """
    motions = np.concatenate(rigid_motions(point.positions, np.ones(len(point.positions))))
    rigid = motions.reshape(-1, point.positions.size)
    projector = np.eye(point.positions.size) - rigid.T @ rigid
    values, vectors = np.linalg.eigh(projector @ second @ projector)
    internal = np.sum((projector @ vectors) ** 2, axis=0) > 0.5
    values, vectors = values[internal], vectors[:, internal]
    slopes = -vectors.T @ point.forces.ravel()
    mode = int(np.argmax(np.abs(vectors.T @ followed)))
    others = np.arange(len(values)) != mode
    ways = np.empty(len(values))
    ways[mode] = _rational(values[mode : mode + 1], slopes[mode : mode + 1], highest=True)[0]
    ways[others] = _rational(values[others], slopes[others], highest=False)
    ways *= min(1.0, longest / max(float(np.linalg.norm(ways)), 1e-12))
    return (vectors @ ways).reshape(-1, 3), vectors[:, mode]


def _rational(values: Floats, slopes: Floats, highest: bool) -> Floats:
    """The step to the maximum or minimum of a rational function with these second and first derivatives, (k,)."""
    augmented = np.diag(np.append(values, 0.0))
    augmented[-1, :-1] = augmented[:-1, -1] = slopes
    _, vectors = np.linalg.eigh(augmented)
    chosen = vectors[:, -1 if highest else 0]
    # The last component vanishes where there is no slope along an extreme direction; the step is cut anyway.
    return np.asarray(chosen[:-1] / (chosen[-1] if abs(chosen[-1]) > 1e-8 else 1e-8))
