"""Movements of two hands with an attacker and a molecule: carry, turn to face, draw off, hold still."""

from dataclasses import dataclass, replace

import numpy as np
from ase.data import atomic_masses

from atomtug.core.arrays import Floats
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.approach import Approach
from atomtug.vr_client.scripted.attack import Attack
from atomtug.vr_client.scripted.hands import Goal, Plan, ScriptedHands
from atomtug.vr_client.scripted.person import LEAD, STRONGEST, Person
from atomtug.vr_client.scripted.route import next_waypoint

RIGHT, LEFT, THIRD = "right", "left", "third"
BACK = 3.7
"""angstrom from the attacker to the atom behind a hydrogen while the molecule is turned to face it."""
FAR = 5.0
"""angstrom to the hydrogen beyond which the radical is out of reach."""
FACE_TIME = 0.5
"""ps that may take."""
FACING, FACING_PLANE = 0.8, 0.93
"""Cosine of the angle between the bond, or the normal of a plane, and the direction of the attacker when they face
each other. Beside a double bond's atom are hydrogens, so there it has to be straight."""
MEET = 1500.0
"""kJ/mol/nm^2, the spring by which a left hand brings the hydrogen to meet the radical. It is weak, and drawn
to the radical rather than led ahead of the hydrogen: a hand that follows so light an atom, a little late as
hands are, would whip it up instead."""
DRAW_AWAY = 0.3
"""The spring that draws a leaving group away, of the attacker's."""
FIRM = 3.0
"""By how much stiffer the spring is that brings an attacker to a double bond."""
POISE = 2.8
"""angstrom before the hydrogen where a hand collects itself before it pulls."""
CLEARANCE = 2.8
"""angstrom that the radical keeps from the molecule while it is carried."""
CARRY_TIME = 2.0
"""ps a carry may take."""
_REPLAN = 0.02  # ps between looks at the way
_ARRIVED = 0.8  # angstrom from the end of the way that are near enough


