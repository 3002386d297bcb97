"""The interface of an engine. Twenty lines are enough to write one; see docs/engines.md."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


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
