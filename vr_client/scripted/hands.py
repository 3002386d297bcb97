"""Scripted hands: points in space that hold atoms by springs, move at a limited speed, and tremble.

A *plan* steers them: a generator that is sent frames and yields what to do after each. It uses no socket, so it can
be tested on made-up frames, and it runs the same at any speed of the engine: its only clock is the simulated time
in the frames.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.command_call import CommandCall
from atomtug.vr_client.client.interaction import Interaction
from atomtug.wire.interactions import DEFAULT_MAX_FORCE

Goal = Callable[[ClientFrame], Floats]
"""Where a hand moves to, (3,) angstrom, given the newest frame."""

TREMOR_TIME = 0.03
"""Correlation time of a hand's tremor, ps."""
SIGHT_TIME = 0.02
"""Averaging time of the velocity that a hand reacts to, ps."""


@dataclass(frozen=True)
class Action:
    """What the hands do from now on: each hand's interaction, and commands to run once.

    Args:
        interactions: hand -> its interaction; a hand that is absent holds nothing
        commands: to run now, in this order
    """

    interactions: Mapping[str, Interaction]
    commands: tuple[CommandCall, ...] = ()


Result = TypeVar("Result")
Plan = Generator[Action, ClientFrame, Result]
"""``action = plan.send(frame)`` until it returns its result; begin with ``next(plan)``."""


@dataclass
class Hand:
    """One hand.

    Args:
        particles: indices of the atoms it holds
        position: (3,) its position, angstrom
        goal: where it moves to
        k: spring constant, kJ/mol/nm^2
        speed: its speed, angstrom/ps; None: it is at its goal at once
        max_force: kJ/mol/nm
        rides: index of an atom that the hand moves with, its own speed added; None: it moves in space
        steadies: damping time, ps: the hand stays behind by this times the velocity of ``body``
        body: indices of the molecule whose centre of mass is damped; a single atom's vibration can't be, because
            the hand reacts too late and would drive it
        shake: (3,) how far its tremor has moved it, angstrom
        drift: (3,) the running mean of the velocity of ``body``, angstrom/ps
    """

    particles: tuple[int, ...]
    position: Floats
    goal: Goal
    k: float
    speed: float | None = None
    max_force: float = DEFAULT_MAX_FORCE
    rides: int | None = None
    steadies: float = 0.0
    body: tuple[int, ...] = ()
    shake: Floats = field(default_factory=lambda: np.zeros(3))
    drift: Floats = field(default_factory=lambda: np.zeros(3))


class ScriptedHands:
    """All hands of a plan, and its clock.

    Args:
        frame: the frame in which the plan begins
        tremor: standard deviation of a hand's tremor along each axis, angstrom
        rng: random numbers for the tremor
    """

    def __init__(
        self, frame: ClientFrame, tremor: float = 0.0, rng: np.random.Generator | None = None
    ) -> None:
        self.time = 0.0
        """Simulated time since the plan began, ps."""
        self.frame = frame
        self._tremor = tremor
        self._rng = rng or np.random.default_rng(0)
        self._hands: dict[str, Hand] = {}

    def grip(
        self,
        name: str,
        particles: tuple[int, ...],
        goal: Goal,
        k: float,
        speed: float | None = None,
        max_force: float = DEFAULT_MAX_FORCE,
        rides: int | None = None,
        steadies: float = 0.0,
        body: tuple[int, ...] = (),
    ) -> None:
        """Hold atoms where they are and bring them to ``goal``; the arguments are those of :class:`Hand`.

        A hand that already holds these atoms keeps its position, so that the pull goes on.
        """
        hand = Hand(particles, self.centre(particles), goal, k, speed, max_force, rides, steadies, body)
        before = self._hands.get(name)
        if before is not None and before.particles == particles:
            hand.position, hand.shake, hand.drift = before.position, before.shake, before.drift
        self._hands[name] = hand

    def let_go(self, name: str | None = None) -> None:
        """Open one hand, or all."""
        if name is None:
            self._hands.clear()
        else:
            self._hands.pop(name, None)

    def holding(self, name: str) -> bool:
        """Whether this hand holds something."""
        return name in self._hands

    def centre(self, particles: tuple[int, ...]) -> Floats:
        """(3,) the mean position of some atoms, angstrom."""
        centre: Floats = self.frame.positions[list(particles)].mean(axis=0)
        return centre

    def pause(self, time: float) -> Plan[None]:
        """Let simulated time pass, ps."""
        until = self.time + time
        while self.time < until:
            yield from self.until_next_frame()

    def until_next_frame(self, *commands: CommandCall) -> Plan[ClientFrame]:
        """Yield what the hands do now, and wait for a frame: ``frame = yield from ...``."""
        frame = yield Action({name: self._interaction(name) for name in self._hands}, commands)
        # After a reset the clock of the frames starts over; ours goes on.
        elapsed = max(0.0, frame.time - self.frame.time)
        before, self.frame = self.frame, frame
        self.time += elapsed
        if elapsed > 0.0:
            moved = frame.positions - before.positions
            for hand in self._hands.values():
                self._move(hand, moved, elapsed)
        return frame

    def _interaction(self, name: str) -> Interaction:
        hand = self._hands[name]
        return Interaction(
            hand.particles,
            hand.position + hand.shake - hand.steadies * hand.drift,
            hand.k,
            hand.max_force,
            label=f"hand.{name}",
        )

    def _move(self, hand: Hand, moved: Floats, elapsed: float) -> None:
        """Move one hand for ``elapsed`` ps in which the atoms moved by ``moved`` (N, 3) angstrom."""
        if hand.body:
            masses = self.frame.masses[list(hand.body)]
            velocity = masses @ moved[list(hand.body)] / masses.sum() / elapsed
            hand.drift = hand.drift + (velocity - hand.drift) * -np.expm1(-elapsed / SIGHT_TIME)
        if hand.rides is not None:
            hand.position = hand.position + moved[hand.rides]
        way = hand.goal(self.frame) - hand.position
        distance = float(np.linalg.norm(way))
        reach = distance if hand.speed is None else hand.speed * elapsed
        hand.position = hand.position + way * min(1.0, reach / max(distance, 1e-12))
        if self._tremor > 0.0:
            # An Ornstein-Uhlenbeck process: its spread does not depend on how often frames come.
            memory = np.exp(-elapsed / TREMOR_TIME)
            kick = self._rng.normal(size=3) * self._tremor
            hand.shake = memory * hand.shake + np.sqrt(1.0 - memory**2) * kick
