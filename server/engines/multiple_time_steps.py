"""Multiple time steps: a cheap engine moves the atoms, and a slow one corrects it every few steps.

The impulse method (Grubmüller, Heller, Windemuth, Schulten, Mol. Simul. 1991, 6, 121; Tuckerman, Berne, Martyna,
J. Chem. Phys. 1992, 97, 1990): the difference between the slow engine's forces and the cheap one's is evaluated at
every n-th step, and acts there n times as strongly. With velocity Verlet inside this is symplectic and reversible.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.electrons import ElectronicStructure
from atomtug.core.errors import EngineError
from atomtug.server.engines.base import ElectronicEngine, Engine, EngineResult
from atomtug.server.engines.names import MtsName

LONGEST_OUTER_STEP = 3.0
"""fs between two evaluations of the slow engine, at most: half a period of a C-H bond's stretching is 5.5, where the
impulses would drive it (resonance)."""
ANOTHER_PLACE = 0.5
"""An atom that is farther than this along an axis from where it was in the step before was put there, angstrom."""


def check_outer_step(name: MtsName, timestep: float) -> None:
    """Check how far the slow engine's evaluations are apart.

    Args:
        name: of the engine
        timestep: of the dynamics, fs

    Raises:
        EngineError: farther than is stable
    """
    outer = name.interval * timestep
    if outer > LONGEST_OUTER_STEP + 1e-9:
        longest = LONGEST_OUTER_STEP / name.interval
        raise EngineError(
            f"{name} corrects its forces every {name.interval} steps, which are {outer:g} fs with a time step of "
            f"{timestep:g} fs: above {LONGEST_OUTER_STEP:g} fs bonds to hydrogen get out of hand. Use a time step of "
            f"at most {longest:.3g} fs, or a smaller n."
        )


class _Correction(NamedTuple):
    """What the slow engine said last, and how far the cheap one is from it there."""

    positions: Floats
    result: EngineResult
    energy: float
    forces: Floats


class MtsEngine:
    """Two engines: ``mts:pm6/ann:alkanes?n=4``.

    :meth:`evaluate` is the slow engine's result, for whoever wants exact energies. :meth:`step` is for dynamics: the
    slow engine is asked at each n-th call only, and in between the energy surface is the cheap engine's, shifted and
    tilted so that energy and forces are the slow one's where that was asked last.

    Args:
        name: of both, and n
        reference: the slow engine
        cheap: the one that is asked at every step
    """

    def __init__(self, name: MtsName, reference: Engine, cheap: Engine) -> None:
        self.mts_name = name
        self._reference = reference
        self._cheap = cheap
        self._correction: _Correction | None = None
        self._before: Floats | None = None
        """(N, 3) angstrom, at the last call."""
        self._steps = 0
        """Calls since the slow engine was asked."""

    @property
    def name(self) -> str:
        """Of both engines, and n."""
        return str(self.mts_name)

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """Those of both engines, and n."""
        warnings = [str(each.settings["warning"]) for each in self._both if "warning" in each.settings]
        return {
            "program": "atomtug",
            "n": self.mts_name.interval,
            **{f"reference.{key}": value for key, value in self._reference.settings.items()},
            **{f"cheap.{key}": value for key, value in self._cheap.settings.items()},
            **({"warning": " ".join(warnings)} if warnings else {}),
        }

    @property
    def _both(self) -> tuple[Engine, Engine]:
        return self._reference, self._cheap

    def evaluate(self, positions: Floats) -> EngineResult:
        """The slow engine's energy (eV) and forces (N, 3) (eV/angstrom) at ``positions`` (N, 3) angstrom.

        Dynamics that begin here open with an impulse.

        Raises:
            EngineError: one of the engines has no result
        """
        return self._corrected(positions, self.mts_name.interval)

    def step(self, positions: Floats) -> EngineResult:
        """Energy (eV), forces (N, 3) (eV/angstrom) and impulse at the next step's ``positions``, (N, 3) angstrom.

        Raises:
            EngineError: one of the engines has no result
        """
        before, correction = self._before, self._correction
        if correction is None or before is None or not np.abs(positions - before).max() <= ANOTHER_PLACE:
            # One step without impulse lies behind, n with this one ahead.
            return self._corrected(positions, (1 + self.mts_name.interval) / 2)
        if self._steps + 1 >= self.mts_name.interval:
            return self._corrected(positions, self.mts_name.interval)
        result = self._cheap.evaluate(positions)
        self._before, self._steps = positions.copy(), self._steps + 1
        moved = positions - correction.positions
        return correction.result._replace(
            energy=result.energy + correction.energy - float(np.sum(correction.forces * moved)),
            forces=result.forces + correction.forces,
            impulse=-correction.forces,
            state_change=None,
        )

    def electronic_structure(self) -> ElectronicStructure | None:
        """The slow engine's, where that was asked last; None if it has none."""
        return (
            self._reference.electronic_structure() if isinstance(self._reference, ElectronicEngine) else None
        )

    def forget(self) -> None:
        """The next geometry is evaluated by both engines, from the beginning."""
        self._correction = self._before = None
        for engine in self._both:
            engine.forget()

    def _corrected(self, positions: Floats, weight: float) -> EngineResult:
        """The slow engine's result, and the impulse by which the difference acts ``weight`` times."""
        self._correction = None  # of an evaluation that fails nothing is left
        result = self._reference.evaluate(positions)
        cheap = self._cheap.evaluate(positions)
        forces = result.forces - cheap.forces
        self._correction = _Correction(positions.copy(), result, result.energy - cheap.energy, forces)
        self._before, self._steps = self._correction.positions, 0
        return result._replace(impulse=(weight - 1) * forces)
