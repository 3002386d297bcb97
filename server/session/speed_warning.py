"""When to warn that the engine is slower than the options ask for."""

from atomtug.server.session.session import HOUSEKEEPING_INTERVAL

SLOW = 0.9
"""Fraction of the asked speed below which the engine counts as slow."""
SLOW_FOR = 2.0
"""Seconds of that before the warning."""


class SpeedWarning:
    """Counts how long an engine has been slow. It is asked once in each :data:`HOUSEKEEPING_INTERVAL`."""

    def __init__(self) -> None:
        self._slow_checks = 0

    def is_due(self, measured: float, asked: float, playing: bool) -> bool:
        """Whether to warn now: once each time the engine has become slow.

        Args:
            measured: MD steps a second; 0 where nothing was measured yet
            asked: MD steps a second; 0 for as many as possible
            playing: whether the simulation runs
        """
        slow = playing and 0 < measured < SLOW * asked
        self._slow_checks = self._slow_checks + 1 if slow else 0
        return self._slow_checks == round(SLOW_FOR / HOUSEKEEPING_INTERVAL)
