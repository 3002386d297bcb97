"""Cooling after a pull: stronger friction for a short time after the last hand has let go."""

from dataclasses import replace

from atomtug.server.dynamics.settings import DynamicsSettings

COOL_FOR = 300.0
"""fs of stronger friction after a release."""


class Cooling:
    """Which settings hold at a step. It does nothing unless ``cool_after_pull`` is set and there is a thermostat."""

    def __init__(self) -> None:
        self._until = 0

    def begin(self, step: int, settings: DynamicsSettings) -> None:
        """The last hand has let go at this MD step."""
        if settings.cool_after_pull and settings.thermostat == "langevin":
            self._until = step + round(COOL_FOR / settings.timestep)

    def end(self) -> None:
        """A hand holds again, or the simulation is elsewhere."""
        self._until = 0

    def steps_left(self, step: int) -> int:
        """MD steps from ``step`` on for which the friction is stronger."""
        return max(self._until - step, 0)

    def settings_at(self, step: int, settings: DynamicsSettings) -> DynamicsSettings:
        """The settings with the friction that holds at ``step``."""
        if step >= self._until:
            return settings
        return replace(settings, friction=max(settings.friction, settings.cool_after_pull))
