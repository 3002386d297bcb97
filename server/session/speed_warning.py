"""When to warn that the engine is slower than the options ask for."""

from typing import Literal

from atomtug.server.session.log import log
from atomtug.server.session.session import HOUSEKEEPING_INTERVAL

SLOW = 0.9
"""Fraction of the asked speed below which the engine counts as slow."""
SLOW_FOR = 2.0
"""Seconds of that before the warning."""
RECOVERED_FOR = 30.0
"""Seconds at the asked speed before the engine is said to keep up again."""
MUCH = 1.5
"""The factor by which the speed must have changed since the last warning for another one."""


class SpeedWarning:
    """Follows how fast an engine is. It is asked once in each :data:`HOUSEKEEPING_INTERVAL`."""

    def __init__(self) -> None:
        self._slow_checks = 0
        self._fast_checks = 0
        self._warned_of = 0.0
        """Share of the asked speed that the last warning named; 0 where none stands."""

    def report(self, engine: str, measured: float, asked: float, playing: bool) -> None:
        """Write what there is to say now of an engine, by its name, to the log; see :meth:`check`."""
        news = self.check(measured, asked, playing)
        if news == "recovered":
            log.warning("%s manages the %g MD steps a second asked for again.", engine, asked)
        if news == "slow":
            log.warning(
                "%s manages %.3g of the %g MD steps a second asked for: a smaller --steps-per-frame makes the "
                "picture smoother, only a faster engine the motion faster.",
                engine,
                measured,
                asked,
            )

    def check(self, measured: float, asked: float, playing: bool) -> Literal["slow", "recovered", ""]:
        """What to say now: once that it is slow, then only when its speed changes by a lot or it recovers.

        Args:
            measured: MD steps a second; 0 where nothing was measured yet
            asked: MD steps a second; 0 for as many as possible
            playing: whether the simulation runs
        """
        if not playing or measured <= 0.0 or asked <= 0.0:
            self._slow_checks = self._fast_checks = 0
            return ""
        share = measured / asked
        slow = share < SLOW
        self._fast_checks = 0 if slow else self._fast_checks + 1
        self._slow_checks = self._slow_checks + 1 if slow and self._is_news(share) else 0
        if self._slow_checks >= _checks(SLOW_FOR):
            self._warned_of, self._slow_checks = share, 0
            return "slow"
        if self._warned_of and self._fast_checks >= _checks(RECOVERED_FOR):
            self._warned_of = 0.0
            return "recovered"
        return ""

    def _is_news(self, share: float) -> bool:
        known = self._warned_of
        return not known or not known / MUCH < share < known * MUCH


def _checks(seconds: float) -> int:
    return round(seconds / HOUSEKEEPING_INTERVAL)
