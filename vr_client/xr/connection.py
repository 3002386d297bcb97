"""The headset's connection to the server: threads that receive its state and send what the controllers do.

The frame loop only reads :attr:`ServerConnection.snapshot`, :attr:`ServerConnection.shared` and
:attr:`ServerConnection.server`, and leaves requests; it never waits for the network. When a server goes away, the
connection tries again until it is back, and starts from the beginning with it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from atomtug.core.closing import Closing
from atomtug.core.errors import AtomtugError, ConnectionFailed
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.xr.box import Box
from atomtug.vr_client.xr.command_worker import CommandWorker
from atomtug.vr_client.xr.controls import Controls
from atomtug.vr_client.xr.electrons import state_change_text
from atomtug.vr_client.xr.grab import ControllerInteraction
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot
from atomtug.vr_client.xr.update_sender import UpdateSender

RETRY = 1.0
"""Seconds between two attempts to reach a server."""
LOOK = 0.5
"""Seconds without a frame after which the connection is checked."""
NOTICE = 6.0
"""Seconds for which a notice stays."""


class ServerConnection(Closing):
    """A connection to a server that is made again whenever it breaks.

    Args:
        connect: makes a connection
        name: what others call us
    """

    def __init__(self, connect: Callable[[], Client], name: str = "") -> None:
        self.snapshot = Snapshot()
        """The newest frame."""
        self.shared = SharedSnapshot()
        """The shared state."""
        self.arrived = threading.Event()
        """Set whenever a frame has come, for threads that wait for one."""
        self._connect = connect
        self._name = name
        self._messenger: UpdateSender | None = None
        self._commander: CommandWorker | None = None
        self._connection = 0
        self._notice, self._notice_until = "Looking for the server.", np.inf
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="atomtug-vr-link", daemon=True)
        self._thread.start()

    # For the frame loop -----------------------------------------------------------------------------------

    @property
    def server(self) -> ServerStatus:
        """The server's commands and engines, and a notice about the connection."""
        commander = self._commander
        notice = self._notice if time.monotonic() < self._notice_until else ""
        if commander is None:
            return ServerStatus(False, notice)
        return ServerStatus(
            True, notice, commander.names, commander.engines, commander.systems, self.shared.undoable
        )

    def hold(self, holds: Mapping[str, ControllerInteraction]) -> None:
        """Set the interactions of the hands, by label."""
        if (messenger := self._messenger) is not None:
            messenger.hold(holds)

    def show(self, controls: Controls, box: Box) -> None:
        """Set the positions of head and hands for other clients."""
        if (messenger := self._messenger) is not None:
            messenger.show(controls, box)

    def place(self, box: Box) -> None:
        """Set the pose of the box for all clients."""
        if (messenger := self._messenger) is not None:
            messenger.place(box)

    def run(self, name: str, /, **arguments: Any) -> None:
        """Request a command; a failure becomes a notice."""
        if (commander := self._commander) is not None:
            commander.run(name, arguments)

    def close(self) -> None:
        """End all interactions and close the connection."""
        self._closing.set()
        self._thread.join(timeout=10.0)

    # The thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                client = self._connect()
            except AtomtugError as error:
                self._notify(str(error), np.inf)
                self._closing.wait(RETRY)
                continue
            self._connection += 1
            try:
                self._follow(client)
            except AtomtugError as error:
                self._notify(f"{error} Looking for it again.", np.inf)
            finally:
                self._disconnect(client)
            # A server that drops us at once is not asked again at once.
            self._closing.wait(RETRY / 2)

    def _follow(self, client: Client) -> None:
        """Follow one connection until it ends."""
        self._notify("", 0.0)
        client.subscribe_frames()
        client.subscribe_state()
        self._messenger = UpdateSender(client, self._name, self._connection, self._set_shared, self._notify)
        self._commander = CommandWorker(client, self._notify)
        number, resets, count = 0, -1, -1
        while not self._closing.is_set():
            try:
                for frame in client.frames(timeout=LOOK):
                    number += 1
                    begins = (frame.resets, frame.count) != (resets, count)
                    resets, count = frame.resets, frame.count
                    arrived = time.monotonic()
                    before = self.snapshot
                    self.snapshot = Snapshot.of(frame, number, self._connection, arrived, begins)
                    if text := state_change_text(before, self.snapshot):
                        self._notify(text)
                    self.arrived.set()
                    if self._closing.is_set():
                        return
            except ConnectionFailed:
                # Nothing for a while: paused, or gone.
                if client.lost is not None:
                    if self._closing.is_set():
                        return
                    raise client.lost from None

    def _disconnect(self, client: Client) -> None:
        messenger, commander = self._messenger, self._commander
        self._messenger = self._commander = None
        for helper in (messenger, commander):
            if helper is not None:
                helper.close()
        client.close()

    def _set_shared(self, shared: SharedSnapshot) -> None:
        self.shared = shared

    def _notify(self, notice: str, seconds: float = NOTICE) -> None:
        self._notice, self._notice_until = notice, time.monotonic() + seconds
