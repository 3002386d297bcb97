"""Fills the draw list from the newest snapshot of the server and the state of the controllers."""

from functools import partial

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.vr_client.xr import shapes
from atomtug.vr_client.xr.bond_styles import BondStyles
from atomtug.vr_client.xr.box import before_chest
from atomtug.vr_client.xr.controllers import ControllerLogic
from atomtug.vr_client.xr.controls import HANDS, Controls, HandName
from atomtug.vr_client.xr.draw_list import Billboard, DrawList, MoleculeLook, ball_radii, linear
from atomtug.vr_client.xr.electrons import atom_colors, spin_rings
from atomtug.vr_client.xr.history import INTERVAL, History
from atomtug.vr_client.xr.paint import (
    LABEL_SIZE,
    NOTICE_SIZE,
    SIGN_SIZE,
    Painter,
    paint_label,
    paint_notice,
    paint_sign,
)
from atomtug.vr_client.xr.panel import HEIGHT, WIDTH
from atomtug.vr_client.xr.panel_picture import PanelFacts, paint_panel, panel_facts
from atomtug.vr_client.xr.poses import UP, Pose, turn_between
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot

NOTICE_WIDTH, SIGN_WIDTH, NAME_WIDTH, DISTANCE_WIDTH = 0.64, 0.42, 0.20, 0.08
"""Widths of a notice, of the sign, of a name and of a measured distance, metres."""
ASIDE = 0.55
"""How far the sign stands to the left of the molecule, metres."""
_TAPE = linear(np.array([1.0, 0.85, 0.3]))


