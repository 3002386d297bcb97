"""From what is known and what hands do to what is seen: fills a :class:`~atomtug.vr_client.xr.tableau.Tableau`."""

from functools import partial

import numpy as np

from atomtug.vr_client.xr import figures
from atomtug.vr_client.xr.controls import HANDS, Controls, HandName
from atomtug.vr_client.xr.paint import INTERVAL, NOTICE_SIZE, Painter, paint_notice, paint_panel, panel_facts
from atomtug.vr_client.xr.panel import HEIGHT, WIDTH
from atomtug.vr_client.xr.poses import UP, Pose, turn_between
from atomtug.vr_client.xr.seen import Seen, Server, Shared
from atomtug.vr_client.xr.tableau import Label, Tableau, linear
from atomtug.vr_client.xr.wearer import Wearer

NOTICE_WIDTH = 0.64
"""Metres."""


class View:
    """What the wearer sees. One thread."""

    def __init__(self) -> None:
        self.tableau = Tableau()
        self._painter = Painter()
        self._facts: tuple[object, ...] = ()
        self._read = -np.inf

    def compose(
        self, wearer: Wearer, controls: Controls, seen: Seen, shared: Shared, server: Server, now: float
    ) -> Tableau:
        """One moment, after ``wearer.step`` with the same arguments."""
        tableau = self.tableau
        tableau.clear()
        glowing = []
        for hand in wearer.hands.values():
            if hand.hold is not None:
                glowing += [(atom, 1.0) for atom in hand.hold.particles]
            elif hand.near is not None:
                glowing.append((hand.near, 0.45))
        room = wearer.room
        tableau.molecule(room, seen.elements, seen.bonds, wearer.box.size, seen.doubts, glowing)
        for name in HANDS:
            self._hand(wearer, name, controls)
        self._others(wearer, shared, room)
        self._panel(wearer, seen, server, now)
        self._notice(controls, server.message or seen.trouble)
        return tableau

    def close(self) -> None:
        """End the painter's thread."""
        self._painter.close()

    def _hand(self, wearer: Wearer, name: HandName, controls: Controls) -> None:
        its, hand = controls.hand(name), wearer.hands[name]
        pinch = its.pinch
        if its.grip is None or pinch is None:
            return
        glow = 0.25 if hand.gripping else 0.0
        figures.hand(self.tableau, name, its.grip, pinch, its.trigger, glow=glow)
        if hand.hold is not None:
            figures.line(self.tableau, pinch, wearer.room[list(hand.hold.particles)].mean(axis=0), hand.force)

    def _others(self, wearer: Wearer, shared: Shared, room: np.ndarray) -> None:
        for pull in shared.pulls:
            held = [atom for atom in pull.particles if 0 <= atom < len(room)]
            if held:
                figures.line(
                    self.tableau, wearer.box.to_room(pull.position), room[held].mean(axis=0), 0.0, thin=0.7
                )
        for avatar in shared.avatars.values():
            red, green, blue = linear(np.array(avatar.color))
            for part, placed in avatar.parts.items():
                pose = wearer.box.from_server(placed)
                if part == "headset":
                    figures.head(self.tableau, pose, (red, green, blue))
                for name in HANDS:
                    if part == f"hand.{name}":
                        pinch = pose.of(np.array([0.0, 0.0, -0.08]))
                        figures.hand(self.tableau, name, pose, pinch, 0.5, (red, green, blue))

    def _panel(self, wearer: Wearer, seen: Seen, server: Server, now: float) -> None:
        panel = wearer.panel
        if panel.pose is None:
            return
        facts = panel_facts(panel, seen, server)
        # Figures change with every frame; a finger on a button is shown at once.
        if now >= self._read + INTERVAL or facts[5:] != self._facts[5:]:
            self._facts, self._read = facts, now
        ready = self._painter.want("panel", self._facts, partial(paint_panel, self._facts))
        if ready is not None:
            self.tableau.labels.append(Label("panel", *ready, panel.pose, WIDTH, HEIGHT))

    def _notice(self, controls: Controls, text: str) -> None:
        if not text or controls.head is None:
            return
        ready = self._painter.want("notice", text, partial(paint_notice, text))
        if ready is None:
            return
        # Ahead of the eyes and somewhat above, upright, facing them.
        ahead = controls.head.of(np.array([0.0, 0.0, -1.0])) - controls.head.position
        level = np.array([ahead[0], 0.0, ahead[2]])
        level /= max(float(np.linalg.norm(level)), 1e-6)
        turn = turn_between(np.array([0.0, 0.0, 1.0]), -level)
        place = Pose(controls.head.position + 1.1 * level + 0.22 * UP, turn)
        height = NOTICE_WIDTH * NOTICE_SIZE[1] / NOTICE_SIZE[0]
        self.tableau.labels.append(Label("notice", *ready, place, NOTICE_WIDTH, height))
