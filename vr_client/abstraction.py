"""The scripted hand that takes a hydrogen off an alkane with a CN radical, as a person would."""

import numpy as np

from atomtug.errors import InputError
from atomtug.systems.bonds import perceive_bonds
from atomtug.systems.sites import find_radical
from atomtug.vr_client.approach import Approach, choose_approach, choose_hydrogen
from atomtug.vr_client.client_frame import ClientFrame
from atomtug.vr_client.hands import Floats, Hands, Plan
from atomtug.vr_client.outcome import KEPT, Outcome, Watch, watched
from atomtug.vr_client.person import Person
from atomtug.vr_client.route import next_waypoint

POISE = 2.8
"""angstrom before the hydrogen where a hand collects itself before it pulls."""
CLEARANCE = 2.8
"""angstrom that the radical keeps from the molecule while it is carried."""
CARRY_TIME = 3.0
"""ps a carry may take."""
PULL_TIME = 0.6
"""ps after which a pull that has led to nothing is given up, and tried again."""
SETTLE = 0.3
"""ps that are watched after letting go."""
MEET = 0.8
"""angstrom that the left hand, when it brings the hydrogen to meet the radical, is ahead of it."""
_REPLAN = 0.02  # ps between looks at the way
_LOST = 0.25  # angstrom by which a wrong hydrogen is nearer when a pull is broken off


def abstract(
    frame: ClientFrame,
    seed: int = 0,
    site: str = "any",
    target: int | None = None,
    person: Person | None = None,
    beyond: float = 0.0,
) -> Plan[Outcome]:
    """Take a hydrogen off with the CN radical.

    Args:
        frame: how things stand
        seed: everything that is not given is drawn from it
        site: primary, secondary, tertiary, methane or any
        target: index of the hydrogen; overrides ``site``
        person: who pulls
        beyond: how far to carry the product away once it is there, angstrom

    Raises:
        InputError: no such hydrogen, or no free radical
    """
    rng = np.random.default_rng(seed)
    bonds = perceive_bonds(frame.numbers, frame.positions)
    radical = free_radical(frame)
    target = choose_hydrogen(frame.numbers, bonds, site, rng) if target is None else target
    person = person or Person.draw(rng)
    approach = choose_approach(frame.positions, bonds, target, person.aim, rng, ignore=radical)
    return perform_abstraction(frame, approach, person, rng, beyond)


def perform_abstraction(
    frame: ClientFrame, approach: Approach, person: Person, rng: np.random.Generator, beyond: float = 0.0
) -> Plan[Outcome]:
    """:func:`abstract` where everything is decided.

    Raises:
        InputError: no free radical
    """
    radical = free_radical(frame)
    hands = Hands(frame, person.tremor, rng)
    plan = _abstract(hands, radical, approach, person, beyond)
    return watched(plan, Watch(frame, approach.target))


def free_radical(frame: ClientFrame) -> tuple[int, int]:
    """The indices of the free CN's carbon and nitrogen.

    Raises:
        InputError: there is none
    """
    radical = find_radical(frame.numbers, perceive_bonds(frame.numbers, frame.positions))
    if radical is None:
        raise InputError("There is no free CN radical here: reset the simulation, or load a system with one.")
    return radical


def _abstract(
    hands: Hands, radical: tuple[int, int], approach: Approach, person: Person, beyond: float
) -> Plan[str]:
    _hold_still(hands, approach.target if person.meets else approach.parent, person)
    for attempt in range(person.attempts):
        arrived = yield from carry(hands, radical, approach, person, always=attempt > 0)
        if not arrived:
            return f"the radical could not be brought to hydrogen {approach.target}"
        if not (yield from _pull(hands, radical, approach, person)):
            person = person.harder()
            continue
        yield from carry_away(hands, radical, approach, person, max(beyond, person.follow_through))
        hands.let_go()
        yield from pause(hands, SETTLE)
        if has_come_over(hands.frame.positions, radical, approach):
            return ""
        _hold_still(hands, approach.target if person.meets else approach.parent, person)
    return f"hydrogen {approach.target} was still in place after {person.attempts} attempts"


def pause(hands: Hands, time: float) -> Plan[None]:
    """Let simulated time pass, ps."""
    until = hands.time + time
    while hands.time < until:
        yield from hands.until_next_frame()


