"""The interface of an engine. Twenty lines are enough to write one; see docs/engines.md."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from atomtug.core.arrays import Floats
from atomtug.core.electrons import ElectronicStateChange, ElectronicStructure

if TYPE_CHECKING:  # it loads JAX, which only networks need
    from atomtug.potential import Evaluator
    from atomtug.server.engines.names import MtsName


class EngineResult(NamedTuple):
    """The result for one geometry: energy in eV, forces (N, 3) in eV/angstrom.

    An engine that can estimate its error adds ``uncertainty`` in eV, and may add ``atomic_uncertainty`` (N,), that of
    the force on each atom in eV/angstrom. One that went over to another electronic state at this geometry says so in
    ``state_change``. ``impulse`` (N, 3) eV/angstrom moves the atoms in dynamics beside the forces, and is none of
    them, see :class:`MultipleTimeStepping`.
    """

    energy: float
    forces: Floats
    uncertainty: float | None = None
    atomic_uncertainty: Floats | None = None
    state_change: ElectronicStateChange | None = None
    impulse: Floats | None = None


class Engine(Protocol):
    """Energy and forces of one fixed set of atoms."""

    @property
    def name(self) -> str:
        """Its name for users, e.g. ``pm6``."""

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """All that the result depends on besides the geometry: method, thresholds, versions."""

    def evaluate(self, positions: Floats) -> EngineResult:
        """Energy and forces at ``positions``, (N, 3) angstrom.

        Raises:
            EngineError: no trustworthy result for this geometry; the engine stays usable for others
        """

    def forget(self) -> None:
        """Drop whatever is kept from one geometry to the next (a density, a neighbour list)."""


@runtime_checkable
class CompilableEngine(Engine, Protocol):
    """An engine that can be compiled into a loop of MD steps: a network. Others are asked step by step."""

    evaluator: "Evaluator"
    """The network for the engine's atoms."""

    @property
    def guard(self) -> float:
        """eV of uncertainty beyond which it knows nothing; infinite where that is not known."""


@runtime_checkable
class MultipleTimeStepping(Engine, Protocol):
    """An engine that evaluates a part of its forces at some steps of dynamics only, more strongly there."""

    @property
    def mts_name(self) -> "MtsName":
        """Which parts, and at how many steps."""

    def step(self, positions: Floats) -> EngineResult:
        """As :meth:`evaluate`, for the next step of dynamics; what is missing of the forces is in the impulse."""


@runtime_checkable
class ElectronicEngine(Engine, Protocol):
    """An engine that also says what the electrons do."""

    def electronic_structure(self) -> ElectronicStructure | None:
        """Charges, spins, bond orders and <S^2> at the geometry of the last :meth:`evaluate`; None if not known."""
