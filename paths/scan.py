"""The recorded reaction without its heat: frames held where the bonds change, and the rest relaxed.

A recorded frame is hot, and strained by the hand. Of the recorded path the reaction coordinate is kept, the sum of
the lengths of bonds that break less that of bonds that form; all else is relaxed, from the frame at the change of
bonds outwards to both sides, until the molecules relax by themselves to what was recorded before and after. From each
of these ends it is moved across to the other: molecules that lie differently are different valleys, and the way that
stays lower is the path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from ase.data import covalent_radii
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.paths.recorded import RecordedReaction, as_pairs
from atomtug.paths.surface import PathPoint, Restraint, Surface, point_at, relax
from atomtug.recordings import Recording
from atomtug.recordings.reactions import Pair, as_set
from atomtug.server.engines import Engine
from atomtug.swarm.shares import superposed

Side = Literal["start", "end"]

SIDES: dict[Side, str] = {"start": "reactants", "end": "products"}

PARTLY_RELAXED = 0.015
"""eV/angstrom, the largest force on an atom where the reaction coordinate is held."""
MOST_HELD_STEPS = 80
MOST_FIRST_STEPS = 300
"""The recorded frame is far from relaxed, and all others follow from it."""
STIFFNESS = 40.0
"""eV/angstrom^2, of what holds the reaction coordinate."""
STEP, LONG_STEP = 0.15, 0.3
"""angstrom of the reaction coordinate between two geometries: near the change of bonds, and farther out."""
NEAR = 1.0
"""angstrom from the change of bonds that counts as near."""
LET_GO = (1.2, 1.8, 2.6)
"""angstrom beyond the sum of covalent radii of atoms not (yet or any more) bonded, where it is tried to let go."""
LET_GO_BONDED = 0.3
"""angstrom of the coordinate beyond the last geometry at which it is tried, where all is bonded on this side."""
MOST_POINTS = 40
"""On each side."""
NEAR_CHANGE = 6
"""Frames before and after the change of bonds among which the scan's first is chosen."""


@dataclass(frozen=True)
class RelaxedEnd:
    """Molecules before or after a reaction.

    Args:
        point: relaxed
        bonds: of it; others than recorded where those do not last
        held: whether they had to be held apart, because they react when they are let go
    """

    point: PathPoint
    bonds: frozenset[Pair]
    held: bool = False


@dataclass(frozen=True)
class RelaxedScan:
    """Geometries along a reaction, with energies and forces of the engine alone.

    Args:
        points: from start to end, the ends included
        start: the end before the reaction
        end: the end after it
    """

    points: tuple[PathPoint, ...]
    start: RelaxedEnd
    end: RelaxedEnd


class ReactionCoordinate:
    """The lengths of bonds that break less those of bonds that form, each less its atoms' covalent radii.

    Args:
        numbers: (N,) atomic numbers
        formed: pairs of atoms
        broken: pairs of atoms
    """

    def __init__(self, numbers: Ints, formed: Sequence[Pair], broken: Sequence[Pair]) -> None:
        self.pairs = np.array([*broken, *formed], dtype=np.int64)
        self.signs = np.array([1.0] * len(broken) + [-1.0] * len(formed))
        self.radii = covalent_radii[np.asarray(numbers)[self.pairs]].sum(axis=1)

    def stretches(self, positions: Floats) -> Floats:
        """(P,) the pairs' distances less their covalent radii, angstrom; broken ones first."""
        i, j = self.pairs.T
        return np.asarray(np.linalg.norm(positions[i] - positions[j], axis=1) - self.radii)

    def value(self, positions: Floats) -> float:
        """angstrom, at (N, 3) angstrom."""
        return float(self.signs @ self.stretches(positions))

    def gradient(self, positions: Floats) -> Floats:
        """(N, 3) derivatives."""
        i, j = self.pairs.T
        way = positions[i] - positions[j]
        way = way / np.linalg.norm(way, axis=1)[:, None] * self.signs[:, None]
        gradient = np.zeros_like(positions)
        np.add.at(gradient, i, way)
        np.add.at(gradient, j, -way)
        return gradient

    def held_at(self, target: float) -> Restraint:
        """A spring that holds it near ``target`` (angstrom)."""

        def restrain(positions: Floats) -> tuple[float, Floats]:
            away = self.value(positions) - target
            return 0.5 * STIFFNESS * away**2, -STIFFNESS * away * self.gradient(positions)

        return restrain


