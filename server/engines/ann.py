"""A trained network as an engine: ``ann:model.safetensors``."""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.shipped import find_model
from atomtug.core.systems import System
from atomtug.core.systems.fragments import hill_formula
from atomtug.core.units import KJMOL_PER_EV
from atomtug.core.versions import VERSION
from atomtug.potential import Evaluator, load_model
from atomtug.potential.nearby import list_sizes
from atomtug.potential.trained_states import in_words, objection
from atomtug.server.engines.base import EngineResult
from atomtug.server.engines.names import ANN_PREFIX, GUARD, display_name

SHORTEST = 0.2
"""Seconds of compiling from which on a program is kept on disk."""
SPARE = (128, 64)
"""Pairs and chunks of triples that a CN radical adds to a molecule's, at most."""


def keep_compiled() -> None:
    """Have JAX keep what it compiled on disk, so that the next process needs less than a second, not several.

    It serves every network of the same shape, and a process that is started again after a crash.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "atomtug" / "compiled"
    with contextlib.suppress(OSError):  # then it is compiled each time
        folder.mkdir(parents=True, exist_ok=True)
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", SHORTEST)


class AnnEngine:
    """A model file of :mod:`atomtug.potential`. A committee also gives the spread of its members as uncertainty.

    Of a system that the model was not trained on, the uncertainty is that of the energy since the starting geometry.

    Args:
        path: of the model file, or the name of a model that comes with atomtug
        system: the atoms, with their charge and multiplicity
        anyway: take the network even if it was not trained on that charge and multiplicity; a setting ``warning``
            says so then

    Raises:
        InputError: no such file, no model, or one that does not know the system's elements, charge or multiplicity
    """

    def __init__(self, path: str, system: System, anyway: bool = False) -> None:
        if not path:
            raise InputError("Which network? Give its file or name after ann:, e.g. ann:alkanes.")
        file = find_model(path)
        self._model = load_model(file)
        self._name = display_name(ANN_PREFIX + path)
        self._atoms = len(system.numbers)
        self._settings = self._describe(file, self._find_warning(system, anyway))
        self._committee = self._model.architecture.members > 1
        known = not self._committee or self._model.trained_on(hill_formula(system.symbols))
        self.evaluator = Evaluator(self._model, system.numbers, start=None if known else system.positions)
        self._make_room(system)

    def _make_room(self, system: System) -> None:
        """Make the lists long enough for a radical that comes near, so that nothing is compiled again later."""
        layout = self.evaluator.layout
        if layout == layout.with_room_for_all():
            return
        rows = jax.tree.map(np.asarray, self.evaluator.arguments(system.positions).rows)
        layout, positions = self.evaluator.layout, system.positions[np.argsort(system.numbers, kind="stable")]
        symmetry = self._model.architecture.symmetry
        needed = list_sizes(positions, rows, layout, symmetry.r_cut, symmetry.angular_cutoff)
        most = list_sizes(positions, rows, layout, np.inf)
        pairs, chunks = (min(now + spare, full) for now, spare, full in zip(needed, SPARE, most, strict=True))
        self.evaluator.layout = replace(
            layout,
            pairs=max(layout.pairs, _in_sixteens(pairs)),
            chunks=max(layout.chunks, _in_sixteens(chunks)),
        )

    def _find_warning(self, system: System, anyway: bool) -> str:
        """Why the results may mean nothing, in a sentence; empty if there is no reason.

        Raises:
            InputError: there is one that needs ``anyway``
        """
        provenance = self._model.provenance
        why = objection(provenance.states, system.numbers, system.charge, system.multiplicity)
        if not why:
            return provenance.warning
        if not anyway:
            raise InputError(
                f"{self._name} {why}: take another engine, or train a network on labels of that state; "
                f"--anyway, of the commands that simulate, takes it nevertheless."
            )
        return f"{self._name} {why}: its energies and forces may mean nothing. {provenance.warning}".strip()

    def _describe(self, path: Path, warning: str) -> Mapping[str, str | int | float | bool]:
        architecture, provenance = self._model.architecture, self._model.provenance
        symmetry = architecture.symmetry
        return {
            "program": "atomtug",
            "version": VERSION,
            "model": path.name,
            "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "theory": provenance.theory,
            "data_hash": provenance.data_hash,
            "trained_states": ", ".join(map(in_words, provenance.states)),
            **({"warning": warning} if warning else {}),
            "elements": " ".join(architecture.symbols),
            "members": architecture.members,
            **({} if self.guard == np.inf else {GUARD: self.guard * KJMOL_PER_EV}),
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
        """The file's checksum and the contents of its header."""
        return self._settings

    @property
    def guard(self) -> float:
        """eV; where the uncertainty is beyond this the network knows nothing. Infinite if it is not calibrated."""
        return self._model.guard(self._atoms)

    def evaluate(self, positions: Floats) -> EngineResult:
        """Energy (eV), forces (N, 3) (eV/angstrom) and, of a committee, the uncertainty (eV).

        Raises:
            EngineError: atoms on top of each other, or no finite result
        """
        result = self.evaluator.evaluate(positions)
        uncertainty = self._model.spread_factor * result.spread if self._committee else None
        return EngineResult(result.energy, result.forces, uncertainty)

    def forget(self) -> None:
        """Does nothing: the lists of neighbours are made for each geometry."""


def _in_sixteens(count: int) -> int:
    return -(-count // 16) * 16
