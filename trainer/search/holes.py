"""The search for holes of a potential: geometries where it lies far below another method that is trusted more.

The other method, the referee, is cheap (GFN2-xTB, PM6). It is not exact, so only large differences count: of GFN2
from PBE they are 3 kcal/mol on the mean along approaches of CN to alkanes. Energies are compared with each method's
own at the geometry that a try begins with: of another channel of the reaction the referee may be off as a whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import EngineError
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.trainer.search.proposals import propose

Energy = Callable[[Floats], float]
"""(N, 3) angstrom -> eV; raises :class:`~atomtug.core.errors.EngineError` where there is no result."""
Follow = Callable[[Floats, np.random.Generator], Sequence[Floats]]
"""(N, 3) -> geometries that the potential leads to from there, in order."""

DEPTH = 15.0
"""kcal/mol by which two methods must differ."""
FIRST_STARTS = 20
"""Of which one must have a result from both: a radical far from its partner may have none from the referee."""
CEILING = 150.0
"""kcal/mol above the start, by the referee: what is higher no hand needs."""
RUNS = 0.25
"""Share of the proposals that a run on the potential follows."""


@dataclass(frozen=True)
class Disagreement:
    """A geometry where potential and referee differ.

    Args:
        positions: (N, 3) angstrom
        kind: ``hole`` where the potential is too low, ``wall`` where it is too high
        potential, referee: kcal/mol above the geometry that the try began with
        way: how it was reached
    """

    positions: Floats
    kind: Literal["hole", "wall"]
    potential: float
    referee: float
    way: str


@dataclass(frozen=True)
class Hunt:
    """What a hunt came to.

    Args:
        tries: geometries that both methods were asked for
        skipped: geometries without a result of the referee, or above the ceiling
        found: where they differ
    """

    tries: int
    skipped: int
    found: tuple[Disagreement, ...]

    @property
    def holes(self) -> int:
        """How many of those found are holes."""
        return sum(each.kind == "hole" for each in self.found)


def hunt(
    numbers: Ints,
    starts: Floats,
    potential: Energy,
    referee: Energy,
    tries: int,
    seed: int = 0,
    *,
    follow: Follow | None = None,
    depth: float = DEPTH,
    ceiling: float = CEILING,
    on_try: Callable[[], object] = lambda: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Hunt:
    """Look for geometries where a potential and a referee differ.

    Args:
        numbers: (N,) atomic numbers
        starts: (n, N, 3) angstrom, geometries to begin with; of one of the first both must have a result
        potential: what is searched
        referee: what is trusted more
        tries: how many geometries are compared
        seed: of everything random
        follow: where the potential leads to; some of the proposals are followed, and what comes of it counts too
        depth: kcal/mol by which they must differ
        ceiling: kcal/mol above the start, by the referee
        on_try: called after each
        stopped: asked before each; when true, it ends

    Raises:
        EngineError: one of them has no result for the first start, nor both for the next ones
    """
    random = np.random.default_rng(seed)
    zeros: dict[int, tuple[float, float] | None] = {}
    first = 0
    for first in range(min(len(starts), FIRST_STARTS)):
        zeros[first] = _zeros(starts[first], potential, referee)
        if zeros[first] is not None:
            break
    else:
        first = 0
        zeros[0] = potential(starts[0]), referee(starts[0])  # says why there is no result
    found: list[Disagreement] = []
    done = skipped = 0
    while done < tries and not stopped():
        start = int(random.integers(len(starts)))
        if start not in zeros:
            zeros[start] = _zeros(starts[start], potential, referee)
        zero = zeros[start]
        if zero is None:
            start, zero = first, zeros[first]
        assert zero is not None, "this start has both"
        proposal = propose(numbers, starts[start], random)
        ways = [(proposal.positions, str(proposal.kind))]
        if follow is not None and random.random() < RUNS:
            path = follow(proposal.positions, random)
            # The middle as well: a fall is steepest before its end.
            ways += [(path[len(path) // 2], "run"), (path[-1], "run")] if len(path) else []
        for positions, way in ways[: tries - done]:
            done += 1
            on_try()
            judged = _judge(positions, way, potential, referee, zero, ceiling)
            if judged is None:
                skipped += 1
            elif abs(judged.potential - judged.referee) > depth:
                found.append(judged)
    return Hunt(done, skipped, tuple(found))


def _zeros(start: Floats, potential: Energy, referee: Energy) -> tuple[float, float] | None:
    """Both energies at a start, None where one has none."""
    try:
        return potential(start), referee(start)
    except EngineError:
        return None


def _judge(
    positions: Floats,
    way: str,
    potential: Energy,
    referee: Energy,
    zeros: tuple[float, float],
    ceiling: float,
) -> Disagreement | None:
    """Both energies at a geometry; None where the referee has none or is too high."""
    try:
        trusted = (referee(positions) - zeros[1]) * KCALMOL_PER_EV
    except EngineError:
        return None
    if trusted > ceiling:
        return None
    try:
        mine = (potential(positions) - zeros[0]) * KCALMOL_PER_EV
    except EngineError:
        return None
    return Disagreement(positions, "hole" if mine < trusted else "wall", mine, trusted, way)
