"""Sentences for the terminal: whether the server is there, what is wrong, and how fast all goes."""

from collections.abc import Callable

from atomtug.vr_client.xr.snapshot import ServerStatus, Snapshot

FIRST, INTERVAL = 10.0, 60.0
"""Seconds until the speed is told for the first time, and between two times."""


class StatusReport:
    """Tells what has changed since it was told last.

    Args:
        report: is given the sentences
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._connected = False
        self._message = ""
        self._began: float | None = None
        self._interval = FIRST
        self._moments = 0
        self._frames = 0

    def moment(self, now: float, snapshot: Snapshot, server: ServerStatus) -> None:
        """Add a moment of a session.

        Args:
            now: seconds
            snapshot: the newest frame
            server: the connection
        """
        arrived = server.connected and snapshot.number > 0
        if arrived and not self._connected:
            self._report(
                f"The server is there: {snapshot.system or 'a molecule'}, {snapshot.engine or 'running'}."
            )
            self._restart(now, snapshot)
        if self._connected and not server.connected:
            self._restart(now, snapshot)
        self._connected = arrived
        message = server.message or (snapshot.trouble if arrived else "")
        if message and message != self._message:
            self._report(message)
        self._message = message
        if self._began is None:
            self._restart(now, snapshot)
        self._speed(now, snapshot)

    def pause(self) -> None:
        """Begin to count anew with the next moment, as the headset is away."""
        self._began = None

    def _speed(self, now: float, snapshot: Snapshot) -> None:
        self._moments += 1
        assert self._began is not None
        passed = now - self._began
        if passed < self._interval:
            return
        shown, came = self._moments / passed, (snapshot.number - self._frames) / passed
        of_server = f"the server sends {came:.0f}" if self._connected else "there is no server"
        self._report(f"{shown:.0f} frames a second in the headset; {of_server}.")
        self._interval = INTERVAL
        self._restart(now, snapshot)

    def _restart(self, now: float, snapshot: Snapshot) -> None:
        self._began, self._moments, self._frames = now, 0, snapshot.number