class View:
    """Composes what the person in the headset sees. Used from one thread."""

    def __init__(self) -> None:
        self.draw_list = DrawList()
        self._painter = Painter()
        self._history = History()
        self._facts: PanelFacts | None = None
        self._read = -np.inf
        self._bond_styles = BondStyles()
        self._styles = np.zeros(0, dtype=np.int64)
        self._frame, self._count = -1, 0
        self._sign: Pose | None = None

    def compose(
        self,
        controllers: ControllerLogic,
        controls: Controls,
        snapshot: Snapshot,
        shared: SharedSnapshot,
        server: ServerStatus,
        now: float,
    ) -> DrawList:
        """Fill the draw list for one moment, after ``controllers.step`` with the same arguments."""
        draw_list = self.draw_list
        draw_list.clear()
        glowing = [(atom, 1.0) for atom in controllers.measure.atoms]
        for hand in controllers.hands.values():
            if hand.hold is not None:
                glowing += [(atom, 1.0) for atom in hand.hold.particles]
            elif hand.near is not None:
                glowing.append((hand.near, 0.45))
        eye = np.zeros(3) if controls.head is None else controls.head.position
        self._molecule(controllers, eye, snapshot, glowing)
        for name in HANDS:
            self._hand(controllers, name, controls)
        self._distance(controllers, snapshot, eye)
        self._others(controllers, shared, eye)
        self._history.add(snapshot, now)
        self._panel(controllers, snapshot, server, now)
        self._notice(controls, server.message or snapshot.trouble)
        self._help(controllers, controls)
        # What is transparent shows what was drawn before it: the farthest comes first.
        draw_list.billboards.sort(key=lambda label: -float(np.linalg.norm(label.pose.position - eye)))
        return draw_list

    def close(self) -> None:
        """End the painter's thread."""
        self._painter.close()

    def _molecule(
        self,
        controllers: ControllerLogic,
        eye: Floats,
        snapshot: Snapshot,
        glowing: list[tuple[int, float]],
    ) -> None:
        if snapshot.number != self._frame:
            if len(snapshot.elements) != self._count:
                self._bond_styles = BondStyles()
            self._frame, self._count = snapshot.number, len(snapshot.elements)
            self._styles = self._bond_styles.update(snapshot.bonds, snapshot.orders)
        room, size = controllers.room, controllers.box.size
        colors = atom_colors(snapshot, controllers.panel.colouring)
        look = MoleculeLook(self._styles, eye, colors, glowing)
        self.draw_list.molecule(room, snapshot.elements, snapshot.bonds, size, look)
        if len(snapshot.spins) == len(room):
            radii = ball_radii(snapshot.elements) * size
            self.draw_list.billboards += spin_rings(snapshot.spins, room, radii, size, eye)

    def _hand(self, controllers: ControllerLogic, name: HandName, controls: Controls) -> None:
        its, hand = controls.hand(name), controllers.hands[name]
        pinch = its.pinch
        if its.grip is None or pinch is None:
            return
        glow = 0.25 if hand.gripping else 0.0
        shapes.hand(self.draw_list, name, its.grip, pinch, its.trigger, glow=glow)
        if hand.hold is not None:
            shapes.line(
                self.draw_list, pinch, controllers.room[list(hand.hold.particles)].mean(axis=0), hand.force
            )

    def _distance(self, controllers: ControllerLogic, snapshot: Snapshot, eye: Floats) -> None:
        """The distance that is measured, beside the line between its atoms."""
        text = controllers.measure.text(snapshot.positions)
        if not text:
            return
        ends = controllers.room[list(controllers.measure.atoms)]
        self.draw_list.tube(ends, 0.0012, (_TAPE[0], _TAPE[1], _TAPE[2]), 0.4)
        self._label("distance", text, ends.mean(axis=0) + 0.03 * UP, eye, DISTANCE_WIDTH, (1.0, 0.85, 0.3))

    def _others(self, controllers: ControllerLogic, shared: SharedSnapshot, eye: Floats) -> None:
        room = controllers.room
        for pull in shared.pulls:
            held = [atom for atom in pull.particles if 0 <= atom < len(room)]
            if held:
                place = controllers.box.to_room(pull.position)
                shapes.line(self.draw_list, place, room[held].mean(axis=0), 0.0, thin=0.7)
        for player, avatar in shared.avatars.items():
            red, green, blue = linear(np.array(avatar.color))
            for part, placed in avatar.parts.items():
                pose = controllers.box.from_server(placed)
                if part == "headset":
                    shapes.head(self.draw_list, pose, (red, green, blue))
                    above = pose.position + 0.22 * UP
                    self._label(f"name {player}", avatar.name, above, eye, NAME_WIDTH, avatar.color)
                for name in HANDS:
                    if part == f"hand.{name}":
                        pinch = pose.of(np.array([0.0, 0.0, -0.08]))
                        shapes.hand(self.draw_list, name, pose, pinch, 0.5, (red, green, blue))

    def _panel(
        self, controllers: ControllerLogic, snapshot: Snapshot, server: ServerStatus, now: float
    ) -> None:
        panel = controllers.panel
        if panel.pose is None:
            return
        measuring = controllers.measure.active
        facts = panel_facts(panel, snapshot, server, self._history, controllers.strength, measuring)
        # Figures change with every frame; a finger on a button is shown at once.
        if self._facts is None or now >= self._read + INTERVAL or not facts.same_but_figures(self._facts):
            self._facts, self._read = facts, now
        ready = self._painter.request("panel", self._facts, partial(paint_panel, self._facts))
        if ready is not None:
            self.draw_list.billboards.append(Billboard("panel", *ready, panel.pose, WIDTH, HEIGHT))

    def _notice(self, controls: Controls, text: str) -> None:
        """A sentence ahead of the eyes and somewhat above, upright, facing them."""
        if not text or controls.head is None:
            return
        ready = self._painter.request("notice", text, partial(paint_notice, text))
        if ready is None:
            return
        level = _level(controls.head)
        turn = turn_between(np.array([0.0, 0.0, 1.0]), -level)
        place = Pose(controls.head.position + 1.1 * level + 0.22 * UP, turn)
        height = NOTICE_WIDTH * NOTICE_SIZE[1] / NOTICE_SIZE[0]
        self.draw_list.billboards.append(Billboard("notice", *ready, place, NOTICE_WIDTH, height))

    def _help(self, controllers: ControllerLogic, controls: Controls) -> None:
        """The sign, to the left of where the molecule comes to; it stays where it was put up."""
        if not controllers.helping or controls.head is None:
            self._sign = None
            return
        if self._sign is None or controls.recentred:
            level = _level(controls.head)
            left = np.cross(UP, level)
            place = before_chest(controls.head) + ASIDE * left + 0.15 * level + 0.15 * UP
            facing = controls.head.position - place
            facing[1] = 0.0
            self._sign = Pose(place, turn_between(np.array([0.0, 0.0, 1.0]), facing))
        ready = self._painter.request("sign", (), paint_sign)
        if ready is not None:
            height = SIGN_WIDTH * SIGN_SIZE[1] / SIGN_SIZE[0]
            self.draw_list.billboards.append(Billboard("sign", *ready, self._sign, SIGN_WIDTH, height))

    def _label(
        self,
        name: str,
        text: str,
        place: Floats,
        eye: Floats,
        width: float,
        color: tuple[float, float, float],
    ) -> None:
        """A short text somewhere, upright, facing the eye."""
        ready = self._painter.request(name, (text, color), partial(paint_label, text, color))
        facing = (eye - place) * [1.0, 0.0, 1.0]
        if ready is not None and text:
            turn = turn_between(np.array([0.0, 0.0, 1.0]), facing)
            height = width * LABEL_SIZE[1] / LABEL_SIZE[0]
            self.draw_list.billboards.append(Billboard(name, *ready, Pose(place, turn), width, height))


def _level(head: Pose) -> Floats:
    """(3,) the horizontal direction ahead of a head."""
    ahead = before_chest(head) - head.position
    ahead[1] = 0.0
    level: Floats = ahead / np.linalg.norm(ahead)
    return level
