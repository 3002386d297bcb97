"""Engines whose answers are known in closed form."""

from collections.abc import Mapping

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.electrons import ElectronicStateChange
from atomtug.core.errors import EngineError
from atomtug.server.engines import EngineResult


class HarmonicEngine:
    """Each atom on a spring to a place of its own.

    Args:
        anchors: (N, 3) angstrom
        stiffness: eV/angstrom^2
    """

    name = "harmonic"

    def __init__(self, anchors: Floats, stiffness: float = 5.0) -> None:
        self.anchors = np.array(anchors)
        self.stiffness = stiffness
        self.evaluations = 0
        self.forgotten = 0

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        return {"stiffness": self.stiffness}

    def evaluate(self, positions: Floats) -> EngineResult:
        self.evaluations += 1
        away = positions - self.anchors
        return EngineResult(0.5 * self.stiffness * float(np.sum(away**2)), -self.stiffness * away)

    def forget(self) -> None:
        self.forgotten += 1


class FreeEngine(HarmonicEngine):
    """No forces at all."""

    name = "free"

    def __init__(self, anchors: Floats) -> None:
        super().__init__(anchors, 0.0)


class SwitchingEngine(HarmonicEngine):
    """Two states a constant energy apart: it goes over to the lower one in its n-th evaluation, counted from 1."""

    name = "switching"

    def __init__(self, anchors: Floats, switches_at: int, lower_by: float, stiffness: float = 5.0) -> None:
        super().__init__(anchors, stiffness)
        self.switches_at = switches_at
        self.lower_by = lower_by

    def evaluate(self, positions: Floats) -> EngineResult:
        result = super().evaluate(positions)
        lower = result._replace(energy=result.energy - self.lower_by)
        if self.evaluations == self.switches_at:
            return lower._replace(state_change=ElectronicStateChange(result.energy, lower.energy, "steering"))
        return lower if self.evaluations > self.switches_at else result


class FailingEngine(HarmonicEngine):
    """Gives up on its n-th evaluation, counted from 1."""

    name = "failing"

    def __init__(self, anchors: Floats, fails_at: int) -> None:
        super().__init__(anchors)
        self.fails_at = fails_at

    def evaluate(self, positions: Floats) -> EngineResult:
        result = super().evaluate(positions)
        if self.evaluations == self.fails_at:
            raise EngineError("It gave up.")
        return result
