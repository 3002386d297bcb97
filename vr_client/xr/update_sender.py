"""Sends the hands' interactions to a server, in a thread of its own: a press at once, moves at a limited rate."""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from atomtug.core.errors import AtomtugError, CommandFailed
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.client.interaction import Interaction
from atomtug.vr_client.xr.avatars import AVATAR, INTERVAL, avatar_value
from atomtug.vr_client.xr.box import Box
from atomtug.vr_client.xr.controls import Controls
from atomtug.vr_client.xr.grab import ControllerInteraction
from atomtug.vr_client.xr.snapshot import SharedSnapshot
from atomtug.wire.state_keys import INTERACTION_PREFIX

MOVE_INTERVAL = 1 / 60
"""Least seconds between two updates of a hand that only moved."""
SCENE = "scene"


class UpdateSender:
    """Sends the updates of one connection. A newer update replaces an older one that was not sent yet.

    Args:
        client: the connection
        name: what others call us
        connection: its number
        on_state: is given the shared state whenever it changed
        notify: is given sentences for the person in the headset
    """

    def __init__(
        self,
        client: Client,
        name: str,
        connection: int,
        on_state: Callable[[SharedSnapshot], None],
        notify: Callable[[str], None],
    ) -> None:
        self._client = client
        self._name = name
        self._connection = connection
        self._on_state, self._notify = on_state, notify
        self._wanted: Mapping[str, ControllerInteraction] = {}
        self._sent: dict[str, tuple[str, ControllerInteraction]] = {}
        """Label -> the key of its interaction, and the interaction as it was last sent."""
        self._figure: tuple[Controls, Box] | None = None
        self._box: Box | None = None
        self._state: Mapping[str, Any] | None = None
        self._closing = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="atomtug-vr-messenger", daemon=True)
        self._thread.start()

    def hold(self, holds: Mapping[str, ControllerInteraction]) -> None:
        """Set the interactions of the hands, by label."""
        with self._news:
            if holds or self._wanted:
                self._wanted = holds
                self._news.notify()

    def show(self, controls: Controls, box: Box) -> None:
        """Set the positions of head and hands."""
        self._figure = (controls, box)

    def place(self, box: Box) -> None:
        """Set the pose of the box."""
        self._box = box

    def close(self) -> None:
        """Remove the avatar and end the thread."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(timeout=10.0)

    def _work(self) -> None:
        moved = shown = 0.0
        while True:
            with self._news:
                if not (self._closing or self._pressing()):
                    now = time.monotonic()
                    due = moved + MOVE_INTERVAL if self._changes() else shown + INTERVAL
                    self._news.wait(max(0.0, due - now))
                if self._closing:
                    break
                now = time.monotonic()
                send = self._pressing() or now >= moved + MOVE_INTERVAL
                changes = self._changes() if send else {}
            try:
                if changes:
                    moved = now
                    self._report(changes)
                if now >= shown + INTERVAL:
                    shown = now
                    self._exchange_state()
            except CommandFailed as error:
                self._notify(str(error))
            except AtomtugError:
                # The link's own thread sees that the connection is gone, and closes us.
                time.sleep(INTERVAL)
        self._remove_avatar()

    def _pressing(self) -> bool:
        """Whether a hand closed or opened since the last message."""
        sent = {label: hold.number for label, (_, hold) in self._sent.items()}
        return sent != {label: hold.number for label, hold in self._wanted.items()}

    def _changes(self) -> dict[str, tuple[str, ControllerInteraction | None]]:
        """Label -> the update to send: the key, and the interaction (None: it ends)."""
        changes: dict[str, tuple[str, ControllerInteraction | None]] = {}
        for label, (key, hold) in self._sent.items():
            wanted = self._wanted.get(label)
            if wanted is None or wanted.number != hold.number:
                changes[label] = (key, None)
        for label, wanted in self._wanted.items():
            known = self._sent.get(label)
            if known is None or known[1].number != wanted.number:
                # One that takes the place of another waits for the next round, as one label has one entry.
                changes.setdefault(label, (f"{INTERACTION_PREFIX}{uuid.uuid4()}", wanted))
            elif not _same(known[1], wanted):
                changes[label] = (known[0], wanted)
        return changes

    def _report(self, changes: Mapping[str, tuple[str, ControllerInteraction | None]]) -> None:
        said: dict[str, Interaction | None] = dict(changes.values())
        for label, (key, hold) in changes.items():
            if hold is None:
                self._sent.pop(label, None)
            else:
                self._sent[label] = (key, hold)
        self._client.change_interactions(said)

    def _exchange_state(self) -> None:
        """Send head, hands and box, and receive the shared state."""
        state = self._client.state
        if state and state != self._state:
            self._state = state
            self._on_state(SharedSnapshot.of(state, self._client.owner, self._connection))
        changes: dict[str, Any] = {}
        figure, box = self._figure, self._box
        if figure is not None:
            self._figure = None
            changes[AVATAR + self._client.owner] = avatar_value(self._client.owner, self._name, *figure)
        if box is not None:
            self._box = None
            changes[SCENE] = box.to_scene()
        if changes:
            self._client.update_state(changes)

    def _remove_avatar(self) -> None:
        with contextlib.suppress(AtomtugError):  # it is gone, and we with it
            self._client.update_state({AVATAR + self._client.owner: None})


def _same(a: ControllerInteraction, b: ControllerInteraction) -> bool:
    same = a.k == b.k and a.counter_particles == b.counter_particles
    return same and np.array_equal(a.position, b.position)
