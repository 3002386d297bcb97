"""A trained network as an engine: ``ann:model.safetensors``."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from atomtug import __version__
from atomtug.errors import InputError
from atomtug.potential import Evaluator, load_model
from atomtug.server.engines.base import Evaluation
from atomtug.server.engines.names import ANN_PREFIX, shown
from atomtug.systems import System


class AnnEngine:
    """A model file of :mod:`atomtug.potential`. A committee also says how far its members are apart.

    Args:
        path: of the model file
        system: the atoms; charge and multiplicity are those the model was trained on

    Raises:
        InputError: no such file, no model, or one that does not know the system's elements
    """

    def __init__(self, path: str, system: System) -> None:
        if not path:
            raise InputError(
                "Which network? Give its file after ann:, e.g. ann:data/models/set6.safetensors."
            )
        self._model = load_model(path)
        self._name = shown(ANN_PREFIX + path)
        self._settings = self._describe(Path(path))
        self.evaluator = Evaluator(self._model, system.numbers)
        self._committee = self._model.architecture.members > 1

    def _describe(self, path: Path) -> Mapping[str, str | int | float | bool]:
        architecture, provenance = self._model.architecture, self._model.provenance
        symmetry = architecture.symmetry
        return {
            "program": "atomtug",
            "version": __version__,
            "model": path.name,
            "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "theory": provenance.theory,
            "data_hash": provenance.data_hash,
            "elements": " ".join(architecture.symbols),
            "members": architecture.members,
            "hidden": " ".join(map(str, architecture.hidden)),
            "activation": architecture.activation,
            "n_basis": symmetry.n_basis,
            "r_min": symmetry.r_min,
            "r_cut": symmetry.r_cut,
            "tau": symmetry.tau,
        }

    @property
    def name(self) -> str:
        """``ann:`` and the file's name."""
        return self._name

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """The file's checksum, and what its header says."""
        return self._settings

    def evaluate(self, positions: NDArray[np.float64]) -> Evaluation:
        """Energy (eV), forces (N, 3) (eV/angstrom) and, of a committee, uncertainties (eV).

        Raises:
            EngineError: atoms on top of each other, or no finite result
        """
        result = self.evaluator.evaluate(positions)
        if not self._committee:
            return Evaluation(result.energy, result.forces)
        return Evaluation(result.energy, result.forces, result.spread, result.atomic_spread)

    def forget(self) -> None:
        """Nothing: the lists of neighbours are made anew for each geometry."""
