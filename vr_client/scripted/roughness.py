"""Scripted hands that handle a molecule roughly, as a person may who only plays with it.

Atoms are torn out, pressed together and thrust into another molecule, with one pair of hands or two at once, and
often farther than a reaction needs. Works on any system of two atoms or more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.core.systems.sites import neighbour_lists
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.hands import Goal, Plan, ScriptedHands
from atomtug.vr_client.scripted.outcome import Aim, Outcome, OutcomeTracker, tracked

FORCES = (3000.0, 8000.0)
"""kJ/mol/nm, the least and greatest force of a hand."""
SPRING = 5000.0
"""kJ/mol/nm^2"""
SPEEDS = (10.0, 40.0)
"""angstrom/ps by which the hands move relative to each other's atoms, at least and at most."""
ACT_TIMES = (0.05, 0.25)
"""ps that an act lasts, at least and at most."""
PAUSE = 0.08
"""ps between two acts, at most."""
TORN = 4.0
"""angstrom between two atoms at which tearing ends."""
TREMOR = 0.05
"""angstrom"""

ActKind = Literal["tear", "press", "thrust"]
"""Pull two bonded atoms apart; push two atoms of a molecule together; push an atom into another molecule."""


@dataclass(frozen=True)
class Act:
    """What a pair of hands does with two atoms.

    Args:
        i, j: indices of the atoms
        kind: what is done with them
        force: kJ/mol/nm
        speed: angstrom/ps
    """

    i: int
    j: int
    kind: ActKind
    force: float
    speed: float


def rough(
    frame: ClientFrame, seed: int = 0, acts: int = 6, forces: tuple[float, float] = FORCES
) -> Plan[Outcome]:
    """Handle the molecules roughly.

    Args:
        frame: the simulation as it is now
        seed: atoms, acts, forces and times are drawn from it
        acts: how many, one after the other; each has one pair of hands or two
        forces: kJ/mol/nm, the least and greatest force of a hand

    Raises:
        InputError: there is only one atom
    """
    if frame.count < 2:
        raise InputError(
            "There is only one atom here, so there is nothing to be rough with: load a molecule."
        )
    rng = np.random.default_rng(seed)
    hands = ScriptedHands(frame, TREMOR, rng)
    return tracked(_rough(hands, acts, forces, rng), OutcomeTracker(frame, aim=Aim.ANY))


def _rough(
    hands: ScriptedHands, acts: int, forces: tuple[float, float], rng: np.random.Generator
) -> Plan[str]:
    for _ in range(acts):
        at_once = [_draw(hands.frame, forces, rng) for _ in range(1 + int(rng.random() < 0.3))]
        yield from _perform(hands, at_once, float(rng.uniform(*ACT_TIMES)))
        yield from hands.pause(float(rng.uniform(0.0, PAUSE)))
    return ""


def _draw(frame: ClientFrame, forces: tuple[float, float], rng: np.random.Generator) -> Act:
    """An act that the molecules as they are now allow."""
    bonds = perceive_bonds(frame.numbers, frame.positions)
    neighbours = neighbour_lists(frame.count, bonds)
    bonded = [(int(i), int(j)) for i, j in bonds]
    close = [(i, j) for middle in neighbours for i, j in combinations(middle, 2)]
    number = np.empty(frame.count, dtype=int)
    for index, part in enumerate(fragments(frame.count, bonds)):
        number[list(part)] = index
    apart = [(i, j) for i, j in combinations(range(frame.count), 2) if number[i] != number[j]]
    choices: dict[ActKind, list[tuple[int, int]]] = {"tear": bonded, "press": bonded + close, "thrust": apart}
    kinds: list[ActKind] = [kind for kind, pairs in choices.items() if pairs]
    kind = kinds[int(rng.integers(len(kinds)))]
    i, j = choices[kind][int(rng.integers(len(choices[kind])))]
    # Two light hydrogens far from each other are seldom what a hand takes: the heavier atoms of a pair count more.
    if kind == "thrust" and rng.random() < 0.5:
        heavy = [(a, b) for a, b in apart if frame.numbers[a] > 1 or frame.numbers[b] > 1]
        i, j = heavy[int(rng.integers(len(heavy)))] if heavy else (i, j)
    return Act(i, j, kind, float(rng.uniform(*forces)), float(rng.uniform(*SPEEDS)))


def _perform(hands: ScriptedHands, acts: Sequence[Act], lasts: float) -> Plan[None]:
    """Do acts at once, for ``lasts`` ps or until every torn pair is apart."""
    until = hands.time + lasts
    for number, act in enumerate(acts):
        for name, atom, other in (("right", act.i, act.j), ("left", act.j, act.i)):
            goal = _goal(atom, other, -1.0 if act.kind == "tear" else 1.0)
            hands.grip(
                f"{name}{number or ''}", (atom,), goal, SPRING, act.speed, max_force=act.force, rides=atom
            )
    while hands.time < until:
        positions = (yield from hands.until_next_frame()).positions
        if all(
            act.kind == "tear" and np.linalg.norm(positions[act.i] - positions[act.j]) > TORN for act in acts
        ):
            break
    hands.let_go()


def _goal(atom: int, other: int, towards: float) -> Goal:
    """Ahead of an atom, towards another or away from it, so far that its spring pulls with all its force."""
    ahead = 2.0 * max(FORCES) / SPRING / NM_PER_ANGSTROM

    def goal(frame: ClientFrame) -> Floats:
        way = frame.positions[other] - frame.positions[atom]
        place: Floats = frame.positions[atom] + towards * ahead * way / max(float(np.linalg.norm(way)), 1e-6)
        return place

    return goal
