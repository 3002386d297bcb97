"""Scripted hands that make an attacker react: abstract, add, substitute, associate; and such as pull a bond apart."""

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.systems.fragments import HYDROGEN
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.approach import Approach, choose_approach
from atomtug.vr_client.scripted.attack import Attack, Kind, bond_reach
from atomtug.vr_client.scripted.hands import Goal, Plan, ScriptedHands
from atomtug.vr_client.scripted.moves import LEFT, RIGHT, Moves
from atomtug.vr_client.scripted.outcome import Outcome, OutcomeTracker, tracked
from atomtug.vr_client.scripted.person import LEAD, Person
from atomtug.vr_client.scripted.roles import NO_WISHES, Wishes, approach_of, choose_attack, choose_bond
from atomtug.vr_client.scripted.selecting import Scene

PULL_TIME = 0.6
"""ps after which a pull without success is given up and tried again."""
SETTLE = 0.3
"""ps that are waited after the hands let go."""
RIVAL = 1.9
"""angstrom: another hydrogen this near to the attacker spoils a pull, if it is nearer by :data:`LOST`."""
LOST = 0.25
ASTRAY = 2.3
"""angstrom: if the attacker is this near but beside its target rather than before it, the pull is broken off."""
ADD_AIM = 0.4
"""By how much straighter one comes to a double bond, where hydrogens are beside the way, than along a bond."""
TORN = 1.5
"""angstrom over the sum of the covalent radii from where on a bond that is pulled apart has broken."""
APART = 4.5
"""angstrom that the two ends of a broken bond are drawn apart."""
TEAR_TIME = 3.0
"""ps that a bond is pulled."""
TEAR = (8000.0, 80000.0)
"""Springs of the first and last pull at a bond, kJ/mol/nm^2, the hands an angstrom ahead."""
TEAR_AHEAD = 1.0


def abstract(
    frame: ClientFrame,
    seed: int = 0,
    site: str = "any",
    target: int | None = None,
    person: Person | None = None,
    beyond: float = 0.0,
) -> Plan[Outcome]:
    """Abstract a hydrogen with the CN radical, or with another molecule where there is none.

    Args:
        frame: the simulation as it is now
        seed: seed of everything that is not given
        site: primary, secondary, tertiary, methane, any, or a hydrogen: a name, an element, SMARTS
        target: index of the hydrogen; overrides ``site``
        person: how the hands work
        beyond: how far the product is carried away afterwards, angstrom

    Raises:
        InputError: no such hydrogen, or nothing to take it with
    """
    return react(
        frame, "abstract", seed, Wishes(site=site if target is None else str(target)), person, beyond
    )


def react(
    frame: ClientFrame,
    kind: Kind = "abstract",
    seed: int = 0,
    wishes: Wishes = NO_WISHES,
    person: Person | None = None,
    beyond: float = 0.0,
) -> Plan[Outcome]:
    """Make one molecule react with another; what is not wished for is chosen, see :mod:`~.roles`.

    Args:
        frame: the simulation as it is now
        kind: what is to happen
        seed: seed of everything that is not given
        wishes: who attacks what
        person: how the hands work
        beyond: how far what was taken is carried away afterwards, angstrom

    Raises:
        InputError: there is no such attacker or target
    """
    rng = np.random.default_rng(seed)
    scene = Scene.of_frame(frame)
    attack = choose_attack(scene, kind, wishes, rng)
    person = person or Person.draw(rng)
    return perform_attack(frame, attack, choose_way(scene, attack, person, rng), person, rng, beyond)


def choose_way(
    scene: Scene,
    attack: Attack,
    person: Person,
    rng: np.random.Generator,
    positions: Floats | None = None,
) -> Approach:
    """The approach that a person takes for an attack.

    Args:
        scene: the molecules and their bonds
        attack: who attacks what
        person: whose aim counts
        rng: random numbers
        positions: (N, 3) angstrom, where the atoms are now; by default those of the scene

    Raises:
        InputError: a hydrogen that is to be taken is bonded to nothing that is bonded to more
    """
    if attack.kind in ("abstract", "graze") and int(scene.numbers[attack.target]) == HYDROGEN:
        behind = scene.neighbours[scene.neighbours[attack.target][0]]
        if len(behind) > 1:
            now = scene.positions if positions is None else positions
            return choose_approach(now, scene.bonds, attack.target, person.aim, rng, attack.body)
    aim = person.aim * (ADD_AIM if attack.kind == "add" else 1.0)
    return approach_of(scene, attack, aim, rng, positions)


def perform_attack(
    frame: ClientFrame,
    attack: Attack,
    approach: Approach,
    person: Person,
    rng: np.random.Generator,
    beyond: float = 0.0,
) -> Plan[Outcome]:
    """:func:`react` where everything but the tremor is decided."""
    plan = _attack(Moves.begin(frame, attack, person, rng), approach, beyond)
    return tracked(plan, OutcomeTracker(frame, attack=attack))


