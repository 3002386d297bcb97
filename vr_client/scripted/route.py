"""Finding a path around a molecule."""

import heapq
from itertools import product

import numpy as np

from atomtug.core.arrays import Floats

Cell = tuple[int, int, int]

GRID = 0.8
"""angstrom between the points that a detour is searched on."""
_CROWDED = 30.0
"""Factor of a path's length close to an atom, so that it is taken only if there is no other."""
_NEIGHBOURS = [step for step in product((-1, 0, 1), repeat=3) if any(step)]


def is_clear(start: Floats, end: Floats, obstacles: Floats, clearance: float) -> bool:
    """Whether the straight line from ``start`` to ``end`` (3,) stays ``clearance`` away from ``obstacles``
    (M, 3); no more than the ends themselves do, all in angstrom."""
    if len(obstacles) == 0:
        return True
    span = end - start
    along = (obstacles - start) @ span / max(float(span @ span), 1e-12)
    nearest = start + np.clip(along, 0.0, 1.0)[:, None] * span
    # An end that is already near an atom must not make every line from it blocked.
    ends = np.minimum(np.linalg.norm(obstacles - start, axis=1), np.linalg.norm(obstacles - end, axis=1))
    needed = np.minimum(clearance, ends - 1e-6)
    return bool(np.all(np.linalg.norm(obstacles - nearest, axis=1) >= needed))


def next_waypoint(start: Floats, end: Floats, obstacles: Floats, clearance: float) -> Floats:
    """The first corner, (3,) angstrom, of a short way from ``start`` to ``end`` around ``obstacles`` (M, 3):
    ``end`` itself where it can be seen."""
    if is_clear(start, end, obstacles, clearance):
        return end
    path = _search(start, end, obstacles, clearance)
    visible = [point for point in path if is_clear(start, point, obstacles, clearance)]
    return visible[-1] if visible else path[0]


def _cell(offset: Floats) -> Cell:
    x, y, z = np.rint(offset / GRID)
    return int(x), int(y), int(z)


def _search(start: Floats, end: Floats, obstacles: Floats, clearance: float) -> list[Floats]:
    """A* over a grid around everything; the points of the path after ``start``, ``end`` the last."""
    everything = np.vstack([obstacles, start, end])
    low = everything.min(axis=0) - clearance - 2 * GRID
    high = everything.max(axis=0) + clearance + 2 * GRID
    shape = tuple(int(n) for n in np.ceil((high - low) / GRID).astype(int) + 1)
    points = low + GRID * np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    nearest = np.full(shape, np.inf)
    for obstacle in obstacles:
        nearest = np.minimum(nearest, np.linalg.norm(points - obstacle, axis=-1))
    crowd = 1.0 + _CROWDED * np.maximum(0.0, 1.0 - nearest / clearance)

    first, last = _cell(start - low), _cell(end - low)
    cost: dict[Cell, float] = {first: 0.0}
    came_from: dict[Cell, Cell] = {}
    queue = [(0.0, first)]
    while queue:
        _, here = heapq.heappop(queue)
        if here == last:
            break
        for step in _NEIGHBOURS:
            there = (here[0] + step[0], here[1] + step[1], here[2] + step[2])
            if not all(0 <= i < n for i, n in zip(there, shape, strict=True)):
                continue
            reached = cost[here] + GRID * float(np.sqrt(sum(map(abs, step)))) * float(crowd[there])
            if reached < cost.get(there, np.inf):
                cost[there], came_from[there] = reached, here
                remaining = GRID * float(np.linalg.norm(np.subtract(last, there)))
                heapq.heappush(queue, (reached + remaining, there))
    path = [end]
    here = came_from.get(last, first)
    while here != first:
        path.append(points[here])
        here = came_from[here]
    return path[::-1]
