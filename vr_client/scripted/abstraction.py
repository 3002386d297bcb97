"""The scripted hands that abstract a hydrogen from an alkane with a CN radical."""

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.approach import Approach
from atomtug.vr_client.scripted.hands import Plan
from atomtug.vr_client.scripted.moves import Moves, decide
from atomtug.vr_client.scripted.outcome import Outcome, OutcomeTracker, tracked
from atomtug.vr_client.scripted.person import Person

PULL_TIME = 0.6
"""ps after which a pull without success is given up and tried again."""
SETTLE = 0.3
"""ps that are waited after the hands let go."""
RIVAL = 1.9
"""angstrom: another hydrogen this near to the radical spoils a pull, if it is nearer by :data:`LOST`."""
LOST = 0.25
ASTRAY = 2.3
"""angstrom: if the radical is this near but beside the hydrogen rather than before it, the pull is broken off."""


def abstract(
    frame: ClientFrame,
    seed: int = 0,
    site: str = "any",
    target: int | None = None,
    person: Person | None = None,
    beyond: float = 0.0,
) -> Plan[Outcome]:
    """Abstract a hydrogen with the CN radical.

    Args:
        frame: the simulation as it is now
        seed: seed of everything that is not given
        site: primary, secondary, tertiary, methane or any
        target: index of the hydrogen; overrides ``site``
        person: how the hands work
        beyond: how far the product is carried away afterwards, angstrom

    Raises:
        InputError: no such hydrogen, or no free radical
    """
    rng = np.random.default_rng(seed)
    approach, person = decide(frame, site, target, person, rng)
    return perform_abstraction(frame, approach, person, rng, beyond)


def perform_abstraction(
    frame: ClientFrame, approach: Approach, person: Person, rng: np.random.Generator, beyond: float = 0.0
) -> Plan[Outcome]:
    """:func:`abstract` where everything but the tremor is decided.

    Raises:
        InputError: no free radical
    """
    plan = _abstract(Moves.begin(frame, person, rng), approach, beyond)
    return tracked(plan, OutcomeTracker(frame, approach.target))


def _abstract(moves: Moves, approach: Approach, beyond: float) -> Plan[str]:
    person, hands = moves.person, moves.hands
    target = hands.frame.atom_labels[approach.target]
    for attempt in range(person.attempts):
        if attempt == 0 or moves.is_far(approach):
            moves.hold_still(approach.parent)
            yield from moves.carry(approach)
        faces = yield from moves.face(approach)
        if moves.has_another(approach):
            return f"another hydrogen came off before {target} could"
        taken = moves.has(approach) or (faces and (yield from _pull(moves, approach)))
        if not taken:
            moves = moves.harder()
            continue
        moves.hold_still(approach.parent)
        yield from moves.draw_off(approach, max(beyond, person.follow_through))
        hands.let_go()
        yield from hands.pause(SETTLE)
        if moves.has(approach):
            return ""
    return f"{target} was still in place after {person.attempts} attempts"


def _pull(moves: Moves, approach: Approach) -> Plan[bool]:
    """Pull the radical's carbon onto the hydrogen; whether the hydrogen came over."""
    hands, carbon, target = moves.hands, moves.carbon, approach.target

    def onto_hydrogen(frame: ClientFrame) -> Floats:
        place: Floats = frame.positions[target]
        return place

    moves.take_radical(onto_hydrogen, rides=target)
    moves.steady_molecule(approach)
    positions = hands.frame.positions
    distance = float(np.linalg.norm(positions[carbon] - positions[target]))
    deadline = hands.time + PULL_TIME + distance / moves.person.speed
    rivals = [int(h) for h in np.flatnonzero(hands.frame.numbers == 1) if h != target]
    while hands.time < deadline:
        positions = (yield from hands.until_next_frame()).positions
        if moves.has(approach):
            return True
        near = float(np.linalg.norm(positions[carbon] - positions[target]))
        rival = np.linalg.norm(positions[rivals] - positions[carbon], axis=1).min(initial=np.inf)
        if rival < RIVAL and rival < near - LOST:
            return False
        if near < ASTRAY and not moves.is_facing(approach, 0.5):
            return False
    return False
