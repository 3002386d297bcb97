"""Vibrations of a controller: one that follows the force, and a stronger one for events."""

from dataclasses import dataclass

FULL_FORCE = 6000.0
"""Force of the strongest vibration, kJ/mol/nm: about what it takes to break a C-H bond (PM6)."""
LEAST = 0.03
"""Amplitude below which nothing is felt."""
INTERVAL = 0.05
"""Seconds between two vibrations."""


@dataclass(frozen=True)
class Pulse:
    """A vibration.

    Args:
        amplitude: 0..1
        seconds: how long
    """

    amplitude: float
    seconds: float


GRABBED = Pulse(0.35, 0.03)
PRESSED = Pulse(0.5, 0.02)
BOND_CHANGED = Pulse(1.0, 0.15)


class HapticChannel:
    """The vibrations of one hand: that of an event is not cut short by that of the force."""

    def __init__(self) -> None:
        self._busy_until = 0.0

    def event(self, pulse: Pulse, now: float) -> Pulse:
        """The vibration of an event."""
        self._busy_until = now + pulse.seconds
        return pulse

    def follow_force(self, force: float, now: float) -> Pulse | None:
        """The vibration for a force, kJ/mol/nm; None while the last one goes on, or the force is too small."""
        amplitude = min(1.0, force / FULL_FORCE)
        if amplitude < LEAST or now < self._busy_until:
            return None
        # A little longer than until the next, so that they join.
        self._busy_until = now + INTERVAL
        return Pulse(amplitude, 1.5 * INTERVAL)
