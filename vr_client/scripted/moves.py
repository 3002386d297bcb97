"""Movements of two hands with a CN radical and a molecule: carry, turn to face, draw off, hold still."""

from dataclasses import dataclass, replace

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.fragments import HYDROGEN
from atomtug.core.systems.sites import find_radical
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.approach import Approach, choose_approach, choose_hydrogen
from atomtug.vr_client.scripted.hands import Goal, Plan, ScriptedHands
from atomtug.vr_client.scripted.outcome import BONDED, KEPT
from atomtug.vr_client.scripted.person import Person
from atomtug.vr_client.scripted.route import next_waypoint

RIGHT, LEFT = "right", "left"
LEAD = 0.8
"""angstrom by which a hand may be ahead of the radical before its pull levels off: a steady pull does it, and
what it puts in beyond that would only heat."""
BACK = 3.7
"""angstrom from the radical to the hydrogen's carbon while the molecule is turned to face it."""
FAR = 5.0
"""angstrom to the hydrogen beyond which the radical is out of reach."""
FACE_TIME = 0.5
"""ps that may take."""
FACING = 0.8
"""Cosine of the angle between the bond and the direction of the radical when they face each other."""
MEET = 1500.0
"""kJ/mol/nm^2, the spring by which a left hand brings the hydrogen to meet the radical. It is weak, and drawn
to the radical rather than led ahead of the hydrogen: a hand that follows so light an atom, a little late as
hands are, would whip it up instead."""
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
        hands: the two hands
        radical: the indices of the CN's carbon, which the right hand holds, and of its nitrogen
        person: the parameters of the hands
    """

    hands: ScriptedHands
    radical: tuple[int, int]
    person: Person

    @classmethod
    def begin(cls, frame: ClientFrame, person: Person, rng: np.random.Generator) -> "Moves":
        """Find the radical; the hands hold nothing yet.

        Raises:
            InputError: there is no free radical
        """
        return cls(ScriptedHands(frame, person.tremor, rng), free_radical(frame), person)

    def harder(self) -> "Moves":
        """The same hands with the parameters of the next attempt."""
        return replace(self, person=self.person.harder())

    @property
    def carbon(self) -> int:
        """The radical's carbon."""
        return self.radical[0]

    def take_radical(self, goal: Goal, rides: int | None = None) -> None:
        """Bring the radical's carbon to a goal with the right hand."""
        person = self.person
        self.hands.grip(
            RIGHT,
            (self.carbon,),
            goal,
            person.strength,
            person.speed,
            person.strength * LEAD * NM_PER_ANGSTROM,
            rides,
            person.steadies,
            self.radical,
        )

    def hold_still(self, atom: int) -> None:
        """Hold one of the molecule's atoms in its place with the left hand."""
        place = self.hands.centre((atom,))
        self.hands.grip(LEFT, (atom,), lambda _: place, self.person.strength)

    def carry(self, approach: Approach, distance: float = POISE) -> Plan[bool]:
        """Bring the radical before a hydrogen, around the molecule; whether it got there.

        Args:
            approach: which hydrogen, and from where
            distance: how near, angstrom
        """
        hands = self.hands
        if self._is_before(approach, distance):
            return True
        deadline = hands.time + CARRY_TIME
        waypoint: Floats = hands.frame.positions[self.carbon]
        looked = -np.inf

        def around(frame: ClientFrame) -> Floats:
            nonlocal waypoint, looked
            if hands.time - looked >= _REPLAN:
                looked = hands.time
                positions = frame.positions
                molecule = np.delete(positions, self.radical, axis=0)
                end = approach.point(positions, distance)
                waypoint = next_waypoint(positions[self.carbon], end, molecule, min(CLEARANCE, distance))
            return waypoint

        self.take_radical(around, rides=approach.parent)
        while hands.time < deadline:
            positions = (yield from hands.until_next_frame()).positions
            off = positions[self.carbon] - approach.point(positions, distance)
            if np.linalg.norm(off) < _ARRIVED or self.has(approach):
                return True
        return False

    def face(self, approach: Approach) -> Plan[bool]:
        """Turn the molecule until the hydrogen points at the radical, which keeps its distance meanwhile;
        whether it does."""
        hands, carbon, parent = self.hands, self.carbon, approach.parent

        def at_a_distance(frame: ClientFrame) -> Floats:
            way = frame.positions[carbon] - frame.positions[parent]
            place: Floats = frame.positions[parent] + BACK * way / np.linalg.norm(way)
            return place

        if self.is_facing(approach, FACING):
            return True
        self.take_radical(at_a_distance, rides=parent)
        self.steady_molecule(approach)
        deadline = hands.time + FACE_TIME
        while hands.time < deadline and not self.has(approach):
            positions = (yield from hands.until_next_frame()).positions
            away = float(np.linalg.norm(positions[carbon] - positions[parent]))
            if away > BACK - 0.5 and self.is_facing(approach, FACING):
                return True
        return False

    def steady_molecule(self, approach: Approach) -> None:
        """With the left hand: bring the hydrogen round to meet the radical, or hold its carbon where it is."""
        if not self.person.meets:
            self.hold_still(approach.parent)
            return

        def radical(frame: ClientFrame) -> Floats:
            place: Floats = frame.positions[self.carbon]
            return place

        self.hands.grip(LEFT, (approach.target,), radical, MEET)

    def is_facing(self, approach: Approach, cosine: float) -> bool:
        """Whether bond and radical are in line."""
        positions = self.hands.frame.positions
        bond = positions[approach.target] - positions[approach.parent]
        way = positions[self.carbon] - positions[approach.parent]
        return float(bond @ way) > cosine * float(np.linalg.norm(bond) * np.linalg.norm(way))

    def draw_off(self, approach: Approach, distance: float) -> Plan[None]:
        """Draw the radical off, the way it came, by ``distance`` angstrom."""
        positions = self.hands.frame.positions
        end = positions[self.carbon] + distance * approach.direction(positions)
        self.take_radical(lambda _: end)
        deadline = self.hands.time + distance / self.person.speed + 0.2
        while self.hands.time < deadline:
            frame = yield from self.hands.until_next_frame()
            if np.linalg.norm(frame.positions[self.carbon] - end) < 0.3:
                return

    def has(self, approach: Approach) -> bool:
        """Whether the hydrogen is the radical's rather than its old carbon's."""
        positions = self.hands.frame.positions
        hydrogen = positions[approach.target]
        near = min(float(np.linalg.norm(positions[atom] - hydrogen)) for atom in self.radical)
        return near < KEPT and near + 0.15 < float(np.linalg.norm(positions[approach.parent] - hydrogen))

    def has_another(self, approach: Approach) -> bool:
        """Whether some other hydrogen is the radical's."""
        frame = self.hands.frame
        others = [int(h) for h in np.flatnonzero(frame.numbers == HYDROGEN) if h != approach.target]
        ends = frame.positions[list(self.radical)]
        distances = np.linalg.norm(frame.positions[others][:, None] - ends, axis=-1)
        return bool(distances.min(initial=np.inf) < BONDED)

    def is_far(self, approach: Approach) -> bool:
        """Whether the radical has to be carried before it can face the hydrogen."""
        positions = self.hands.frame.positions
        return float(np.linalg.norm(positions[self.carbon] - positions[approach.target])) > FAR

    def _is_before(self, approach: Approach, distance: float) -> bool:
        """Whether the radical is within a right-angled cone before the hydrogen, and at about the distance."""
        positions = self.hands.frame.positions
        way = positions[self.carbon] - positions[approach.target]
        length = float(np.linalg.norm(way))
        within = float(way @ approach.direction(positions)) > 0.7 * length
        return within and distance - 0.6 < length < distance + 2.5


def decide(
    frame: ClientFrame, site: str, target: int | None, person: Person | None, rng: np.random.Generator
) -> tuple[Approach, Person]:
    """The approach to a hydrogen, and the person whose hands carry the radical: what is not given is drawn.

    Args:
        frame: the simulation as it is now
        site: primary, secondary, tertiary, methane or any
        target: index of the hydrogen; overrides ``site``
        person: how the hands work
        rng: random numbers

    Raises:
        InputError: no such hydrogen, or no free radical
    """
    bonds = perceive_bonds(frame.numbers, frame.positions)
    radical = free_radical(frame)
    target = choose_hydrogen(frame.numbers, bonds, site, rng) if target is None else target
    person = person or Person.draw(rng)
    return choose_approach(frame.positions, bonds, target, person.aim, rng, ignore=radical), person


def free_radical(frame: ClientFrame) -> tuple[int, int]:
    """The indices of the free CN's carbon and nitrogen.

    Raises:
        InputError: there is none
    """
    radical = find_radical(frame.numbers, perceive_bonds(frame.numbers, frame.positions))
    if radical is None:
        raise InputError("There is no free CN radical here: reset the simulation, or load a system with one.")
    return radical
