"""Fills the draw list from the newest snapshot of the server and the state of the controllers."""

from functools import partial

import numpy as np

from atomtug.vr_client.xr import shapes
from atomtug.vr_client.xr.bond_styles import BondStyles
from atomtug.vr_client.xr.controllers import ControllerLogic
from atomtug.vr_client.xr.controls import HANDS, Controls, HandName
from atomtug.vr_client.xr.draw_list import Billboard, DrawList, MoleculeLook, ball_radii, linear
from atomtug.vr_client.xr.electrons import atom_colors, spin_rings
from atomtug.vr_client.xr.paint import INTERVAL, NOTICE_SIZE, Painter, paint_notice, paint_panel, panel_facts
from atomtug.vr_client.xr.panel import HEIGHT, WIDTH
from atomtug.vr_client.xr.poses import UP, Pose, turn_between
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot

NOTICE_WIDTH = 0.64
"""Width of a notice, metres."""


class View:
    """Composes what the person in the headset sees. Used from one thread."""

    def __init__(self) -> None:
        self.draw_list = DrawList()
        self._painter = Painter()
        self._facts: tuple[object, ...] = ()
        self._read = -np.inf
        self._bond_styles = BondStyles()
        self._styles = np.zeros(0, dtype=np.int64)
        self._frame, self._count = -1, 0

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
        glowing = []
        for hand in controllers.hands.values():
            if hand.hold is not None:
                glowing += [(atom, 1.0) for atom in hand.hold.particles]
            elif hand.near is not None:
                glowing.append((hand.near, 0.45))
        room = controllers.room
        self._molecule(controllers, controls, snapshot, glowing)
        for name in HANDS:
            self._hand(controllers, name, controls)
        self._others(controllers, shared, room)
        self._panel(controllers, snapshot, server, now)
        self._notice(controls, server.message or snapshot.trouble)
        if (
            controls.head is not None
        ):  # what is transparent shows what was drawn before it: the farthest comes first
            head = controls.head.position
            draw_list.billboards.sort(key=lambda label: -float(np.linalg.norm(label.pose.position - head)))
        return draw_list

    def close(self) -> None:
        """End the painter's thread."""
        self._painter.close()

    def _molecule(
        self,
        controllers: ControllerLogic,
        controls: Controls,
        snapshot: Snapshot,
        glowing: list[tuple[int, float]],
    ) -> None:
        if snapshot.number != self._frame:
            if len(snapshot.elements) != self._count:
                self._bond_styles = BondStyles()
            self._frame, self._count = snapshot.number, len(snapshot.elements)
            self._styles = self._bond_styles.update(snapshot.bonds, snapshot.orders)
        room, size = controllers.room, controllers.box.size
        eye = np.zeros(3) if controls.head is None else controls.head.position
        colors = atom_colors(snapshot, controllers.panel.colouring)
        uncertainty = snapshot.atom_uncertainty if colors is None else np.zeros(0)
        look = MoleculeLook(self._styles, eye, colors, uncertainty, glowing)
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

    def _others(self, controllers: ControllerLogic, shared: SharedSnapshot, room: np.ndarray) -> None:
        for pull in shared.pulls:
            held = [atom for atom in pull.particles if 0 <= atom < len(room)]
            if held:
                shapes.line(
                    self.draw_list,
                    controllers.box.to_room(pull.position),
                    room[held].mean(axis=0),
                    0.0,
                    thin=0.7,
                )
        for avatar in shared.avatars.values():
            red, green, blue = linear(np.array(avatar.color))
            for part, placed in avatar.parts.items():
                pose = controllers.box.from_server(placed)
                if part == "headset":
                    shapes.head(self.draw_list, pose, (red, green, blue))
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
        facts = panel_facts(panel, snapshot, server)
        # Figures change with every frame; a finger on a button is shown at once.
        if now >= self._read + INTERVAL or facts[5:] != self._facts[5:]:
            self._facts, self._read = facts, now
        ready = self._painter.request("panel", self._facts, partial(paint_panel, self._facts))
        if ready is not None:
            self.draw_list.billboards.append(Billboard("panel", *ready, panel.pose, WIDTH, HEIGHT))

    def _notice(self, controls: Controls, text: str) -> None:
        if not text or controls.head is None:
            return
        ready = self._painter.request("notice", text, partial(paint_notice, text))
        if ready is None:
            return
        # Ahead of the eyes and somewhat above, upright, facing them.
        ahead = controls.head.of(np.array([0.0, 0.0, -1.0])) - controls.head.position
        level = np.array([ahead[0], 0.0, ahead[2]])
        level /= max(float(np.linalg.norm(level)), 1e-6)
        turn = turn_between(np.array([0.0, 0.0, 1.0]), -level)
        place = Pose(controls.head.position + 1.1 * level + 0.22 * UP, turn)
        height = NOTICE_WIDTH * NOTICE_SIZE[1] / NOTICE_SIZE[0]
        self.draw_list.billboards.append(Billboard("notice", *ready, place, NOTICE_WIDTH, height))
