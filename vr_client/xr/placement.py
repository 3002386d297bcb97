"""Where the simulation stands in the room: it comes to the person, hands move it, others may move it too."""

from collections.abc import Mapping

import numpy as np

from atomtug.vr_client.xr.box import Box, extent
from atomtug.vr_client.xr.controls import HANDS, Controls, HandName
from atomtug.vr_client.xr.grips import OneGrip, TwoGrips
from atomtug.vr_client.xr.poses import Pose
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot

SETTLES = 0.5
"""Seconds after moving the box during which the shared pose is ignored, until the server has ours."""


class Placement:
    """The place of the simulation, one moment after the other.

    It comes before the person at the beginning, with another molecule, when the runtime recentres, and when asked.
    A person who is alone has the shared box placed and scaled. Where others wear headsets too, the box stays where
    it is and the person's own place changes. A server that is started again gets the box as it was.
    """

    def __init__(self) -> None:
        self.box = Box()
        self._wanted = True
        self._grips: OneGrip | TwoGrips | None = None
        self._gripping: tuple[HandName, ...] = ()
        self._moved = -np.inf
        self._own: Box | None = None
        """The box as this client moved it; None where the shared pose is used."""
        self._source: SharedSnapshot | None = None
        """The shared state that the box was taken from."""
        self._origin: Pose | None = None
        """Our own place in server space; None where the server's is used."""
        self._theirs: Pose | None = None
        """Our place in server space as the server last had it."""
        self._connection, self._count = 0, 0

    def bring(self) -> None:
        """Bring the simulation before the person, as soon as their head is known."""
        self._wanted = True

    def step(
        self,
        controls: Controls,
        gripping: Mapping[HandName, bool],
        snapshot: Snapshot,
        shared: SharedSnapshot,
        server: ServerStatus,
        now: float,
    ) -> bool:
        """Process one moment; returns whether the others are to be told of :attr:`box`.

        Args:
            controls: head and hands
            gripping: hand -> whether it holds the box
            snapshot: the newest frame
            shared: the shared state
            server: the connection
            now: seconds
        """
        if controls.recentred:
            self.bring()
        if self._follow_grips(controls, gripping):
            self._moved, self._own = now, self.box
            return True
        known = shared.connection == snapshot.connection and server.connected
        if not known or not len(snapshot.positions):
            return False
        again = 0 < self._connection != snapshot.connection
        if self._count not in (0, len(snapshot.positions)):
            self.bring()
        self._connection, self._count = snapshot.connection, len(snapshot.positions)
        if self._theirs is None or not _same(self._theirs, shared.origin):
            self._theirs, self._origin = shared.origin, None
        if self._wanted and controls.head is not None:
            return self._come(controls.head, snapshot, shared, now)
        if again:
            self._moved, self._own = now, self.box
            return True
        return self._follow_others(snapshot, shared, now)

    def _follow_grips(self, controls: Controls, gripping: Mapping[HandName, bool]) -> bool:
        """Move the box with the hands that hold it; returns whether any does."""
        fists = {name: fist for name in HANDS if (fist := controls.hand(name).fist) is not None}
        holding = tuple(name for name in HANDS if gripping[name] and name in fists)
        if holding != self._gripping or not holding:
            self._gripping, self._grips = holding, None
        if len(holding) == 2:
            left, right = fists["left"], fists["right"]
            if not isinstance(self._grips, TwoGrips):
                self._grips = TwoGrips(self.box, left, right)
            self.box = self._grips.moved(left, right)
        elif holding:
            hand = fists[holding[0]]
            if not isinstance(self._grips, OneGrip):
                self._grips = OneGrip(self.box, hand)
            self.box = self._grips.moved(hand)
        return bool(holding)

    def _come(self, head: Pose, snapshot: Snapshot, shared: SharedSnapshot, now: float) -> bool:
        """Bring the simulation to the person; returns whether it was moved for all."""
        self._wanted = False
        middle, radius = extent(snapshot.positions, snapshot.masses)
        place = self._origin or shared.origin
        others = [
            avatar.parts["headset"].position
            for avatar in shared.avatars.values()
            if "headset" in avatar.parts
        ]
        theirs = Box.from_scene(shared.scene, place)
        if others and theirs is not None:
            self.box = theirs.seen_from(head, middle, others)
            self._origin, self._own, self._source = self.box.origin, None, shared
            return False
        self.box = self._own = Box.before(head, middle, radius, place)
        self._moved = now
        return True

    def _follow_others(self, snapshot: Snapshot, shared: SharedSnapshot, now: float) -> bool:
        """Take the box of the shared state; returns whether nobody has placed it, so that ours is to be sent."""
        if now < self._moved + SETTLES or (shared is self._source and self._own is None):
            return False
        origin = self._origin or shared.origin
        theirs = Box.from_scene(shared.scene, origin)
        if theirs is not None:
            self._own, self._source, self.box = None, shared, theirs
            return False
        if self._own is None:
            self.box = self._own = Box.around(snapshot.positions, origin)
            return True
        return False


def _same(a: Pose, b: Pose) -> bool:
    return np.array_equal(a.position, b.position) and np.array_equal(a.orientation, b.orientation)
