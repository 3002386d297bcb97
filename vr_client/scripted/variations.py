"""Scripted hands that avoid a reaction: training data must also show what does not happen.

``graze`` brings an attacker near a molecule and takes it away again; ``stretch`` strains the molecule itself, two
atoms at a time, and works on any system with a bond.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.sites import classify_hydrogens, find_radical, neighbour_lists
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.abstraction import choose_way
from atomtug.vr_client.scripted.approach import Approach
from atomtug.vr_client.scripted.attack import FORMED, Attack
from atomtug.vr_client.scripted.hands import Goal, Plan, ScriptedHands
from atomtug.vr_client.scripted.moves import LEFT, RIGHT, Moves
from atomtug.vr_client.scripted.outcome import Aim, Outcome, OutcomeTracker, tracked
from atomtug.vr_client.scripted.person import Person
from atomtug.vr_client.scripted.roles import Wishes, choose_attack
from atomtug.vr_client.scripted.selecting import Scene, hydrogens

AWAY = 3.0
"""angstrom by which a grazing radical is taken away in the end."""
NEARBY = 3.0
"""angstrom between hydrogens that are passed one after the other."""
RELAX = 0.06
"""ps between two pulls, at most."""
SETTLE = 0.1
"""ps that are watched after letting go."""
PULLS = {
    "bond": (1500.0, 7500.0, 0.35),
    "angle": (500.0, 2000.0, 0.5),
    "torsion": (300.0, 1200.0, 0.8),
}
"""How two atoms are related -> least and greatest force to pull them with, kJ/mol/nm, and how far they may give
before they are let go, angstrom. 7500 stretches a C-H bond by 0.25 angstrom if it comes slowly."""
SOFT = 1000.0
"""kJ/mol/nm^2, the springs that strain a molecule: so soft, and the hands so far ahead, that the force hardly
follows the atoms' vibrations. A stiff spring led by a hand that comes a little late would drive them."""
PULL_TIMES = (0.06, 0.15)
"""ps that a pull takes to come and go; slow beside a C-H vibration (0.011 ps), so that it heats little."""


def graze(
    frame: ClientFrame,
    seed: int = 0,
    site: str = "any",
    target: int | None = None,
    person: Person | None = None,
    wishes: Wishes | None = None,
) -> Plan[Outcome]:
    """Bring the attacker near a hydrogen, let it pass by others, and take it away. Arguments as for
    :func:`~atomtug.vr_client.scripted.abstraction.abstract`; ``wishes`` say more than ``site``.

    Raises:
        InputError: no such hydrogen, or nothing to come near with
    """
    rng = np.random.default_rng(seed)
    scene = Scene.of_frame(frame)
    wishes = wishes or Wishes(site=site if target is None else str(target))
    attack = choose_attack(scene, "graze", wishes, rng)
    person = person or Person.draw(rng)
    return perform_grazing(frame, attack, choose_way(scene, attack, person, rng), person, rng)


def perform_grazing(
    frame: ClientFrame, attack: Attack, approach: Approach, person: Person, rng: np.random.Generator
) -> Plan[Outcome]:
    """:func:`graze` where the way in is decided."""
    plan = _graze(Moves.begin(frame, attack, person, rng), approach, Scene.of_frame(frame), rng)
    return tracked(plan, OutcomeTracker(frame, aim=Aim.LEAVE, attack=attack))


def _graze(moves: Moves, approach: Approach, scene: Scene, rng: np.random.Generator) -> Plan[str]:
    moves.hold_still(moves.attack.anchor)
    yield from moves.carry(approach)
    for _ in range(int(rng.integers(1, 4))):
        reacted = yield from _linger(moves, approach, rng.uniform(1.8, 2.6), rng.uniform(0.1, 0.3))
        if reacted:
            break
        # On past another hydrogen nearby, or another side of this one.
        positions = moves.hands.frame.positions
        target = _one_nearby(scene, positions, moves.attack, rng)
        attack = replace(moves.attack, target=target, partner=scene.neighbours[target][0])
        moves = replace(moves, attack=attack)
        approach = choose_way(scene, attack, moves.person, rng, positions)
    yield from moves.draw_off(approach, AWAY)
    moves.hands.let_go()
    return ""


def _linger(moves: Moves, approach: Approach, distance: float, time: float) -> Plan[bool]:
    """Keep the attacker ``distance`` angstrom before a hydrogen for ``time`` ps; whether it reacted after all."""
    moves.take(lambda frame: approach.point(frame.positions, distance), rides=moves.attack.anchor)
    until = moves.hands.time + time
    while moves.hands.time < until:
        frame = yield from moves.hands.until_next_frame()
        gap = moves.attack.gap(frame.numbers, frame.positions)
        if gap < FORMED or moves.other_taken() is not None:
            return True
    return False


