"""What the person in the headset does: controllers in, intents out. No socket, no headset, no clock of its own.

Trigger: hold the nearest atom. Both grips: move, turn and scale the box. Lower button: play or pause. Upper button:
reset. The right hand's fingertip presses the buttons on the left wrist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.vr_client.xr.blend import Blend
from atomtug.vr_client.xr.box import Box, TwoGrips
from atomtug.vr_client.xr.controls import HANDS, Controls, HandControls, HandName
from atomtug.vr_client.xr.grab import REACH, STRONGEST, Hold, mass_of, nearest_atom, strength_of
from atomtug.vr_client.xr.haptics import BOND_CHANGED, GRABBED, PRESSED, Feel, Pulse
from atomtug.vr_client.xr.panel import Panel, PanelCommand
from atomtug.vr_client.xr.seen import Seen, Server, Shared
from atomtug.wire import command_names
from atomtug.wire.interactions import InteractionType

CLOSES, OPENS = 0.1, 0.05
"""Trigger values at which a hand closes and opens."""
GRIPS, RELEASES = 0.7, 0.5
"""Grip values at which a hand takes the box and lets it go."""
SETTLES = 0.5
"""Seconds for which our own idea of the box outlives our moving it, until everyone else has it."""


@dataclass(frozen=True, eq=False)
class Intents:
    """What is to be done about it.

    Args:
        holds: label -> what that hand holds
        commands: to run
        box: where the simulation is
        place: whether the others are to be told of ``box``
        pulses: hand -> vibration
    """

    holds: Mapping[str, Hold]
    commands: tuple[PanelCommand, ...]
    box: Box
    place: bool
    pulses: Mapping[HandName, Pulse]


@dataclass
class HandState:
    """One hand between two moments; what a renderer wants to know of it.

    Args:
        closed: whether the trigger is pressed
        gripping: whether the grip is
        hold: what it holds
        near: the atom it would hold
        force: on what it holds, kJ/mol/nm
    """

    closed: bool = False
    gripping: bool = False
    hold: Hold | None = None
    near: int | None = None
    force: float = 0.0
    bonds: frozenset[int] = frozenset()
    was: HandControls = field(default_factory=HandControls)
    feel: Feel = field(default_factory=Feel)


class Wearer:
    """See the module.

    Args:
        kind: the law of the pull, one of :data:`atomtug.vr_client.xr.grab.KINDS`
        strongest: spring constant of a trigger pressed all the way, kJ/mol/nm^2
        reach: metres within which a hand finds an atom
    """

    def __init__(
        self, kind: InteractionType = "spring", strongest: float = STRONGEST, reach: float = REACH
    ) -> None:
        self.hands: dict[HandName, HandState] = {name: HandState() for name in HANDS}
        self.panel = Panel()
        self.box = Box()
        self.positions: Floats = np.zeros((0, 3))
        """(N, 3) where atoms are shown, nm."""
        self.room: Floats = np.zeros((0, 3))
        """(N, 3) the same in the room, metres."""
        self._kind, self._strongest, self._reach = kind, strongest, reach
        self._blend = Blend()
        self._seen = Seen()
        self._grips: TwoGrips | None = None
        self._moved = -np.inf
        self._own_box: Box | None = None
        """The box where we put it; None: where the others say it is."""
        self._heeded: Shared | None = None
        """The state of things from which the box is."""
        self._grabs = 0

    def step(self, controls: Controls, seen: Seen, shared: Shared, server: Server, now: float) -> Intents:
        """One moment.

        Args:
            controls: head and hands
            seen: the newest frame
            shared: the shared state
            server: the connection
            now: seconds (monotonic), as in ``seen.arrived``
        """
        pulses: dict[HandName, Pulse] = {}
        commands: list[PanelCommand] = []
        changed = self._take(seen, now)
        place = self._place_box(controls, seen, shared, server, now)
        self.positions = self._blend.at(now)
        self.room = self.box.to_room(self.positions)
        for name in HANDS:
            self._buttons(controls.hand(name), self.hands[name], seen, commands)
        pressed = self.panel.step(controls, seen, server)
        if pressed is not None:
            commands.append(pressed)
            pulses["right"] = self.hands["right"].feel.knock(PRESSED, now)
        for name in HANDS:
            pulse = self._hand(name, controls.hand(name), shared, now, changed)
            if pulse is not None:
                pulses.setdefault(name, pulse)
            self.hands[name].was = controls.hand(name)
        holds = {f"hand.{name}": hand.hold for name, hand in self.hands.items() if hand.hold is not None}
        allowed = tuple(command for command in commands if command.name in server.commands)
        return Intents(holds, allowed, self.box, place, pulses)

    def _take(self, seen: Seen, now: float) -> bool:
        """A new frame, if it is one; returns whether it is."""
        before, self._seen = self._seen, seen
        if seen is before:
            return False
        reborn = seen.connection != before.connection
        self._blend.take(seen.positions, min(now, seen.arrived), jump=seen.begins or reborn)
        if reborn or len(seen.elements) != len(before.elements):
            # Another life of the server: what was held is held no more. A pressed trigger grabs anew.
            for hand in self.hands.values():
                hand.hold, hand.closed = None, False
        return True

    # The box ----------------------------------------------------------------------------------------------

    def _place_box(self, controls: Controls, seen: Seen, shared: Shared, server: Server, now: float) -> bool:
        """Where the simulation is; returns whether to tell the others."""
        for name in HANDS:
            hand, squeeze = self.hands[name], controls.hand(name).squeeze
            hand.gripping = squeeze > (RELEASES if hand.gripping else GRIPS)
        left, right = controls.left.pinch, controls.right.pinch
        both = self.hands["left"].gripping and self.hands["right"].gripping
        if both and left is not None and right is not None:
            if self._grips is None:
                self._grips = TwoGrips(self.box, left, right)
            self.box = self._own_box = self._grips.moved(left, right)
            self._moved = now
            return True
        self._grips = None
        if shared.connection != seen.connection or not server.connected:
            return False
        if now < self._moved + SETTLES or (shared is self._heeded and self._own_box is None):
            return False
        theirs = Box.from_scene(shared.scene, shared.origin)
        if theirs is not None:
            self._own_box, self._heeded, self.box = None, shared, theirs
            return False
        if len(seen.positions) and self._own_box is None:
            # Nobody has put it anywhere: it comes to us, and the others are told.
            self.box = self._own_box = Box.around(seen.positions, shared.origin)
            return True
        return False

    # The hands --------------------------------------------------------------------------------------------

    def _buttons(self, now: HandControls, hand: HandState, seen: Seen, commands: list[PanelCommand]) -> None:
        if now.primary and not hand.was.primary:
            commands.append(PanelCommand(command_names.PAUSE if seen.playing else command_names.PLAY))
        if now.secondary and not hand.was.secondary:
            commands.append(PanelCommand(command_names.RESET))

    def _hand(
        self, name: HandName, controls: HandControls, shared: Shared, now: float, fresh: bool
    ) -> Pulse | None:
        """Open, close, pull; returns what it feels."""
        hand = self.hands[name]
        pinch = controls.pinch
        closing = False
        if pinch is None:
            hand.closed, hand.hold, hand.near, hand.force = False, None, None, 0.0
            return None
        closed = controls.trigger > (OPENS if hand.closed else CLOSES)
        if closed and not hand.closed and len(self.room):
            closing = True
        if closed != hand.closed and (not closed or closing):
            hand.closed = closed
        if not hand.closed:
            hand.hold = None
        hand.near = None if hand.hold is not None else nearest_atom(self.room, pinch, self._reach)
        if closing and hand.near is not None:
            hand.hold = self._grab(name, hand.near, shared)
            hand.bonds, hand.near = self._bonded(hand.hold), None
        if hand.hold is None:
            hand.force = 0.0
            return None
        where = self.box.to_simulation(pinch) / NM_PER_ANGSTROM
        hand.hold = replace(
            hand.hold, position=where, k=strength_of(controls.trigger, self._strongest), law=shared.law
        )
        hand.force = max((self._seen.forces.get(index, 0.0) for index in hand.hold.particles), default=0.0)
        if closing:
            return hand.feel.knock(GRABBED, now)
        if fresh and (bonds := self._bonded(hand.hold)) != hand.bonds:
            hand.bonds = bonds
            return hand.feel.knock(BOND_CHANGED, now)
        return hand.feel.hum(hand.force, now)

    def _grab(self, name: HandName, atom: int, shared: Shared) -> Hold:
        self._grabs += 1
        return Hold(
            particles=(atom,),
            position=np.zeros(3),
            k=0.0,
            kind=self._kind,
            label=f"hand.{name}",
            number=self._grabs,
            mass=mass_of(self._seen.elements, (atom,)),
            law=shared.law,
        )

    def _bonded(self, hold: Hold) -> frozenset[int]:
        """Who is bonded to what is held."""
        bonds = self._seen.bonds
        touching = bonds[np.isin(bonds, hold.particles).any(axis=1)]
        return frozenset(int(atom) for atom in touching.ravel()) - frozenset(hold.particles)