def carry(
    hands: Hands,
    radical: tuple[int, int],
    approach: Approach,
    person: Person,
    distance: float = POISE,
    always: bool = False,
) -> Plan[bool]:
    """Bring the radical before the hydrogen, around the molecule; whether it got there.

    Args:
        hands: whose right hand does it
        radical: its carbon, which is held, and its nitrogen
        approach: where to
        person: who does it
        distance: how near, angstrom
        always: even if it is before the hydrogen already
    """
    carbon = radical[0]
    if not always and _is_before(hands.frame.positions, carbon, approach, distance):
        return True
    deadline = hands.time + CARRY_TIME
    waypoint, looked = hands.frame.positions[carbon], -np.inf

    def goal(frame: ClientFrame) -> Floats:
        nonlocal waypoint, looked
        if hands.time - looked >= _REPLAN:
            looked = hands.time
            molecule = np.delete(frame.positions, radical, axis=0)
            end = approach.point(frame.positions, distance)
            waypoint = next_waypoint(frame.positions[carbon], end, molecule, min(CLEARANCE, distance))
        return waypoint

    hands.grip(
        "right",
        (carbon,),
        goal,
        person.strength,
        person.speed,
        rides=approach.parent,
        steadies=person.steadies,
    )
    while hands.time < deadline:
        frame = yield from hands.until_next_frame()
        off = frame.positions[carbon] - approach.point(frame.positions, distance)
        if np.linalg.norm(off) < 0.8 or (always and _is_before(frame.positions, carbon, approach, distance)):
            return True
    return False


def carry_away(
    hands: Hands, radical: tuple[int, int], approach: Approach, person: Person, distance: float
) -> Plan[None]:
    """Draw the radical off the way it came, ``distance`` angstrom."""
    start = hands.frame.positions[radical[0]]
    end = start + distance * approach.direction(hands.frame.positions)
    hands.grip("right", (radical[0],), lambda frame: end, person.strength, person.speed)
    deadline = hands.time + distance / person.speed + 0.2
    while hands.time < deadline:
        frame = yield from hands.until_next_frame()
        if np.linalg.norm(frame.positions[radical[0]] - end) < 0.3:
            return


def _is_before(positions: Floats, carbon: int, approach: Approach, distance: float) -> bool:
    """Whether the radical is within a right-angled cone before the hydrogen, and not too far off."""
    way = positions[carbon] - positions[approach.target]
    length = float(np.linalg.norm(way))
    return (
        distance - 0.6 < length < distance + 2.5 and float(way @ approach.direction(positions)) > 0.7 * length
    )


def _pull(hands: Hands, radical: tuple[int, int], approach: Approach, person: Person) -> Plan[bool]:
    """Pull the radical's carbon onto the hydrogen; whether the hydrogen came over."""
    carbon = radical[0]
    target, parent = approach.target, approach.parent
    strength = person.strength

    def onto_hydrogen(frame: ClientFrame) -> Floats:
        place: Floats = frame.positions[target]
        return place

    hands.grip(
        "right",
        (carbon,),
        onto_hydrogen,
        strength,
        person.speed,
        rides=target,
        steadies=person.steadies,
    )

    def toward_radical(frame: ClientFrame) -> Floats:
        way = frame.positions[carbon] - frame.positions[target]
        ahead: Floats = frame.positions[target] + MEET * way / np.linalg.norm(way)
        return ahead

    if person.meets:
        hands.grip("left", (target,), toward_radical, strength)
    distance = float(np.linalg.norm(hands.frame.positions[carbon] - hands.frame.positions[target]))
    deadline = hands.time + PULL_TIME + distance / person.speed
    rivals = [int(h) for h in np.flatnonzero(hands.frame.numbers == 1) if h != target]
    taken = False
    while hands.time < deadline and not taken:
        frame = yield from hands.until_next_frame()
        positions = frame.positions
        near = min(float(np.linalg.norm(positions[a] - positions[target])) for a in radical)
        taken = has_come_over(positions, radical, approach)
        rival = np.linalg.norm(positions[rivals] - positions[carbon], axis=1).min(initial=np.inf)
        if not taken and rival < 1.9 and rival < near - _LOST:
            break
    _hold_still(hands, parent, person)
    return taken


def has_come_over(positions: Floats, radical: tuple[int, int], approach: Approach) -> bool:
    """Whether the hydrogen is the radical's rather than its old carbon's."""
    hydrogen = positions[approach.target]
    near = min(float(np.linalg.norm(positions[atom] - hydrogen)) for atom in radical)
    return near < KEPT and near + 0.15 < float(np.linalg.norm(positions[approach.parent] - hydrogen))


def _hold_still(hands: Hands, atom: int, person: Person) -> None:
    """Keep the molecule from being pushed away, with the left hand on one of its atoms."""
    hold = hands.centre((atom,))
    hands.grip("left", (atom,), lambda frame: hold, person.strength, steadies=person.steadies)