def _one_nearby(scene: Scene, positions: Floats, attack: Attack, rng: np.random.Generator) -> int:
    """A hydrogen of the molecule, near the one that is grazed; perhaps itself."""
    known = [atom for atom in classify_hydrogens(scene.numbers, scene.bonds) if atom not in attack.body]
    if attack.target not in known:
        known = (
            hydrogens(scene, attack.body)
            if attack.target in hydrogens(scene, attack.body)
            else [attack.target]
        )
    near = np.array(known)[np.linalg.norm(positions[known] - positions[attack.target], axis=1) < NEARBY]
    return int(rng.choice(near))


def stretch(
    frame: ClientFrame, seed: int = 0, person: Person | None = None, pulls: int = 12
) -> Plan[Outcome]:
    """Strain bonds, angles and torsions, two atoms at a time; a free CN radical is held where it is.

    Works on any system. The two hands pull with equal and opposite forces, so that the molecule stays where it is.
    The pulls come and go slowly compared with the vibrations, so that they strain more than they heat.

    Args:
        frame: the simulation as it is now
        seed: atoms, forces and times are drawn from it
        person: whose tremor and strength hold the radical; the forces on the molecule follow from :data:`PULLS`
        pulls: how many

    Raises:
        InputError: no two atoms are bonded
    """
    rng = np.random.default_rng(seed)
    person = person or Person.draw(rng)
    radical = find_radical(frame.numbers, perceive_bonds(frame.numbers, frame.positions))
    if radical is not None and frame.count == len(radical):
        radical = None  # nothing else is there: the CN itself is stretched
    pairs = _related_pairs(frame, radical or ())
    if not any(pairs.values()):
        raise InputError("No two atoms are bonded here, so there is nothing to stretch: load a molecule.")
    hands = ScriptedHands(frame, person.tremor, rng)
    plan = _stretch(hands, radical, person.strength, pairs, pulls, rng)
    return tracked(plan, OutcomeTracker(frame, aim=Aim.LEAVE))


def _stretch(
    hands: ScriptedHands,
    radical: tuple[int, int] | None,
    strength: float,
    pairs: dict[str, list[tuple[int, int]]],
    pulls: int,
    rng: np.random.Generator,
) -> Plan[str]:
    if radical is not None:
        place = hands.centre(radical)
        # A third hand: two are needed for the molecule.
        hands.grip("radical", radical, lambda _: place, strength)
    kinds = [kind for kind in PULLS if pairs[kind]]
    for _ in range(pulls):
        kind = str(rng.choice(kinds))
        i, j = (int(atom) for atom in rng.choice(pairs[kind]))
        least, greatest, give = PULLS[kind]
        # A third of the pulls are pushes, and weaker: atoms pushed together resist more.
        force = rng.uniform(least, greatest) * (1.0 if rng.random() < 0.67 else -0.5)
        yield from _strain(hands, i, j, force, rng.uniform(*PULL_TIMES), give)
        yield from hands.pause(rng.uniform(0.0, RELAX))
    hands.let_go()
    yield from hands.pause(SETTLE)
    return ""


def _strain(hands: ScriptedHands, i: int, j: int, force: float, lasts: float, give: float) -> Plan[None]:
    """Pull two atoms apart (or, if ``force`` is negative, together), and let go if they give too much."""
    began = hands.time

    def beyond(atom: int, other: int) -> Goal:
        """Ahead of an atom, seen from the other, by as much as makes the force; none at both ends of the time."""

        def goal(frame: ClientFrame) -> Floats:
            part = min(1.0, (hands.time - began) / lasts)
            ahead = force * np.sin(np.pi * part) ** 2 / SOFT / NM_PER_ANGSTROM
            way = frame.positions[atom] - frame.positions[other]
            place: Floats = frame.positions[atom] + ahead * way / np.linalg.norm(way)
            return place

        return goal

    hands.grip(RIGHT, (i,), beyond(i, j), SOFT)
    hands.grip(LEFT, (j,), beyond(j, i), SOFT)
    start = float(np.linalg.norm(hands.frame.positions[i] - hands.frame.positions[j]))
    while hands.time < began + lasts:
        positions = (yield from hands.until_next_frame()).positions
        if abs(float(np.linalg.norm(positions[i] - positions[j])) - start) > give:
            break
    hands.let_go(RIGHT)
    hands.let_go(LEFT)


def _related_pairs(frame: ClientFrame, left_out: Sequence[int]) -> dict[str, list[tuple[int, int]]]:
    """Pairs of atoms one, two and three bonds apart, by the keys of :data:`PULLS`."""
    count = frame.count
    neighbours = neighbour_lists(count, perceive_bonds(frame.numbers, frame.positions))
    apart = np.full((count, count), np.inf)
    for start in range(count):
        shell, steps = {start}, 0
        while shell and steps <= len(PULLS):
            for atom in shell:
                apart[start, atom] = min(apart[start, atom], steps)
            shell = {n for atom in shell for n in neighbours[atom] if not np.isfinite(apart[start, n])}
            steps += 1
    free = [atom for atom in range(count) if atom not in left_out]
    return {
        kind: [(i, j) for i, j in combinations(free, 2) if apart[i, j] == steps]
        for steps, kind in enumerate(PULLS, 1)
    }
