"""The direction from which a hand approaches an atom: roughly along its bond, where nothing is in the way."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.systems.bonds import Pairs
from atomtug.core.systems.sites import SITES, classify_hydrogens, neighbour_lists

NEAREST = 1.3
"""angstrom, about the distance of CN's carbon from the hydrogen in the transition state."""
FARTHEST = 4.0
_MARGIN = 0.3
"""On a good way in, the chosen hydrogen is nearer than all others by so much, angstrom."""
_TRIES = 60
_FLAT = 0.25
"""Sums and products of unit vectors to neighbours that are shorter than this point nowhere."""


@dataclass(frozen=True)
class Approach:
    """A direction that turns with the molecule.

    Args:
        target: index of the atom that is approached, e.g. a hydrogen
        parent: index of the atom behind it, e.g. its carbon
        reference: index of another atom on that, which ``turn`` is counted from; None for any direction
        tilt: angle from the axis, degrees
        turn: angle about the axis, degrees
        way: the axis: the continuation of the bond parent -> target (``bond``), the side of the target that
            ``around`` leaves open (``open``), or the normal of the plane of the two first of these (``face``)
        around: indices of the target's neighbours
        side: 1 or -1, which face; or how a lone atom's axis points, (3,)
    """

    target: int
    parent: int
    reference: int | None
    tilt: float
    turn: float
    way: Literal["bond", "face", "open"] = "bond"
    around: tuple[int, ...] = ()
    side: float | tuple[float, ...] = 1.0

    def axis(self, positions: Floats) -> Floats:
        """(3,) the unit vector that the hand comes along but for its tilt; ``positions`` (N, 3)."""
        if self.way == "bond":
            return _unit(positions[self.target] - positions[self.parent])
        if isinstance(self.side, tuple):
            return np.array(self.side)
        spokes = [_unit(positions[atom] - positions[self.target]) for atom in self.around]
        away: Floats = -np.sum(spokes, axis=0)
        if self.way == "open" and np.linalg.norm(away) > _FLAT:
            return _unit(away)
        normal: Floats = np.cross(spokes[0], spokes[1]) if len(spokes) > 1 else np.zeros(3)
        if np.linalg.norm(normal) < _FLAT:  # a line has all sides
            return at_right_angles(spokes[0])
        return self.side * _unit(normal)

    def direction(self, positions: Floats) -> Floats:
        """(3,) the unit vector from the target to where the hand comes from; ``positions`` (N, 3)."""
        along = self.axis(positions)
        side = at_right_angles(along)
        if self.reference is not None:
            side = positions[self.reference] - positions[self.parent]
            side = side - (side @ along) * along
            side = _unit(side) if np.linalg.norm(side) > 1e-3 else at_right_angles(along)
        tilt, turn = np.radians(self.tilt), np.radians(self.turn)
        across = np.cos(turn) * side + np.sin(turn) * np.cross(along, side)
        direction: Floats = np.cos(tilt) * along + np.sin(tilt) * across
        return direction

    def point(self, positions: Floats, distance: float) -> Floats:
        """(3,) the point ``distance`` (angstrom) before the target."""
        point: Floats = positions[self.target] + distance * self.direction(positions)
        return point


def choose_hydrogen(
    numbers: NDArray[np.int64],
    bonds: Pairs,
    site: str,
    rng: np.random.Generator,
    left_out: tuple[int, ...] = (),
) -> int:
    """Draw one of the hydrogens of a site.

    Args:
        numbers: (N,) atomic numbers
        bonds: (B, 2)
        site: one of :data:`atomtug.core.systems.sites.SITES`, or ``any``
        rng: random numbers
        left_out: indices of atoms that are not to be drawn

    Raises:
        InputError: there is no such site, or this molecule has none
    """
    found = classify_hydrogens(numbers, bonds)
    sites = {hydrogen: kind for hydrogen, kind in found.items() if hydrogen not in left_out}
    if site != "any" and site not in SITES:
        raise InputError(f"There is no site called {site!r}: use any, {', '.join(SITES)}.")
    # Methane's hydrogens are as primary as can be.
    wanted = {"primary", "methane"} if site == "primary" else {site}
    candidates = [hydrogen for hydrogen, kind in sites.items() if site == "any" or kind in wanted]
    if not candidates:
        present = ", ".join(dict.fromkeys(sites.values())) or "none on a saturated carbon"
        raise InputError(f"There is no {site} hydrogen here, only {present}: choose another --site.")
    return int(rng.choice(candidates))


def choose_approach(
    positions: Floats,
    bonds: Pairs,
    target: int,
    aim: float,
    rng: np.random.Generator,
    ignore: tuple[int, ...] = (),
) -> Approach:
    """Draw a direction near that of the bond, from which nothing else is in the way.

    Args:
        positions: (N, 3) angstrom
        bonds: (B, 2)
        target: index of the hydrogen
        aim: standard deviation of the angle to the bond, degrees
        rng: random numbers
        ignore: indices of atoms that are not in the way, such as the radical's

    Raises:
        InputError: the target is not bonded to one atom that has another neighbour
    """
    neighbours = neighbour_lists(len(positions), bonds)
    parents = neighbours[target]
    others = [atom for parent in parents for atom in neighbours[parent] if atom != target]
    if len(parents) != 1 or not others:
        raise InputError(f"Atom {target} is no hydrogen of a molecule, so it can't be pulled off one.")
    return draw_approach(positions, Approach(target, parents[0], others[0], 0.0, 0.0), aim, rng, ignore)


def draw_approach(
    positions: Floats, straight: Approach, aim: float, rng: np.random.Generator, ignore: tuple[int, ...] = ()
) -> Approach:
    """An approach near a straight one, from where nothing else is in the way; arguments as above."""
    best: tuple[float, Approach] | None = None
    for _ in range(_TRIES):
        tilt, turn = abs(rng.normal()) * aim, rng.uniform(0.0, 360.0)
        approach = replace(straight, tilt=min(float(tilt), 75.0), turn=float(turn))
        margin = _openness(positions, approach, ignore)
        if best is None or margin > best[0]:
            best = (margin, approach)
        if margin >= _MARGIN:
            break
    assert best is not None  # _TRIES is above zero
    return best[1]


def _openness(positions: Floats, approach: Approach, ignore: tuple[int, ...]) -> float:
    """By how much the hydrogen is the nearest atom all along the way in, angstrom."""
    distances = np.linspace(NEAREST, FARTHEST, 10)
    way = positions[approach.target] + distances[:, None] * approach.direction(positions)
    others = np.delete(positions, [approach.target, *ignore], axis=0)
    nearest = np.linalg.norm(way[:, None] - others[None], axis=-1).min(axis=1, initial=np.inf)
    return float((nearest - distances).min())


def at_right_angles(along: Floats) -> Floats:
    """(3,) some unit vector at right angles to another."""
    other = np.eye(3)[int(np.argmin(np.abs(along)))]
    return _unit(np.cross(along, other))


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return unit
