"""Geometries that hands may reach: fragments brought near each other, bonds pulled or pressed, all of it shaken."""

from typing import Literal, NamedTuple, get_args

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import fragments, perceive_bonds

ProposalKind = Literal["approach", "pull", "shake"]
"""A fragment turned at random and put near another; a bond pulled or pressed; only shaken."""
PROPOSAL_KINDS: tuple[ProposalKind, ...] = get_args(ProposalKind)

APPROACH = (0.95, 3.2)
"""angstrom between the nearest atoms of two fragments, at least and at most."""
PULLED = (0.7, 3.2)
"""angstrom to which a bond of up to 1.1 is pulled or pressed, at least and at most; longer ones in proportion."""
SHAKEN = 0.1
"""angstrom, the greatest standard deviation of the shaking."""
NEAREST = 0.65
"""angstrom between any two atoms of a proposal, at least."""
TRIES = 50


class Proposal(NamedTuple):
    """A geometry (N, 3), angstrom, and how it was made."""

    positions: Floats
    kind: ProposalKind


def propose(numbers: Ints, start: Floats, random: np.random.Generator) -> Proposal:
    """A geometry drawn at random, with no two atoms nearer than :data:`NEAREST`.

    Args:
        numbers: (N,) atomic numbers
        start: (N, 3) angstrom, a geometry to begin with
        random: source of everything random
    """
    bonds = perceive_bonds(numbers, start)
    parts = fragments(len(numbers), bonds)
    for _ in range(TRIES):
        kind = PROPOSAL_KINDS[int(random.integers(len(PROPOSAL_KINDS)))]
        positions = start + random.uniform(0.0, SHAKEN) * random.standard_normal(start.shape)
        if kind == "approach" and len(parts) > 1:
            positions = _approach(positions, parts, random)
        elif kind == "pull" and len(bonds):
            i, j = bonds[int(random.integers(len(bonds)))]
            positions = _pull(positions, bonds, int(i), int(j), random)
        else:
            kind = "shake"
        if nearest(positions) >= NEAREST:
            return Proposal(positions, kind)
    return Proposal(start.copy(), "shake")


def nearest(positions: Floats) -> float:
    """The least distance between two atoms of (N, 3), angstrom; infinite for one atom."""
    i, j = np.triu_indices(len(positions), k=1)
    return float(np.linalg.norm(positions[i] - positions[j], axis=1).min(initial=np.inf))


def _approach(positions: Floats, parts: list[list[int]], random: np.random.Generator) -> Floats:
    """One fragment turned at random, one of its atoms put near a random atom of the rest."""
    # The smaller fragments move: that is what a hand takes.
    guest = sorted(parts, key=len)[int(random.integers(len(parts) - 1))]
    host = np.setdiff1d(np.arange(len(positions)), guest)
    lead, target = int(random.choice(guest)), int(random.choice(host))
    turned = (positions[guest] - positions[lead]) @ random_rotation(random).T
    direction = random.standard_normal(3)
    direction /= np.linalg.norm(direction)
    wanted = random.uniform(*APPROACH)
    moved = positions.copy()
    # Outwards from the target until the nearest atoms are as far apart as wanted.
    for reach in np.arange(wanted, wanted + 12.0, 0.05):
        moved[guest] = positions[target] + reach * direction + turned
        distances = np.linalg.norm(moved[guest][:, None] - positions[host][None], axis=-1)
        if distances.min() >= wanted:
            break
    return moved


def _pull(positions: Floats, bonds: Ints, i: int, j: int, random: np.random.Generator) -> Floats:
    """A bond brought to another length; what hangs on its smaller end moves along."""
    others = [(a, b) for a, b in bonds if {int(a), int(b)} != {i, j}]
    parts = fragments(len(positions), np.array(others, dtype=int).reshape(-1, 2))
    ends = sorted((part for part in parts if i in part or j in part), key=len)
    moving = ends[0] if len(ends) == 2 else [i]  # in a ring one atom moves alone
    held, led = (j, i) if i in moving else (i, j)
    way = positions[led] - positions[held]
    length = float(np.linalg.norm(way))
    moved = positions.copy()
    moved[moving] += way / length * (random.uniform(*PULLED) * max(1.0, length / 1.1) - length)
    return moved


def random_rotation(random: np.random.Generator) -> Floats:
    """(3, 3) a rotation, all equally likely."""
    matrix, upper = np.linalg.qr(random.standard_normal((3, 3)))
    matrix = matrix * np.sign(np.diag(upper))
    if np.linalg.det(matrix) < 0:
        matrix[:, 0] = -matrix[:, 0]
    return np.asarray(matrix)