def _attack(moves: Moves, approach: Approach, beyond: float) -> Plan[str]:
    person, hands, attack = moves.person, moves.hands, moves.attack
    labels = hands.frame.atom_labels
    target = labels[approach.target]
    for attempt in range(person.attempts):
        if attempt == 0 or moves.is_far(approach):
            moves.hold_still(attack.anchor)
            yield from moves.carry(approach)
        faces = attack.kind == "associate" or (yield from moves.face(approach))
        other = moves.other_taken()
        if other is not None:
            is_hydrogen = hands.frame.numbers[other] == HYDROGEN
            what = "another hydrogen came off" if is_hydrogen else f"{labels[other]} was bonded to"
            return f"{what} before {target} could"
        taken = moves.has() or (faces and (yield from _pull(moves, approach)))
        if not taken:
            moves = moves.harder()
            continue
        if attack.kind == "abstract":
            moves.hold_still(attack.anchor)
            yield from moves.draw_off(approach, max(beyond, person.follow_through))
        hands.let_go()
        yield from hands.pause(SETTLE)
        if moves.has():
            return ""
    return f"{target} was still in place after {person.attempts} attempts"


def _pull(moves: Moves, approach: Approach) -> Plan[bool]:
    """Pull the attacking atom onto its target; whether that succeeded."""
    hands, head, target, attack = moves.hands, moves.head, approach.target, moves.attack

    numbers, positions = hands.frame.numbers, hands.frame.positions
    distance = float(np.linalg.norm(positions[head] - positions[target]))
    began, taking = hands.time, attack.kind == "abstract"

    def onto_target(frame: ClientFrame) -> Floats:
        """The target, and beyond it what a longer lead allows; along the axis where that is not a bond to turn."""
        way = frame.positions[target] - frame.positions[head]
        further = (moves.person.lead - LEAD) * way / max(float(np.linalg.norm(way)), 1e-12)
        if taking:
            onto: Floats = frame.positions[target] + further
            return onto
        left = max(distance - moves.person.speed * (hands.time - began), 0.0)
        if approach.way == "face":  # along the normal, wherever it has turned, and on this side of the plane
            side = float(np.sign(-approach.axis(frame.positions) @ way)) or 1.0
            before: Floats = frame.positions[target] + left * side * approach.axis(frame.positions)
            return before + (further if left == 0.0 else 0.0)
        return approach.point(frame.positions, left) + (further if left == 0.0 else 0.0)

    moves.take(onto_target, rides=target)
    moves.steady_molecule()
    deadline = hands.time + PULL_TIME + distance / moves.person.speed
    rivals = [
        atom
        for atom in np.flatnonzero(numbers == numbers[target]).tolist()
        if taking and atom != target and atom not in attack.body
    ]
    while hands.time < deadline:
        positions = (yield from hands.until_next_frame()).positions
        if moves.has():
            return True
        near = float(np.linalg.norm(positions[head] - positions[target]))
        rival = np.linalg.norm(positions[rivals] - positions[head], axis=1).min(initial=np.inf)
        if rival < RIVAL and rival < near - LOST:
            return False
        strays = near < ASTRAY and not moves.is_facing(approach, 0.5)
        if strays and attack.kind in ("abstract", "substitute"):
            return False
    return False


def dissociate(
    frame: ClientFrame, seed: int = 0, wishes: Wishes = NO_WISHES, person: Person | None = None
) -> Plan[Outcome]:
    """Pull a bond apart with two hands.

    Args:
        frame: the simulation as it is now
        seed: seed of everything that is not given
        wishes: which bond, see :func:`~.roles.choose_bond`
        person: how the hands work

    Raises:
        InputError: there is no such bond
    """
    rng = np.random.default_rng(seed)
    bond = choose_bond(Scene.of_frame(frame), wishes, rng)
    return perform_tearing(frame, bond, person or Person.draw(rng), rng)


def perform_tearing(
    frame: ClientFrame, bond: tuple[int, int], person: Person, rng: np.random.Generator
) -> Plan[Outcome]:
    """:func:`dissociate` where the bond is chosen."""
    hands = ScriptedHands(frame, person.tremor, rng)
    return tracked(_tear(hands, *bond), OutcomeTracker(frame, torn=bond))


def _tear(hands: ScriptedHands, i: int, j: int) -> Plan[str]:
    numbers = hands.frame.numbers
    reach = bond_reach(int(numbers[i]), int(numbers[j]))

    def ahead(atom: int, other: int) -> Goal:
        """In front of an atom, away from the other, until they are apart."""

        def goal(frame: ClientFrame) -> Floats:
            way = frame.positions[atom] - frame.positions[other]
            length = float(np.linalg.norm(way))
            further = TEAR_AHEAD if length < reach + TORN else max(0.0, reach + APART - length) / 2.0
            place: Floats = frame.positions[atom] + min(further, TEAR_AHEAD) * way / length
            return place

        return goal

    began = hands.time
    while hands.time < began + TEAR_TIME:
        part = (hands.time - began) / TEAR_TIME
        k = TEAR[0] * (TEAR[1] / TEAR[0]) ** part
        hands.grip(RIGHT, (i,), ahead(i, j), k)
        hands.grip(LEFT, (j,), ahead(j, i), k)
        positions = (yield from hands.until_next_frame()).positions
        if np.linalg.norm(positions[i] - positions[j]) > reach + TORN:
            break
    # From here on it takes no force: a soft spring brings the ends apart.
    hands.grip(RIGHT, (i,), ahead(i, j), TEAR[0] / 4)
    hands.grip(LEFT, (j,), ahead(j, i), TEAR[0] / 4)
    yield from hands.pause(2 * SETTLE)
    hands.let_go()
    yield from hands.pause(SETTLE)
    return ""
