"""The interface of an engine. Twenty lines are enough to write one; see docs/engines.md."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from atomtug.server.dynamics.integrators import Motion
from atomtug.server.dynamics.interaction_forces import InteractionArrays


class Evaluation(NamedTuple):
    """What an engine says of one geometry: energy in eV, forces (N, 3) in eV/angstrom.

    An engine that knows how far it can be trusted adds ``uncertainty`` in eV and ``atomic_uncertainty`` (N,) eV.
    """

    energy: float
    forces: NDArray[np.float64]
    uncertainty: float | None = None
    atomic_uncertainty: NDArray[np.float64] | None = None


class Engine(Protocol):
    """Energy and forces of one fixed set of atoms."""

    @property
    def name(self) -> str:
        """What users call it, e.g. ``pm6``."""

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """All that the result depends on besides the geometry: method, thresholds, versions."""

    def evaluate(self, positions: NDArray[np.float64]) -> Evaluation:
        """Energy and forces at ``positions``, (N, 3) angstrom.

        Raises:
            EngineError: no trustworthy result for this geometry; the engine stays usable for others
        """

    def forget(self) -> None:
        """Drop whatever is kept from one geometry to the next (a density, a neighbour list)."""


class Integrator(NamedTuple):
    """The dynamics in numbers.

    ``timestep`` () ASE's unit; ``masses`` (N, 1) amu; ``kept`` () part of a velocity that friction leaves, 1 without
    a thermostat; ``noise`` (S, N, 3) velocities that are added, one row a step; ``radius`` () of the wall and
    ``farthest`` () that an atom may move in a step, angstrom.
    """

    timestep: Any
    masses: Any
    kept: Any
    noise: Any
    radius: Any
    farthest: Any


class Leap(NamedTuple):
    """Several MD steps: ``steps`` how many; ``positions`` and ``velocities`` (N, 3) after them; ``work`` eV that the
    hands did; ``evaluation`` at these positions."""

    steps: int
    positions: NDArray[np.float64]
    velocities: NDArray[np.float64]
    work: float
    evaluation: Evaluation


@runtime_checkable
class LeapingEngine(Engine, Protocol):
    """An engine that makes several MD steps in one call. It is optional: others are asked step by step."""

    longest_leap: int
    """Steps in one call, at most."""
    leap_hands: int
    """Interactions in one call, at most."""

    def leap(
        self,
        motion: Motion,
        user_forces: NDArray[np.float64],
        step: int,
        steps: int,
        integrator: Integrator,
        hands: InteractionArrays,
    ) -> Leap:
        """``steps`` steps of :func:`atomtug.server.dynamics.integrators.langevin_baoab`.

        Args:
            motion: at the start; its forces are all together, of engine, wall and hands
            user_forces: (N, 3) the hands' share of them, eV/angstrom
            step: MD steps since the last reset, which says where the hands are
            steps: how many to make, at most :attr:`longest_leap`
            integrator: with noise for :attr:`longest_leap` steps
            hands: with :attr:`leap_hands` slots

        Raises:
            EngineError: no trustworthy result on the way
        """
