"""From the state of the controllers to requests. This uses no socket, no headset and no clock of its own.

Trigger: hold the nearest atom. A grip: move and turn the box, both: scale it too. Lower button: play or pause. Upper
button: undo. Thumbstick: how strong the pull is. The right hand's fingertip presses the buttons on the left wrist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.vr_client.client.command_call import CommandCall
from atomtug.vr_client.xr.box import Box
from atomtug.vr_client.xr.controls import HANDS, Controls, HandControls, HandName
from atomtug.vr_client.xr.grab import (
    REACH,
    STRONGEST,
    STRONGEST_SETTING,
    WEAKEST_SETTING,
    ControllerInteraction,
    counterweight,
    mass_of,
    nearest_atom,
    spring_constant,
    strength_of,
)
from atomtug.vr_client.xr.haptics import BOND_CHANGED, GRABBED, PRESSED, HapticChannel, Pulse
from atomtug.vr_client.xr.interpolation import PositionInterpolator
from atomtug.vr_client.xr.measure import Measure
from atomtug.vr_client.xr.panel import Panel
from atomtug.vr_client.xr.placement import Placement
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot
from atomtug.wire import command_names
from atomtug.wire.interactions import InteractionType

CLOSES, OPENS = 0.1, 0.05
"""Trigger values above which a hand closes, and below which it opens."""
GRIPS, RELEASES = 0.7, 0.5
"""Grip values above which a hand holds the box, and below which it releases it."""
PUSHED = 0.5
"""Thumbstick value from which on it changes the strength of the pull, by a factor of 2 a second."""
STRENGTH_STEP = 1.25
"""Factor by which a press of the panel changes the strength."""


@dataclass(frozen=True, eq=False)
class Intents:
    """What the person in the headset requests in one moment.

    Args:
        holds: label -> what that hand holds
        commands: to run
        box: where the simulation is
        place: whether the others are to be told of ``box``
        pulses: hand -> vibration
    """

    holds: Mapping[str, ControllerInteraction]
    commands: tuple[CommandCall, ...]
    box: Box
    place: bool
    pulses: Mapping[HandName, Pulse]


@dataclass
class HandState:
    """The state of one hand, for the next moment and for drawing.

    Args:
        closed: whether the trigger is pressed
        gripping: whether the grip is
        hold: what it holds
        near: the atom it would hold
        force: on what it holds, kJ/mol/nm
        bonds: the atoms bonded to those that it holds
        was: its controller in the moment before
        feel: what its controller is made to vibrate by
    """

    closed: bool = False
    gripping: bool = False
    hold: ControllerInteraction | None = None
    near: int | None = None
    force: float = 0.0
    bonds: frozenset[int] = frozenset()
    was: HandControls = field(default_factory=HandControls)
    feel: HapticChannel = field(default_factory=HapticChannel)


class ControllerLogic:
    """Turns the controllers' state into requests, one moment after the other.

    Args:
        kind: the law of the pull, one of :data:`atomtug.vr_client.xr.grab.KINDS`
        strongest: force of a trigger pressed all the way for a centimetre of stretch, kJ/mol/nm
        reach: metres within which a hand finds an atom
    """

    def __init__(
        self, kind: InteractionType = "spring", strongest: float = STRONGEST, reach: float = REACH
    ) -> None:
        self.hands: dict[HandName, HandState] = {name: HandState() for name in HANDS}
        self.panel = Panel()
        self.placement = Placement()
        self.measure = Measure()
        self.helping = True
        """Whether the sign is shown that says what one can do."""
        self.strength = strongest
        """Force of a fully pressed trigger for a centimetre of stretch, kJ/mol/nm."""
        self.positions: Floats = np.zeros((0, 3))
        """(N, 3) displayed positions of the atoms, nm."""
        self.room: Floats = np.zeros((0, 3))
        """(N, 3) displayed positions in the room, metres."""
        self._kind, self._reach = kind, reach
        self._blend = PositionInterpolator()
        self._snapshot = Snapshot()
        self._grabs = 0
        self._now = 0.0

    @property
    def box(self) -> Box:
        """Where the simulation is."""
        return self.placement.box

    def step(
        self, controls: Controls, snapshot: Snapshot, shared: SharedSnapshot, server: ServerStatus, now: float
    ) -> Intents:
        """Process one moment.

        Args:
            controls: head and hands
            snapshot: the newest frame
            shared: the shared state
            server: the connection
            now: seconds (monotonic), as in ``snapshot.arrived``
        """
        pulses: dict[HandName, Pulse] = {}
        commands: list[CommandCall] = []
        changed = self._add_frame(snapshot, now)
        for name in HANDS:
            hand, squeeze = self.hands[name], controls.hand(name).squeeze
            hand.gripping = squeeze > (RELEASES if hand.gripping else GRIPS)
        gripping = {name: hand.gripping for name, hand in self.hands.items()}
        place = self.placement.step(controls, gripping, snapshot, shared, server, now)
        self.positions = self._blend.at(now)
        self.room = self.box.to_room(self.positions)
        passed, self._now = min(now - self._now, 0.1), now
        for name in HANDS:
            self._buttons(controls.hand(name), self.hands[name], snapshot, commands)
            self._set_strength(controls.hand(name).lever, passed)
        pressed = self.panel.step(controls, snapshot, server)
        if pressed:
            self._panel_button(pressed)
            if (command := self.panel.command(pressed, snapshot, server)) is not None:
                commands.append(command)
            pulses["right"] = self.hands["right"].feel.event(PRESSED, now)
        for name in HANDS:
            pulse = self._hand(name, controls.hand(name), shared, now, changed)
            if pulse is not None:
                pulses.setdefault(name, pulse)
            self.hands[name].was = controls.hand(name)
        holds = {f"hand.{name}": hand.hold for name, hand in self.hands.items() if hand.hold is not None}
        allowed = tuple(command for command in commands if command.name in server.commands)
        return Intents(holds, allowed, self.box, place, pulses)

    def _add_frame(self, snapshot: Snapshot, now: float) -> bool:
        """Take over a frame; returns whether it is a new one."""
        before, self._snapshot = self._snapshot, snapshot
        if snapshot is before:
            return False
        reborn = snapshot.connection != before.connection
        self._blend.add_frame(snapshot.positions, min(now, snapshot.arrived), jump=snapshot.begins or reborn)
        self.measure.keep(len(snapshot.elements))
        if reborn or len(snapshot.elements) != len(before.elements):
            # The server was started again, so nothing is held any more. A pressed trigger grabs again.
            for hand in self.hands.values():
                hand.hold, hand.closed = None, False
        return True

    # The hands --------------------------------------------------------------------------------------------

    def _buttons(
        self, now: HandControls, hand: HandState, snapshot: Snapshot, commands: list[CommandCall]
    ) -> None:
        if now.primary and not hand.was.primary:
            commands.append(CommandCall(command_names.PAUSE if snapshot.playing else command_names.PLAY))
        if now.secondary and not hand.was.secondary:
            commands.append(CommandCall(command_names.RESTORE_CHECKPOINT))
        if now.stick and not hand.was.stick:
            commands.append(CommandCall(command_names.USER_RELAX))

    def _panel_button(self, name: str) -> None:
        """Do what a button of the panel does here, whatever it asks of the server."""
        if name == "here":
            self.placement.bring()
        elif name == "measure":
            self.measure.toggle()
        elif name == "help":
            self.helping = not self.helping
        elif name in ("weaker", "stronger"):
            self._scale_strength(STRENGTH_STEP if name == "stronger" else 1.0 / STRENGTH_STEP)

    def _set_strength(self, lever: float, seconds: float) -> None:
        if abs(lever) > PUSHED:
            self._scale_strength(2.0 ** float(np.sign(lever) * seconds))

    def _scale_strength(self, factor: float) -> None:
        self.strength = float(np.clip(self.strength * factor, WEAKEST_SETTING, STRONGEST_SETTING))

    def _hand(
        self, name: HandName, controls: HandControls, shared: SharedSnapshot, now: float, fresh: bool
    ) -> Pulse | None:
        """Update one hand; returns its vibration."""
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
        if closing and hand.near is not None and self.measure.active:
            self.measure.touch(hand.near)
            return hand.feel.event(GRABBED, now)
        if closing and hand.near is not None:
            self.helping = False
            hand.hold = self._grab(name, hand.near, shared)
            hand.bonds, hand.near = self._bonded(hand.hold), None
        if hand.hold is None:
            hand.force = 0.0
            return None
        where = self.box.to_simulation(pinch) / NM_PER_ANGSTROM
        strength = strength_of(controls.trigger, self.strength)
        k = spring_constant(strength, self.box.size, self._kind)
        hand.hold = replace(hand.hold, position=where, k=k, law=shared.law)
        hand.force = max(
            (self._snapshot.forces.get(index, 0.0) for index in hand.hold.particles), default=0.0
        )
        if closing:
            return hand.feel.event(GRABBED, now)
        if fresh and (bonds := self._bonded(hand.hold)) != hand.bonds:
            hand.bonds = bonds
            counter = counterweight(hand.hold.particles[0], self._snapshot.bonds)
            hand.hold = replace(hand.hold, counter_particles=counter)
            return hand.feel.event(BOND_CHANGED, now)
        return hand.feel.follow_force(hand.force, now)

    def _grab(self, name: HandName, atom: int, shared: SharedSnapshot) -> ControllerInteraction:
        self._grabs += 1
        return ControllerInteraction(
            particles=(atom,),
            position=np.zeros(3),
            k=0.0,
            kind=self._kind,
            label=f"hand.{name}",
            number=self._grabs,
            counter_particles=counterweight(atom, self._snapshot.bonds),
            mass=mass_of(self._snapshot.elements, (atom,), self._snapshot.masses),
            law=shared.law,
        )

    def _bonded(self, hold: ControllerInteraction) -> frozenset[int]:
        """The atoms bonded to the atoms that are held."""
        bonds = self._snapshot.bonds
        touching = bonds[np.isin(bonds, hold.particles).any(axis=1)]
        return frozenset(int(atom) for atom in touching.ravel()) - frozenset(hold.particles)