@dataclass(frozen=True)
class Moves:
    """The movements of one person's hands.

    Args:
        hands: the two hands; the right one holds the attacking atom
        attack: who attacks what
        person: the parameters of the hands
    """

    hands: ScriptedHands
    attack: Attack
    person: Person

    @classmethod
    def begin(cls, frame: ClientFrame, attack: Attack, person: Person, rng: np.random.Generator) -> "Moves":
        """The hands hold nothing yet."""
        mass = float(atomic_masses[frame.numbers[list(attack.body)]].sum())
        holding = person.holding(mass)
        if attack.kind == "add":
            # Beside the way are hydrogens, and no hydrogen is followed whose vibration a stiff spring would drive.
            holding = replace(holding, strength=min(FIRM * holding.strength, STRONGEST))
        return cls(ScriptedHands(frame, person.tremor, rng), attack, holding)

    def harder(self) -> "Moves":
        """The same hands with the parameters of the next attempt."""
        return replace(self, person=self.person.harder())

    @property
    def head(self) -> int:
        """The attacking atom."""
        return self.attack.head

    def take(self, goal: Goal, rides: int | None = None) -> None:
        """Bring the attacking atom to a goal with the right hand."""
        person, body = self.person, self.attack.body
        mass = float(atomic_masses[self.hands.frame.numbers[list(body)]].sum())
        self.hands.grip(
            RIGHT,
            (self.head,),
            goal,
            person.strength,
            person.speed,
            person.strength * person.lead * NM_PER_ANGSTROM,
            rides,
            person.steadies(mass),
            body,
        )

    def hold_still(self, atom: int) -> None:
        """Hold one of the molecule's atoms in its place with the left hand."""
        place = self.hands.centre((atom,))
        self.hands.let_go(THIRD)
        self.hands.grip(LEFT, (atom,), lambda _: place, self.person.strength)

    def carry(self, approach: Approach) -> Plan[bool]:
        """Bring the attacker before its target, around the molecule, up to :data:`POISE`; whether it got there.

        Args:
            approach: to which atom, and from where
        """
        hands = self.hands
        if self._is_before(approach):
            return True
        deadline = hands.time + CARRY_TIME
        waypoint: Floats = hands.frame.positions[self.head]
        looked = -np.inf

        def around(frame: ClientFrame) -> Floats:
            nonlocal waypoint, looked
            if hands.time - looked >= _REPLAN:
                looked = hands.time
                positions = frame.positions
                molecule = np.delete(positions, self.attack.body, axis=0)
                end = approach.point(positions, POISE)
                waypoint = next_waypoint(positions[self.head], end, molecule, min(CLEARANCE, POISE))
            return waypoint

        self.take(around, rides=self.attack.anchor)
        while hands.time < deadline:
            positions = (yield from hands.until_next_frame()).positions
            off = positions[self.head] - approach.point(positions, POISE)
            if np.linalg.norm(off) < _ARRIVED or self.has():
                return True
        return False

    def face(self, approach: Approach) -> Plan[bool]:
        """Turn the molecule until its target points at the attacker, which keeps its distance meanwhile;
        whether it does."""
        hands, head, anchor = self.hands, self.head, self.attack.anchor
        back = BACK if anchor != self.attack.target else POISE

        def at_a_distance(frame: ClientFrame) -> Floats:
            way = frame.positions[head] - frame.positions[anchor]
            place: Floats = frame.positions[anchor] + back * way / np.linalg.norm(way)
            return place

        facing = FACING_PLANE if approach.way == "face" else FACING
        if self.is_facing(approach, facing):
            return True
        self.take(at_a_distance, rides=anchor)
        self.steady_molecule()
        deadline = hands.time + FACE_TIME
        while hands.time < deadline and not self.has():
            positions = (yield from hands.until_next_frame()).positions
            away = float(np.linalg.norm(positions[head] - positions[anchor]))
            if away > back - 0.5 and self.is_facing(approach, facing):
                return True
        return False

    def steady_molecule(self) -> None:
        """With the left hand: bring the target round to meet the attacker, or hold what it is on where it is.

        What is to be let go is drawn away.
        """
        target, partner = self.attack.target, self.attack.partner
        if self.attack.kind == "substitute" and partner is not None:

            def away(frame: ClientFrame) -> Floats:
                way = frame.positions[partner] - frame.positions[target]
                place: Floats = frame.positions[partner] + LEAD * way / np.linalg.norm(way)
                return place

            self.hands.grip(LEFT, (partner,), away, DRAW_AWAY * self.person.strength)
            return
        others_meet = self.person.growth > 1.0 and self.attack.kind in ("abstract", "graze")
        if not self.person.meets or others_meet or self.attack.kind not in ("abstract", "graze"):
            self.hold_still(self.attack.anchor)
        if not self.person.meets or self.attack.kind not in ("abstract", "graze"):
            return

        def attacker(frame: ClientFrame) -> Floats:
            place: Floats = frame.positions[self.head]
            return place

        # What is pushed harder than CN has to be held, too.
        self.hands.grip(THIRD if others_meet else LEFT, (target,), attacker, MEET)

    def is_facing(self, approach: Approach, cosine: float) -> bool:
        """Whether the axis of the approach and the attacker are in line."""
        if isinstance(approach.side, tuple):
            return True  # a lone atom has all sides
        positions = self.hands.frame.positions
        way = positions[self.head] - positions[self.attack.anchor]
        along = float(approach.axis(positions) @ way)
        # Of a plane one side is as good as the other.
        return (abs(along) if approach.way == "face" else along) > cosine * float(np.linalg.norm(way))

    def draw_off(self, approach: Approach, distance: float) -> Plan[None]:
        """Draw the attacker off, the way it came, by ``distance`` angstrom."""
        positions = self.hands.frame.positions
        end = positions[self.head] + distance * approach.direction(positions)
        self.take(lambda _: end)
        deadline = self.hands.time + distance / self.person.speed + 0.2
        while self.hands.time < deadline:
            frame = yield from self.hands.until_next_frame()
            if np.linalg.norm(frame.positions[self.head] - end) < 0.3:
                return

    def has(self) -> bool:
        """Whether the attack has succeeded: for a hydrogen, whether it is the radical's."""
        frame = self.hands.frame
        return self.attack.succeeded(frame.numbers, frame.positions)

    def other_taken(self) -> int | None:
        """Another atom that the attacker has bonded to."""
        frame = self.hands.frame
        return self.attack.other_taken(frame.numbers, frame.positions)

    def is_far(self, approach: Approach) -> bool:
        """Whether the attacker has to be carried before it can face its target."""
        positions = self.hands.frame.positions
        return float(np.linalg.norm(positions[self.head] - positions[approach.target])) > FAR

    def _is_before(self, approach: Approach) -> bool:
        """Whether the attacker is within a right-angled cone before its target, and about :data:`POISE` from it."""
        positions = self.hands.frame.positions
        way = positions[self.head] - positions[approach.target]
        length = float(np.linalg.norm(way))
        within = float(way @ approach.direction(positions)) > 0.7 * length
        return within and POISE - 0.6 < length < POISE + 2.5