class _Outermost(NamedTuple):
    """The geometry of a side where the coordinate was let go, its value there (angstrom), and what it relaxed to."""

    side: Side
    last: PathPoint
    target: float
    end: RelaxedEnd


class Scanner:
    """Relaxes the recorded path of a reaction.

    Args:
        recording: the frames
        reaction: found in it
        surface: energies and forces
        say: called with what is being done
    """

    def __init__(
        self,
        recording: Recording,
        reaction: RecordedReaction,
        surface: Surface,
        say: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._surface, self._reaction, self._say = surface, reaction, say
        self._coordinate = ReactionCoordinate(surface.system.numbers, reaction.formed, reaction.broken)
        self._first = np.array(recording.positions[self._frame_of_change(recording)])

    def scan(self) -> RelaxedScan:
        """The path, from start to end.

        Its ends have other bonds than recorded where those do not last.

        Raises:
            EngineError: the engine has no result
        """
        engine = self._surface.engine()
        self._say("relaxing the recorded change of bonds")
        middle = self._held(engine, self._first, self._coordinate.value(self._first), MOST_FIRST_STEPS)
        start = self._outwards(engine, middle, "start")
        end = self._outwards(self._surface.engine(), middle, "end")
        out = RelaxedScan((start.end.point, start.last, middle, end.last, end.end.point), start.end, end.end)
        if start.end.bonds != self._bonds("start") or end.end.bonds != self._bonds("end"):
            return out
        self._say("relaxing from the reactants to the products, and back")
        forth, back = self._across(start, end), self._across(end, start)
        ways = [forth, RelaxedScan(back.points[::-1], back.end, back.start)]
        lasting = [
            way for way in ways if way.start.bonds == start.end.bonds and way.end.bonds == end.end.bonds
        ]
        return min(lasting or [out], key=lambda way: max(point.energy for point in way.points))

    def _outwards(self, engine: Engine, middle: PathPoint, side: Side) -> "_Outermost":
        """The coordinate moved from the middle to a side, until the molecules keep their bonds when let go."""
        direction, opened = self._direction(side)
        self._say(f"relaxing towards the {SIDES[side]}")
        last, count, bonds = middle, 0, self._bonds(side)
        kept: _Outermost | None = None
        target = begun = self._coordinate.value(middle.positions)
        for goal in LET_GO if opened.any() else (LET_GO_BONDED,):
            while (before := self._reached(last.positions, opened, abs(target - begun))) < goal:
                target += direction * (STEP if abs(target - begun) < NEAR else LONG_STEP)
                last = self._held(engine, last.positions, target)
                count += 1
                if self._bonds_at(last, side) == bonds:
                    kept = _Outermost(side, last, target, RelaxedEnd(last, bonds, held=True))
                given_way = abs(target - self._coordinate.value(last.positions)) > LONG_STEP
                back = self._reached(last.positions, opened, abs(target - begun)) < before - LONG_STEP
                if given_way or back or count > MOST_POINTS:
                    break
            end = self._let_go(engine, last, side)
            if end.bonds == bonds and not end.held:
                return _Outermost(side, last, target, end)
        if kept is not None and self._is_apart(side):
            return kept
        return _Outermost(side, last, target, end)

    def _across(self, begin: "_Outermost", goal: "_Outermost") -> RelaxedScan:
        """The coordinate moved from one side to the other."""
        engine, direction = self._surface.engine(), np.sign(goal.target - begin.target)
        points, last, target = [begin.end.point], begin.last, begin.target
        if not begin.end.held:
            points.append(last)
        while (goal.target - target) * direction > 1e-9:
            near = min(abs(target), abs(target + direction * LONG_STEP)) < NEAR
            step = min(STEP if near else LONG_STEP, abs(goal.target - target))
            target += direction * step
            last = self._held(engine, last.positions, target)
            points.append(last)
        end = self._let_go(engine, last, goal.side)
        return RelaxedScan((*(points[:-1] if end.held else points), end.point), begin.end, end)

    def _let_go(self, engine: Engine, last: PathPoint, side: Side) -> RelaxedEnd:
        """What a geometry of a side relaxes to; the geometry itself where molecules have to be held apart."""
        bonds = self._bonds(side)
        free = self._point(engine, relax(self._surface.system, engine, last.positions), last.positions)
        end = RelaxedEnd(free, self._bonds_at(free, side))
        if end.bonds != bonds and self._is_apart(side) and self._bonds_at(last, side) == bonds:
            return RelaxedEnd(last, bonds, held=True)
        return end

    def _bonds_at(self, point: PathPoint, side: Side) -> frozenset[Pair]:
        return bonds_of(point.positions, self._surface.system.numbers, self._bonds(side))

    def _is_apart(self, side: Side) -> bool:
        """Whether there are several molecules on a side, which can be held apart."""
        return len(fragments(len(self._surface.system.numbers), as_pairs(self._bonds(side)))) > 1

    def _bonds(self, side: Side) -> frozenset[Pair]:
        return (self._reaction.before if side == "start" else self._reaction.after).bonds

    def _direction(self, side: Side) -> tuple[float, NDArray[np.bool_]]:
        """Of the coordinate towards a side, and which of its pairs are not bonded there."""
        direction = -1.0 if side == "start" else 1.0
        return direction, self._coordinate.signs * direction > 0

    def _reached(self, positions: Floats, opened: NDArray[np.bool_], gone: float) -> float:
        """How far the nearest pair is apart that is not bonded on this side; else how far the coordinate has gone."""
        return float(self._coordinate.stretches(positions)[opened].min()) if opened.any() else gone

    def _held(
        self, engine: Engine, positions: Floats, target: float, steps: int = MOST_HELD_STEPS
    ) -> PathPoint:
        """Relaxed with the coordinate held near a value."""
        relaxed = relax(
            self._surface.system, engine, positions, PARTLY_RELAXED, steps,
            self._coordinate.held_at(target),
        )  # fmt: skip
        return self._point(engine, relaxed, positions)

    def _point(self, engine: Engine, positions: Floats, before: Floats) -> PathPoint:
        """A point turned as the one before it, so that what lies between them is how the atoms move."""
        return point_at(engine, superposed(positions, before))

    def _frame_of_change(self, recording: Recording) -> int:
        """The frame at which the bonds that break are as stretched as those that form."""
        before, after, coordinate = self._reaction.before, self._reaction.after, self._coordinate
        first = max(before.stop - NEAR_CHANGE, before.start)
        last = min(after.start + NEAR_CHANGE, after.stop)
        # Of a bond alone, the coordinate is its stretch: half-way between bonded and not.
        goal = 0.6 * float(np.sign(coordinate.signs.sum()))
        values = [coordinate.value(recording.positions[frame]) for frame in range(first, last)]
        return first + int(np.argmin(np.abs(np.array(values) - goal)))


def bonds_of(positions: Floats, numbers: Ints, previous: frozenset[Pair]) -> frozenset[Pair]:
    """The bonds of a geometry, (N, 3) angstrom, that had ``previous`` bonds before."""
    return frozenset(as_set(perceive_bonds(numbers, positions, as_pairs(previous))))
